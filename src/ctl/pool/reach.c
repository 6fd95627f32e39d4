/* reach.c - see reach.h. */
#include "ctl/pool/reach.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/secret.h"
#include "ctl/pool/place.h"
#include "base/private_file.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"

enum {
	BLOCKING_THREADS = 2,
	CPU_THREADS_MAX = 8,
	ATTEMPTS = 5, /* some 15 s with a store that is away */
	IDENTITY_MAX = 64 * 1024,
};

static unsigned cpu_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > CPU_THREADS_MAX ? CPU_THREADS_MAX : (unsigned)n;
}

static bool make_loop(struct reach *r, struct err *e)
{
	r->loop = loop_new(e);
	if (r->loop == NULL)
		return false;
	r->cpu = workers_new(r->loop, "cpu", cpu_threads(), e);
	if (r->cpu == NULL)
		return false;
	r->blocking = workers_new(r->loop, "blocking", BLOCKING_THREADS, e);
	if (r->blocking == NULL)
		return false;
	r->transfers = transfers_new(r->loop, e);
	return r->transfers != NULL;
}

static bool make_store(struct reach *r, const struct arguments *a,
		       const char *url, struct err *e)
{
	const struct store_env env = {
		.loop = r->loop,
		.transfers = r->transfers,
		.blocking = r->blocking,
	};
	struct place p = {0};

	if (place_read(&p, url, arguments_get(a, "credentials-file"), e)) {
		p.config.s3.max_attempts = ATTEMPTS;
		r->store = store_new(&env, &p.config, e);
	}
	place_fini(&p);
	return r->store != NULL;
}

static bool read_identities(struct reach *r, const struct arguments *a,
			    struct err *e)
{
	const char *path = arguments_get(a, "identity");
	const char *variable = getenv("COFFER_IDENTITY_FILE");
	size_t len;
	char *text;
	bool ok;

	if (path == NULL)
		path = variable;
	if (path == NULL || *path == '\0')
		return true;
	text = private_file_read(path, IDENTITY_MAX, &len, e);
	if (text == NULL)
		return false;
	ok = age_identities_read(&r->identities, text, e);
	secret_free(text);
	return ok;
}

bool reach_open(struct reach *r, const struct arguments *a, const char *url,
		struct err *e)
{
	if (!read_identities(r, a, e) || !make_loop(r, e) ||
	    !make_store(r, a, url, e))
		return false;
	r->env = (struct exchange_env){
		.loop = r->loop,
		.store = r->store,
		.workers = r->cpu,
		.identities = &r->identities,
	};
	return true;
}

void reach_close(struct reach *r)
{
	store_free(r->store);
	if (r->transfers != NULL)
		transfers_free(r->transfers);
	workers_free(r->blocking);
	workers_free(r->cpu);
	loop_free(r->loop);
	age_identities_wipe(&r->identities);
	*r = (struct reach){0};
}

static void on_done(void *arg, const struct err *e)
{
	struct reach *r = arg;

	if (e != NULL)
		r->err = *e;
	loop_stop(r->loop);
}

/* Until on_done(). */
static bool await(struct reach *r, bool has_begun, struct err *e)
{
	if (!has_begun)
		return false;
	loop_run(r->loop);
	if (!err_is(&r->err))
		return true;
	*e = r->err;
	return false;
}

bool reach_list(struct reach *r, listing_each_cb *each, struct err *e)
{
	err_clear(&r->err);
	return await(r, exchange_list(&r->env, each, on_done, r, e) != NULL, e);
}

bool reach_manifest(struct reach *r, const char *source_id,
		    const char *backup_id, struct manifest *m, struct err *e)
{
	const struct exchange_wanted wanted = {source_id, backup_id, NULL};

	err_clear(&r->err);
	return await(r,
		     exchange_fetch(&r->env, &wanted, m, on_done, r, e) != NULL,
		     e);
}

bool reach_index(struct reach *r, const struct manifest *m, int fd,
		 struct err *e)
{
	err_clear(&r->err);
	return await(r,
		     exchange_index_copy(&r->env, m, fd, on_done, r, e) != NULL,
		     e);
}

bool reach_pump(struct reach *r, const struct pipeline_parts *parts,
		struct err *e)
{
	struct pipeline *p;
	bool ok;

	err_clear(&r->err);
	p = pipeline_new(r->loop, parts, on_done, r, e);
	ok = await(r, p != NULL, e);
	pipeline_free(p);
	return ok;
}
