/*
 * test_stores_nomem.c - every allocation of ours fails once, in every call:
 * the call fails with ERR_NOMEM or does without, and nothing leaks.
 *
 * The server is a process of its own, so that its allocations do not count.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>

#include "../fakes/fake_s3.h"
#include "base/log.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "stores/probe.h"
#include "stores/store.h"
#include "scarce_memory.h"

enum { BODY_LEN = 100 * 1000, ROUNDS_MAX = 3000 };

/* The allocation that fails, counted down; 0: none does. */
static atomic_int countdown;

bool scarce_memory_refuses(void)
{
	int n = atomic_load(&countdown);

	while (n > 0 && !atomic_compare_exchange_weak(&countdown, &n, n - 1))
		;
	return n == 1;
}

struct world {
	pid_t server;
	char endpoint[64];
	char root[64];
	struct loop *loop;
	struct transfers *transfers;
	struct workers *workers;
	struct store *store;
	bool is_done;
	struct err e;
	char body[BODY_LEN];
	char buf[BODY_LEN];
};

static void respond(void *arg, const struct fake_request *r,
		    struct fake_reply *out)
{
	unsigned *n = arg;

	if (strstr(r->target, "list-type=2") != NULL)
		out->body = strstr(r->target, "continuation") != NULL
				    ? "<ListBucketResult></ListBucketResult>"
				    : "<ListBucketResult><IsTruncated>true"
				      "</IsTruncated><NextContinuationToken>t"
				      "</NextContinuationToken><Contents><Key>"
				      "k</Key><Size>1</Size><LastModified>"
				      "2026-11-21T11:21:27Z</LastModified>"
				      "</Contents></ListBucketResult>";
	else if (strcmp(r->method, "POST") == 0)
		out->body = "<DeleteResult></DeleteResult>";
	else if (strcmp(r->method, "GET") == 0)
		out->body = "hello";
	else if (strstr(r->target, "busy") != NULL && ++*n % 2 == 1)
		out->status = "503 x";
}

/* The child: serves until it or its parent dies, telling its port first. */
static void serve(int to_parent)
{
	int is_bound = prctl(PR_SET_PDEATHSIG, SIGKILL);
	struct event_base *base = event_base_new();
	struct fake_s3 *f = fake_s3_new(base);
	unsigned port = fake_s3_port(f), n = 0;

	fake_s3_endless(f);
	fake_s3_respond(f, respond, &n);
	if (is_bound != 0 ||
	    write(to_parent, &port, sizeof(port)) != sizeof(port))
		_exit(1);
	event_base_dispatch(base);
	_exit(1);
}

static void start_server(struct world *w)
{
	unsigned port = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	w->server = fork();
	assert_true(w->server >= 0);
	if (w->server == 0)
		serve(fds[1]);
	assert_int_equal(read(fds[0], &port, sizeof(port)), sizeof(port));
	close(fds[0]);
	close(fds[1]);
	snprintf(w->endpoint, sizeof(w->endpoint), "http://127.0.0.1:%u", port);
}

static int setup(void **state)
{
	static struct world w;
	struct err e = {0};

	log_setup(LOG_ERROR, LOG_TEXT);
	start_server(&w);
	snprintf(w.root, sizeof(w.root), "/tmp/coffer-nomem-XXXXXX");
	assert_non_null(mkdtemp(w.root));
	w.loop = loop_new(&e);
	assert_non_null(w.loop);
	w.transfers = transfers_new(w.loop, &e);
	assert_non_null(w.transfers);
	w.workers = workers_new(w.loop, "test", 1, &e);
	assert_non_null(w.workers);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	workers_free(w->workers);
	transfers_free(w->transfers);
	loop_free(w->loop);
	kill(w->server, SIGKILL);
	waitpid(w->server, NULL, 0);
	rmdir(w->root);
	return 0;
}

static struct store *make_store(struct world *w, bool is_s3, struct err *e)
{
	struct store_env env = {w->loop, w->transfers, w->workers};
	struct store_config config = {
		.kind = is_s3 ? "object_storage" : "local_directory",
		.s3 = {.endpoint = w->endpoint,
		       .bucket = "bucket",
		       .access_key = "AKTEST",
		       .secret_key = "secret",
		       .is_path_style = true,
		       .ca_file = "/nonexistent",
		       .retry_ms = 1},
		.dir = {.path = w->root, .is_made = true},
	};

