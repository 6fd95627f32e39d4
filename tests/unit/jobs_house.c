/* jobs_house.c - see jobs_house.h. */
#include "config.h" /* for nftw() */

#include "jobs_house.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/migrate_int.h"
#include "catalog/pools.h"
#include "catalog/sources.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "manifest/manifest.h"
#include "pipeline/budget.h"

enum { PART_BYTES = 1024 * 1024, LIMIT_MS = 120000 };

void house_until(struct house *h, const bool *flag)
{
	int64_t limit = clock_mono_ms() + LIMIT_MS;

	while (!*flag) {
		if (clock_mono_ms() > limit)
			fail_msg("what was waited for did not happen");
		(void)event_base_loop(loop_base(h->loop), EVLOOP_ONCE);
	}
}

void house_turn(struct house *h)
{
	(void)event_base_loop(loop_base(h->loop), EVLOOP_ONCE);
}

/* Keeps EVLOOP_ONCE from sleeping for ever. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

static void answer(struct house *h, const struct err *e)
{
	h->is_answered = true;
	h->asked = NULL;
	memset(&h->err, 0, sizeof(h->err));
	if (e != NULL)
		h->err = *e;
}

static bool answered(struct house *h)
{
	house_until(h, &h->is_answered);
	h->is_answered = false;
	return !err_is(&h->err);
}

static void on_done(void *arg, const struct err *e)
{
	answer(arg, e);
}

static void on_source(void *arg, const struct source_record *r,
		      const struct err *e)
{
	struct house *h = arg;

	if (e == NULL)
		memcpy(h->source, r->id, ID_MAX);
	answer(h, e);
}

static void on_pool(void *arg, const struct pool_record *r, const struct err *e)
{
	struct house *h = arg;

	if (e == NULL)
		memcpy(h->pool, r->id, ID_MAX);
	answer(h, e);
}

static void on_backup(void *arg, const struct backup_record *r,
		      const struct err *e)
{
	struct house *h = arg;

	backup_record_fini(&h->backup);
	if (e == NULL)
		assert_true(backup_record_copy(&h->backup, r));
	answer(h, e);
}

static void on_restore(void *arg, const struct restore_record *r,
		       const struct err *e)
{
	struct house *h = arg;

	restore_record_fini(&h->restore);
	if (e == NULL)
		assert_true(restore_record_copy(&h->restore, r));
	answer(h, e);
}

void house_add_source(struct house *h, const char *name)
{
	struct source_record s = {
		.engine = "mysql",
		.connection_json = (char[]){"{\"host\":\"127.0.0.1\"}"},
		.secret = (char[]){"secret"},
		.is_reachable = true,
	};
	struct err e = {0};

	(void)str_copy(s.name, sizeof(s.name), name);
	assert_non_null(
		catalog_source_create(h->catalog, &s, on_source, h, &e));
	assert_true(answered(h));
}

/* A pair that nothing else uses. */
static char recipients[] =
	"[\"age1knslxrmu56pcft7dhp2m2zy43s4u36u07ajun7d7465vvgfa3g9s5svuya\"]";
static char identity[] =
	"AGE-SECRET-KEY-"
	"1PSCTXK9QUYFDYG96SDUYSMXWJ3WGKDYAKC0H07MYG0EKND5TQQMS08PD03";

static void make_pool(struct house *h, const char *name, uint64_t part_bytes,
		      bool is_sealed)
{
	char path[128], config[160];
	struct pool_record p = {
		.storage_type = "local_directory",
		.config_json = config,
		.part_bytes = part_bytes,
		.is_reachable = true,
	};
	struct err e = {0};

	if (is_sealed) {
		p.recipients_json = recipients;
		p.identity = identity;
	}

	(void)str_copy(p.name, sizeof(p.name), name);
	(void)snprintf(path, sizeof(path), "%s/%s", h->dir,
		       strcmp(name, "local") == 0 ? "pool" : name);
	(void)snprintf(config, sizeof(config), "{\"path\":\"%s\"}", path);
	/* Binding one makes its folder; what writes to it never does. */
	assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
	assert_non_null(catalog_pool_create(h->catalog, &p, on_pool, h, &e));
	assert_true(answered(h));
}

/* Making a catalog takes longer than most of what is done in a house: the first
 * one of the program is kept as it is when nothing is in it, not even who the
 * server is, and the others begin with a copy. */
