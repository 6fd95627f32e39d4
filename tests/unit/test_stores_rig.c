/* test_stores_rig.c - call a store and wait for the answer. */
#include "test_stores_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"

int rig_setup(void **state)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	struct err e = {0};

	assert_non_null(rig);
	if (getenv("COFFER_TEST_DEBUG") != NULL)
		log_setup(LOG_DEBUG, LOG_TEXT);
	else
		log_setup(LOG_ERROR, LOG_TEXT);
	rig->loop = loop_new(&e);
	assert_non_null(rig->loop);
	rig->transfers = transfers_new(rig->loop, &e);
	assert_non_null(rig->transfers);
	rig->workers = workers_new(rig->loop, "test", 2, &e);
	assert_non_null(rig->workers);
	rig->fake = fake_s3_new(loop_base(rig->loop));
	snprintf(rig->endpoint, sizeof(rig->endpoint), "http://127.0.0.1:%u",
		 fake_s3_port(rig->fake));
	*state = rig;
	return 0;
}

static void forget_keys(struct rig *rig)
{
	while (rig->nkeys > 0)
		free(rig->keys[--rig->nkeys]);
}

int rig_teardown(void **state)
{
	struct rig *rig = *state;

	forget_keys(rig);
	store_free(rig->store);
	workers_free(rig->workers);
	transfers_free(rig->transfers);
	fake_s3_free(rig->fake);
	loop_free(rig->loop);
	free(rig);
	return 0;
}

struct s3_config rig_s3_config(struct rig *rig)
{
	return (struct s3_config){
		.endpoint = rig->endpoint,
		.region = "us-east-1",
		.bucket = "bucket",
		.prefix = "pre/fix",
		.access_key = "AKTEST",
		.secret_key = "very-secret-key",
		.is_path_style = true,
		.max_attempts = 4,
		.connect_ms = 5000,
		.stall_ms = 20000,
		.retry_ms = 1,
	};
}

static void use(struct rig *rig, const struct store_config *config)
{
	struct store_env env = {rig->loop, rig->transfers, rig->workers};
	struct err e = {0};

	store_free(rig->store);
	rig->store = store_new(&env, config, &e);
	if (rig->store == NULL)
		print_error("%s\n", e.msg);
	assert_non_null(rig->store);
}

void rig_use_s3(struct rig *rig, const struct s3_config *s3)
{
	struct store_config config = {.kind = "object_storage", .s3 = *s3};

	use(rig, &config);
}

void rig_use_dir(struct rig *rig, const char *path)
{
	struct store_config config = {.kind = "local_directory",
				      .dir = {.path = path, .is_made = true}};

	use(rig, &config);
}

void rig_use_old_dir(struct rig *rig, const char *path)
{
	struct store_config config = {.kind = "local_directory",
				      .dir = {.path = path}};

	use(rig, &config);
}

void rig_script(struct rig *rig, const struct fake_reply *replies, size_t n)
{
	struct s3_config config = rig_s3_config(rig);

	rig_use_s3(rig, &config);
	fake_s3_script(rig->fake, replies, n);
}

static void on_done(void *arg, const struct err *e)
{
	struct rig *rig = arg;

	assert_false(rig->is_inside);
	rig->is_done = true;
	rig->ndone++;
	rig->op = NULL;
	if (e != NULL) {
		assert_true(err_is(e));
		assert_null(strstr(e->msg, "very-secret-key"));
		assert_null(strstr(e->msg, "Signature="));
		rig->e = *e;
	}
	loop_stop(rig->loop);
}

static void on_got(void *arg, size_t got, const struct err *e)
{
	struct rig *rig = arg;

	rig->got = got;
	on_done(arg, e);
}

static void on_key(void *arg, const char *key, uint64_t size, int64_t at_ms)
{
	struct rig *rig = arg;

	assert_false(rig->is_inside);
	assert_true(rig->nkeys < RIG_KEYS_MAX);
	assert_true(at_ms > 0);
	rig->sizes[rig->nkeys] = size;
	rig->keys[rig->nkeys] = strdup(key);
	assert_non_null(rig->keys[rig->nkeys]);
	rig->nkeys++;
	if (rig->nkeys == rig->cancel_at) {
		store_cancel(rig->store, rig->op);
		rig->op = NULL;
		loop_stop(rig->loop);
	}
}