	return store_new(&env, &config, e);
}

static void on_done(void *arg, const struct err *e)
{
	struct world *w = arg;

	if (e != NULL)
		w->e = *e;
	w->is_done = true;
	loop_stop(w->loop);
}

static void on_got(void *arg, size_t got, const struct err *e)
{
	(void)got;
	on_done(arg, e);
}

static void on_key(void *arg, const char *key, uint64_t size, int64_t at_ms)
{
	(void)arg;
	(void)key;
	(void)size;
	(void)at_ms;
}

static bool start_put(struct world *w)
{
	struct store_put p = {.key = "a/k", .bytes = w->body, .len = BODY_LEN};

	return w->store->ops->put(w->store, &p, on_done, w, &w->e) != NULL;
}

static bool start_busy_put(struct world *w)
{
	struct store_put p = {.key = "busy", .bytes = "x", .len = 1};

	p.is_new = true;
	return w->store->ops->put(w->store, &p, on_done, w, &w->e) != NULL;
}

static bool start_get(struct world *w)
{
	struct store_get g = {.key = "a/k", .buf = w->buf, .cap = BODY_LEN};

	return w->store->ops->get(w->store, &g, on_got, w, &w->e) != NULL;
}

static bool start_list(struct world *w)
{
	return w->store->ops->list(w->store, "", on_key, on_done, w, &w->e) !=
	       NULL;
}

static bool start_remove(struct world *w)
{
	static const char *const keys[] = {"a/k", "b", "busy"};

	return w->store->ops->remove(w->store, keys, 3, on_done, w, &w->e) !=
	       NULL;
}

static void on_probed(void *arg, const struct store_capabilities *caps,
		      const struct err *e)
{
	(void)caps;
	on_done(arg, e);
}

static bool start_probe(struct world *w)
{
	return probe_start(w->loop, w->store, on_probed, w, &w->e) != NULL;
}

/* Once with the n-th allocation failing. False: there are fewer than n. */
static bool round_of(struct world *w, bool (*start)(struct world *w), int n)
{
	bool was_used;

	w->is_done = false;
	err_clear(&w->e);
	atomic_store(&countdown, n);
	if (start(w)) {
		while (!w->is_done)
			loop_run(w->loop);
	}
	was_used = atomic_exchange(&countdown, 0) == 0;
	if (err_is(&w->e) && w->e.code != ERR_NOMEM)
		print_error("round %d: %s\n", n, w->e.msg);
	assert_true(!err_is(&w->e) || w->e.code == ERR_NOMEM);
	assert_true(was_used || !err_is(&w->e));
	return was_used;
}

static void expect_survival(struct world *w, bool is_s3,
			    bool (*start)(struct world *w))
{
	struct err e = {0};
	int n = 1;

	w->store = make_store(w, is_s3, &e);
	assert_non_null(w->store);
	while (round_of(w, start, n))
		assert_true(++n < ROUNDS_MAX);
	assert_true(n > 3); /* else it looked at the wrong functions */
	store_free(w->store);
}

static void test_making(void **state)
{
	for (int kind = 0; kind < 2; kind++) {
		struct store *st = NULL;

		for (int n = 1; st == NULL; n++) {
			struct err e = {0};

			atomic_store(&countdown, n);
			st = make_store(*state, kind == 0, &e);
			atomic_store(&countdown, 0);
			assert_true(st != NULL || e.code == ERR_NOMEM);
		}
		store_free(st);
	}
}

static void test_s3(void **state)
{
	expect_survival(*state, true, start_put);
	expect_survival(*state, true, start_busy_put);
	expect_survival(*state, true, start_get);
	expect_survival(*state, true, start_list);
	expect_survival(*state, true, start_remove);
}

/* The put goes first and leaves the file for get and list. */
static void test_directory(void **state)
{
	expect_survival(*state, false, start_put);
	expect_survival(*state, false, start_get);
	expect_survival(*state, false, start_list);
	expect_survival(*state, false, start_remove);
	expect_survival(*state, false, start_probe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_making),
		cmocka_unit_test(test_s3),
		cmocka_unit_test(test_directory),
	};

	return scarce_memory_verdict(
		cmocka_run_group_tests(tests, setup, teardown));
}