static void lay_catalog(const struct house *h)
{
	static char *empty;
	static size_t len;
	char path[96];
	struct db db;
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/catalog.db", h->dir);
	if (empty != NULL) {
		assert_true(file_write(path, 0600, empty, len, &e));
		return;
	}
	assert_true(file_write(path, 0600, "", 0, &e));
	assert_true(db_open(&db, path, &e));
	assert_true(migrate(&db, path, schema_current(), &e));
	db_close(&db);
	empty = file_read(path, 1 << 24, &len, &e);
	assert_non_null(empty);
}

static void open_catalog(struct house *h)
{
	char path[96];
	struct catalog_config c = {.path = path, .manual_backups_max = 50};
	struct err e = {0};

	(void)snprintf(path, sizeof(path), "%s/secret.key", h->dir);
	h->key = secret_key_load(path, &e);
	assert_non_null(h->key);
	(void)snprintf(path, sizeof(path), "%s/catalog.db", h->dir);
	c.key = h->key;
	h->catalog = catalog_open(h->loop, &c, &e);
	assert_non_null(h->catalog);
	h->signer = signer_new(catalog_identity(h->catalog)->seed, &e);
	assert_non_null(h->signer);
}

static void open_jobs(struct house *h, unsigned max_jobs)
{
	struct jobs_config c = {
		.loop = h->loop,
		.catalog = h->catalog,
		.cpu = h->cpu,
		.blocking = h->blocking,
		.bulk = h->blocking,
		.transfers = h->transfers,
		.signer = h->signer,
		.max_jobs = max_jobs,
		.retry_seconds = h->retry_seconds,
		.max_tables = 1000,
		.max_row_bytes = 1 << 20,
		.puts_at_once = 2,
		.stall_seconds = 30,
	};
	struct err e = {0};

	h->budget = budget_new(h->loop, 32 * 1024 * 1024, &e);
	assert_non_null(h->budget);
	c.budget = h->budget;
	h->jobs = jobs_new(&c, &e);
	assert_non_null(h->jobs);
}

static void open_workers(struct house *h)
{
	struct err e = {0};

	h->cpu = workers_new(h->loop, "cpu", 2, &e);
	h->blocking = workers_new(h->loop, "blocking", 2, &e);
	assert_true(h->cpu && h->blocking);
}

struct house *house_open(unsigned max_jobs)
{
	static const struct timeval tick = {0, 5000};
	struct house *h = calloc(1, sizeof(*h));
	struct event *ticker;
	struct err e = {0};