static void begin(struct rig *rig)
{
	rig->is_inside = true;
	rig->is_done = false;
	rig->ndone = 0;
	rig->got = 0;
	forget_keys(rig);
	err_clear(&rig->e);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	fail_msg("the store did not answer");
}

static void run(struct rig *rig)
{
	struct timeval tv = {RIG_LIMIT_S, 0};
	struct event *limit = evtimer_new(loop_base(rig->loop), on_limit, NULL);

	assert_non_null(limit);
	assert_int_equal(evtimer_add(limit, &tv), 0);
	loop_run(rig->loop);
	event_free(limit);
}

bool rig_wait(struct rig *rig)
{
	rig->is_inside = false;
	if (rig->op == NULL) {
		assert_true(err_is(&rig->e));
		return false;
	}
	while (!rig->is_done)
		run(rig);
	assert_int_equal(rig->ndone, 1);
	return !err_is(&rig->e);
}

void rig_start_put(struct rig *rig, const struct store_put *p)
{
	begin(rig);
	rig->op = rig->store->ops->put(rig->store, p, on_done, rig, &rig->e);
	rig->is_inside = false;
}

void rig_start_get(struct rig *rig, const struct store_get *g)
{
	begin(rig);
	rig->op = rig->store->ops->get(rig->store, g, on_got, rig, &rig->e);
	rig->is_inside = false;
}

bool rig_put(struct rig *rig, const char *key, const void *bytes, size_t len)
{
	struct store_put p = {.key = key, .bytes = bytes, .len = len};

	rig_start_put(rig, &p);
	return rig_wait(rig);
}

bool rig_put_new(struct rig *rig, const char *key, const void *bytes,
		 size_t len)
{
	struct store_put p = {
		.key = key, .bytes = bytes, .len = len, .is_new = true};

	rig_start_put(rig, &p);
	return rig_wait(rig);
}

bool rig_get(struct rig *rig, const char *key, void *buf, size_t cap)
{
	struct store_get g = {.key = key, .buf = buf, .cap = cap};

	rig_start_get(rig, &g);
	return rig_wait(rig);
}

bool rig_range(struct rig *rig, const char *key, uint64_t offset, void *buf,
	       size_t len)
{
	struct store_get g = {.key = key,
			      .offset = offset,
			      .length = len,
			      .buf = buf,
			      .cap = len};

	rig_start_get(rig, &g);
	return rig_wait(rig);
}

bool rig_list(struct rig *rig, const char *prefix)
{
	begin(rig);
	rig->op = rig->store->ops->list(rig->store, prefix, on_key, on_done,
					rig, &rig->e);
	rig->is_inside = false;
	if (rig->cancel_at == 0)
		return rig_wait(rig);
	while (rig->op != NULL && !rig->is_done)
		run(rig);
	return !rig->is_done;
}

bool rig_remove(struct rig *rig, const char *const *keys, size_t n)
{
	begin(rig);
	rig->op = rig->store->ops->remove(rig->store, keys, n, on_done, rig,
					  &rig->e);
	return rig_wait(rig);
}

static void on_stop(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	loop_stop(arg);
}

void rig_turn(struct rig *rig, unsigned ms)
{
	struct timeval tv = {0, (suseconds_t)ms * 1000};
	struct event *ev =
		evtimer_new(loop_base(rig->loop), on_stop, rig->loop);

	assert_non_null(ev);
	assert_int_equal(evtimer_add(ev, &tv), 0);
	loop_run(rig->loop);
	event_free(ev);
}

void rig_turn_until(struct rig *rig, bool (*ready)(struct rig *rig))
{
	int64_t limit = clock_mono_ms() + RIG_LIMIT_S * 1000;

	while (!ready(rig)) {
		assert_true(clock_mono_ms() < limit);
		rig_turn(rig, 1);
	}
}

void rig_cancel(struct rig *rig)
{
	assert_non_null(rig->op);
	store_cancel(rig->store, rig->op);
	rig->op = NULL;
	for (unsigned i = 0; i < 10; i++)
		rig_turn(rig, 1);
	assert_int_equal(rig->ndone, 0);
}

void rig_expect(const struct rig *rig, enum err_code code, const char *text)
{
	if (rig->e.code != code || strstr(rig->e.msg, text) == NULL)
		print_error("got %d \"%s\", wanted \"%s\"\n", (int)rig->e.code,
			    rig->e.msg, text);
	assert_int_equal(rig->e.code, code);
	assert_non_null(strstr(rig->e.msg, text));
}