	assert_non_null(h);
	fake_source_reset();
	/* Hundreds of houses: better where a sync costs nothing. */
	(void)snprintf(h->dir, sizeof(h->dir), "%s/coffer-jobs-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	assert_non_null(mkdtemp(h->dir));
	h->loop = loop_new(&e);
	assert_non_null(h->loop);
	open_workers(h);
	h->transfers = transfers_new(h->loop, &e);
	assert_non_null(h->transfers);
	ticker = event_new(loop_base(h->loop), -1, EV_PERSIST, on_tick,
			   event_self_cbarg());
	assert_non_null(ticker);
	assert_int_equal(evtimer_add(ticker, &tick), 0);
	h->ticker = ticker;
	lay_catalog(h);
	open_catalog(h);
	open_jobs(h, max_jobs);
	jobs_start(h->jobs);
	house_add_source(h, "db1");
	make_pool(h, "local", PART_BYTES, false);
	return h;
}

static int remove_one(const char *path, const struct stat *st, int flag,
		      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void close_jobs(struct house *h)
{
	jobs_op_cancel(h->asked);
	h->asked = NULL;
	jobs_free(h->jobs);
	assert_int_equal(fake_source_facts()->alive, 0);
	catalog_close(h->catalog);
	budget_free(h->budget);
	signer_free(h->signer);
	secret_key_free(h->key);
	workers_free(h->cpu);
	workers_free(h->blocking);
}

void house_crash(struct house *h, unsigned max_jobs)
{
	struct err e = {0};

	close_jobs(h);
	open_workers(h);
	open_catalog(h);
	open_jobs(h, max_jobs);
	assert_non_null(catalog_recover(h->catalog, on_done, h, &e));
	assert_true(answered(h));
	jobs_start(h->jobs);
}

void house_add_pool(struct house *h, const char *name, uint64_t part_bytes)
{
	make_pool(h, name, part_bytes, false);
}

void house_add_sealed_pool(struct house *h, const char *name)
{
	make_pool(h, name, PART_BYTES, true);
}

void house_set_retry(struct house *h, unsigned seconds)
{
	h->retry_seconds = seconds;
	house_crash(h, 2);
}

void house_close(struct house *h)
{
	close_jobs(h);
	transfers_free(h->transfers);
	event_free(h->ticker);
	loop_free(h->loop);
	backup_record_fini(&h->backup);
	restore_record_fini(&h->restore);
	fake_source_reset();
	assert_int_equal(nftw(h->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(h);
}

void house_ask_backup(struct house *h, const char *name, const char *scope)
{
	struct backup_record r = {
		.type = "manual",
		.trigger = "user",
		.method = "logical",
	};
	struct err e = {0};

	(void)str_copy(r.name, sizeof(r.name), name);
	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	r.scope_json = scope != NULL ? strdup(scope) : NULL;
	h->asked = jobs_backup(h->jobs, &r, on_backup, h, &e);
	free(r.scope_json);
	if (h->asked == NULL)
		answer(h, &e);
}

void house_ask_restore(struct house *h, const char *backup, const char *request)
{
	struct restore_record r = {0};
	struct err e = {0};

	(void)str_copy(r.backup_id, sizeof(r.backup_id), backup);
	memcpy(r.target_id, h->source, ID_MAX);
	r.request_json = strdup(request);
	h->asked = jobs_restore(h->jobs, &r, on_restore, h, &e);
	free(r.request_json);
	if (h->asked == NULL)
		answer(h, &e);
}

void house_ask_delete(struct house *h, const char *key)
{
	struct err e = {0};

	h->asked = jobs_delete(h->jobs, key, on_backup, h, &e);
	if (h->asked == NULL)
		answer(h, &e);
}

bool house_backup(struct house *h, const char *name, const char *scope)
{
	house_ask_backup(h, name, scope);
	return answered(h);
}

bool house_restore(struct house *h, const char *backup, const char *request)
{
	house_ask_restore(h, backup, request);
	return answered(h);
}

void house_give_up(struct house *h)
{
	jobs_op_cancel(h->asked);
	h->asked = NULL;
	h->is_answered = false;
}

void house_settle(struct house *h)
{
	int64_t limit = clock_mono_ms() + LIMIT_MS;
	unsigned queued, running;

	for (int still = 0; still < 20; still++) {
		house_turn(h);
		jobs_load(h->jobs, &queued, &running);
		if (queued + running > 0)
			still = 0;
		if (clock_mono_ms() > limit)
			fail_msg("jobs do not end");
	}
}

static void on_granted(void *arg)
{
	*(bool *)arg = true;
}

void house_check_budget(struct house *h)
{
	struct budget_share all = {0};
	bool is_granted = false;

	budget_reserve(h->budget, &all, SIZE_MAX, on_granted, &is_granted);
	house_until(h, &is_granted);
	budget_release(&all);
}

void house_wait(struct house *h, const char *job_id)
{
	struct err e = {0};

	assert_non_null(jobs_watch(h->jobs, job_id, on_done, h, &e));
	assert_true(answered(h));
}

bool house_read_backup(struct house *h, const char *key)
{
	struct err e = {0};

	assert_non_null(catalog_backup_get(h->catalog, key, on_backup, h, &e));
	return answered(h);
}

bool house_read_restore(struct house *h, const char *id)
{
	struct err e = {0};

	assert_non_null(catalog_restore_get(h->catalog, id, on_restore, h, &e));
	return answered(h);
}

bool house_delete(struct house *h, const char *key)
{
	house_ask_delete(h, key);
	return answered(h);
}

static unsigned counted;

static int count_one(const char *path, const struct stat *st, int flag,
		     struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (flag == FTW_F && strstr(path, "/bak_") != NULL)
		counted++;
	return 0;
}

unsigned house_objects(const struct house *h)
{
	char pool[96];

	(void)snprintf(pool, sizeof(pool), "%s/pool", h->dir);
	/* A folder that a worker removes meanwhile ends the walk. */
	do
		counted = 0;
	while (nftw(pool, count_one, 16, FTW_PHYS) != 0 &&
	       access(pool, F_OK) == 0);
	return counted;
}
