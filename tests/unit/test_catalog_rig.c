/* test_catalog_rig.c - a catalog in a folder of its own. */
#include "config.h" /* for memmem() */
#include "test_catalog_rig.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "loop/loop.h"

void rig_forget(struct rig *r)
{
	source_record_fini(&r->a.source);
	pool_record_fini(&r->a.pool);
	backup_record_fini(&r->a.backup);
	restore_record_fini(&r->a.restore);
	plan_record_fini(&r->a.plan);
	free(r->a.log);
	memset(&r->a, 0, sizeof(r->a));
	r->told = 0;
}

bool rig_try_open(struct rig *r, struct err *e)
{
	struct catalog_config config = {.path = r->path,
					.key = r->key,
					.manual_backups_max = RIG_QUOTA};

	r->catalog = catalog_open(r->loop, &config, e);
	return r->catalog != NULL;
}

void rig_open(struct rig *r)
{
	struct err e = {0};

	if (!rig_try_open(r, &e))
		fail_msg("catalog_open: %s", e.msg);
}

void rig_close(struct rig *r)
{
	catalog_close(r->catalog);
	r->catalog = NULL;
}

int rig_setup(void **state)
{
	struct rig *r = calloc(1, sizeof(*r));
	char key_path[96];
	struct err e = {0};

	/* A call that is never answered is a failure, not a hang. */
	(void)alarm(300);
	strcpy(r->folder, "/tmp/coffer-catalog-XXXXXX");
	assert_non_null(mkdtemp(r->folder));
	(void)snprintf(r->path, sizeof(r->path), "%s/catalog.db", r->folder);
	(void)snprintf(key_path, sizeof(key_path), "%s/secret.key", r->folder);
	r->key = secret_key_load(key_path, &e);
	r->loop = loop_new(&e);
	if (r->key == NULL || r->loop == NULL)
		fail_msg("%s", e.msg);
	*state = r;
	rig_open(r);
	return 0;
}

/* Makes one of each word's name. */
static void create_each(struct rig *r, const char *names,
			bool (*create)(struct rig *r, const char *name))
{
	char words[128], *at = words;
	const char *name;

	assert_true(str_copy(words, sizeof(words), names));
	while ((name = strsep(&at, " ")) != NULL)
		assert_true(create(r, name));
}

int rig_setup_with(void **state, const char *sources, const char *pools)
{
	(void)rig_setup(state);
	create_each(*state, sources, rig_create_source);
	create_each(*state, pools, rig_create_pool);
	return 0;
}

static void each_file(struct rig *r, bool (*act)(const char *path, void *arg),
		      void *arg)
{
	DIR *d = opendir(r->folder);
	struct dirent *entry;
	char path[400];

	assert_non_null(d);
	while ((entry = readdir(d)) != NULL) {
		(void)snprintf(path, sizeof(path), "%s/%s", r->folder,
			       entry->d_name);
		if (entry->d_name[0] != '.' && !act(path, arg))
			break;
	}
	(void)closedir(d);
}

static bool remove_file(const char *path, void *arg)
{
	(void)arg;
	(void)unlink(path);
	return true;
}

int rig_teardown(void **state)
{
	struct rig *r = *state;

	rig_close(r);
	rig_forget(r);
	loop_free(r->loop);
	secret_key_free(r->key);
	each_file(r, remove_file, NULL);
	(void)rmdir(r->folder);
	free(r);
	return 0;
}

static void answered(struct rig *r, const struct err *e)
{
	r->a.count++;
	if (e != NULL) {
		assert_true(err_is(e));
		r->a.err = *e;
	}
	loop_stop(r->loop);
}

void rig_on_done(void *arg, const struct err *e)
{
	answered(arg, e);
}

void rig_on_source(void *arg, const struct source_record *s,
		   const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(s == NULL, e != NULL);
	if (s != NULL)
		assert_true(source_record_copy(&r->a.source, s));
	answered(r, e);
}

static void on_pool(void *arg, const struct pool_record *p, const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(p == NULL, e != NULL);
	if (p != NULL)
		assert_true(pool_record_copy(&r->a.pool, p));
	answered(r, e);
}

static void on_backup(void *arg, const struct backup_record *b,
		      const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(b == NULL, e != NULL);
	if (b != NULL)
		assert_true(backup_record_copy(&r->a.backup, b));
	answered(r, e);
}

static void on_restore(void *arg, const struct restore_record *s,
		       const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(s == NULL, e != NULL);
	if (s != NULL)
		assert_true(restore_record_copy(&r->a.restore, s));
	answered(r, e);
}

static void on_job(void *arg, const struct job_record *j, const struct err *e)
{
	struct rig *r = arg;

	assert_int_equal(j == NULL, e != NULL);
	if (j != NULL) {
		r->a.job = *j;
		r->a.job.error_json = r->a.job.progress_json = NULL;
		(void)str_copy(r->a.job_error, sizeof(r->a.job_error),
			       j->error_json != NULL ? j->error_json : "");
		(void)str_copy(r->a.job_progress, sizeof(r->a.job_progress),
			       j->progress_json != NULL ? j->progress_json
							: "");
	}
	answered(r, e);
}

static void keep_page(struct rig *r, const struct catalog_page *page)
{
	if (page == NULL)
		return;
	assert_in_range(page->n, 0, RIG_LIST_MAX);
	r->a.n = page->n;
	r->a.total = page->total;
	(void)str_copy(r->a.next, sizeof(r->a.next),
		       page->next != NULL ? page->next : "");
}

static void keep_one(struct rig *r, size_t i, const char *id, const char *name)
{
	(void)str_copy(r->a.ids[i], ID_MAX, id);
	(void)str_copy(r->a.names[i], NAME_BUF, name);
}

static void on_sources(void *arg, const struct source_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep_one(arg, i, list[i].id, list[i].name);
	keep_page(arg, page);
	answered(arg, e);
}

static void on_pools(void *arg, const struct pool_record *list,
		     const struct catalog_page *page, const struct err *e)
{
	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep_one(arg, i, list[i].id, list[i].name);
	keep_page(arg, page);
	answered(arg, e);
}

static void on_backups(void *arg, const struct backup_record *list,
		       const struct catalog_page *page, const struct err *e)
{
	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep_one(arg, i, list[i].id, list[i].name);
	keep_page(arg, page);
	answered(arg, e);
}

static void on_restores(void *arg, const struct restore_record *list,
			const struct catalog_page *page, const struct err *e)
{
	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep_one(arg, i, list[i].id, list[i].target_name);
	keep_page(arg, page);
	answered(arg, e);
}

static void on_jobs(void *arg, const struct job_record *list,
		    const struct catalog_page *page, const struct err *e)
{
	for (size_t i = 0; page != NULL && i < page->n; i++)
		keep_one(arg, i, list[i].id, list[i].resource);
	keep_page(arg, page);
	answered(arg, e);
}

static void on_usage(void *arg, const struct catalog_usage *u,
		     const struct err *e)
{
	struct rig *r = arg;

	if (u != NULL)
		r->a.usage = *u;
	answered(r, e);
}

bool rig_wait(struct rig *r, struct catalog_op *op)
{
	assert_non_null(op);
	/* Never inside the call. */
	assert_true(r->a.count <= r->told);
	rig_forget(r);
	while (r->a.count == 0)
		loop_run(r->loop);
	r->told = r->a.count;
	return !err_is(&r->a.err);
}

void rig_refused(const struct rig *r, enum err_code code, const char *api)
{
	if (r->a.err.code != code || strcmp(r->a.err.api, api) != 0)
		fail_msg("want %s, got %s (%d): %s", api, r->a.err.api,
			 (int)r->a.err.code, r->a.err.msg);
}

bool rig_create_source(struct rig *r, const char *name)
{
	struct source_record s = {.engine = "mysql", .is_reachable = true};
	char remarks[] = "of the shop", region[] = "eu";
	char json[] = "{\"host\":\"db\"}", secret[] = "hunter2-of-the-source";
	struct err e = {0};

	(void)str_copy(s.name, sizeof(s.name), name);
	(void)str_copy(s.version, sizeof(s.version), "10.11");
	s.remarks = remarks;
	s.region = region;
	s.connection_json = json;
	s.secret = secret;
	return rig_wait(
		r, catalog_source_create(r->catalog, &s, rig_on_source, r, &e));
}

bool rig_get_source(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r, catalog_source_get(r->catalog, key, true,
					      rig_on_source, r, &e));
}

bool rig_create_pool(struct rig *r, const char *name)
{
	struct pool_record p = {.storage_type = "object_storage",
				.part_bytes = 8388608,
				.is_reachable = true};
	char json[] = "{\"bucket\":\"b\"}", secret[] = "hunter2-of-the-pool";
	struct err e = {0};

	(void)str_copy(p.name, sizeof(p.name), name);
	p.config_json = json;
	p.secret = secret;
	return rig_wait(r, catalog_pool_create(r->catalog, &p, on_pool, r, &e));
}

bool rig_get_pool(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_pool_get(r->catalog, key, true, on_pool, r, &e));
}

bool rig_begin_backup(struct rig *r, const char *name, const char *source,
		      const char *pool)
{
	struct backup_record b = {
		.type = "manual", .trigger = "user", .method = "logical"};
	char description[] = "by hand", scope[] = "null", options[] = "{}";
	struct err e = {0};

	(void)str_copy(b.name, sizeof(b.name), name);
	(void)str_copy(b.source_id, sizeof(b.source_id), source);
	(void)str_copy(b.pool_id, sizeof(b.pool_id), pool);
	b.description = description;
	b.scope_json = scope;
	b.options_json = options;
	return rig_wait(r,
			catalog_backup_begin(r->catalog, &b, on_backup, r, &e));
}

bool rig_start_backup(struct rig *r, const struct backup_record *b)
{
	struct backup_record started = {.fence = b->fence};
	char path[] = "s3://b/p/";
	struct err e = {0};

	(void)str_copy(started.id, ID_MAX, b->id);
	started.save_path = path;
	return rig_wait(r, catalog_backup_started(r->catalog, &started,
						  rig_on_done, r, &e));
}

bool rig_finish_backup(struct rig *r, const struct backup_record *b,
		       enum backup_status status)
{
	struct backup_record end = {.fence = b->fence,
				    .status = status,
				    .source_bytes = 100,
				    .stored_bytes = 40,
				    .row_count = 7,
				    .has_leftovers = true};
	char error[] = "{\"code\":\"store_failed\"}";
	struct err e = {0};

	(void)str_copy(end.id, ID_MAX, b->id);
	if (status != BACKUP_COMPLETED)
		end.error_json = error;
	return rig_wait(r, catalog_backup_finish(r->catalog, &end,
						 "{\"percent\":100}",
						 rig_on_done, r, &e));
}

bool rig_get_backup(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_backup_get(r->catalog, key, on_backup, r, &e));
}

bool rig_delete_backup(struct rig *r, const char *key)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_backup_delete(r->catalog, key, on_backup, r, &e));
}

bool rig_swept(struct rig *r, const char *id, const struct err *why)
{
	struct err e = {0};

	return rig_wait(r, catalog_backup_swept(r->catalog, id, why,
						rig_on_done, r, &e));
}

bool rig_sweepable(struct rig *r)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_backup_sweepable(r->catalog, on_backups, r, &e));
}

bool rig_list_backups(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_backup_list(r->catalog, q, on_backups, r, &e));
}

bool rig_begin_restore(struct rig *r, const char *backup, const char *target)
{
	struct restore_record s = {0};
	char request[] = "{\"overwrite\":true}";
	struct err e = {0};

	(void)str_copy(s.backup_id, sizeof(s.backup_id), backup);
	(void)str_copy(s.target_id, sizeof(s.target_id), target);
	s.request_json = request;
	return rig_wait(
		r, catalog_restore_begin(r->catalog, &s, on_restore, r, &e));
}

bool rig_begin_restore_into(struct rig *r, const char *backup, const char *path)
{
	char copy[128];
	struct restore_record s = {.target_path = copy};
	struct err e = {0};

	(void)str_copy(copy, sizeof(copy), path);
	(void)str_copy(s.backup_id, sizeof(s.backup_id), backup);
	return rig_wait(
		r, catalog_restore_begin(r->catalog, &s, on_restore, r, &e));
}

bool rig_get_restore(struct rig *r, const char *id)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_restore_get(r->catalog, id, on_restore, r, &e));
}

bool rig_get_job(struct rig *r, const char *id)
{
	struct err e = {0};

	return rig_wait(r, catalog_job_get(r->catalog, id, on_job, r, &e));
}

bool rig_recover(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r, catalog_recover(r->catalog, rig_on_done, r, &e));
}

bool rig_count(struct rig *r)
{
	struct err e = {0};

	return rig_wait(r, catalog_count(r->catalog, on_usage, r, &e));
}

void rig_make_backup(struct rig *r, const char *name, const char *source,
		     const char *pool)
{
	struct backup_record b = {0};

	if (!rig_begin_backup(r, name, source, pool))
		fail_msg("%s: %s", name, r->a.err.msg);
	assert_true(backup_record_copy(&b, &r->a.backup));
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_finish_backup(r, &b, BACKUP_COMPLETED));
	assert_true(rig_get_backup(r, b.id));
	backup_record_fini(&b);
}

bool rig_list_sources(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(r,
			catalog_source_list(r->catalog, q, on_sources, r, &e));
}

bool rig_list_pools(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(r, catalog_pool_list(r->catalog, q, on_pools, r, &e));
}

bool rig_list_restores(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(
		r, catalog_restore_list(r->catalog, q, on_restores, r, &e));
}

bool rig_list_jobs(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	return rig_wait(r, catalog_job_list(r->catalog, q, on_jobs, r, &e));
}

void rig_sql(struct rig *r, const char *sql)
{
	char *why = NULL;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", sql, why);
	(void)sqlite3_close(db);
}

int64_t rig_sql_int(struct rig *r, const char *sql)
{
	sqlite3_stmt *st;
	int64_t n;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
	(void)sqlite3_busy_timeout(db, 5000);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	return n;
}

struct hunt {
	const char *bytes;
	unsigned files;
	bool is_found;
};

static bool hunt_in(const char *path, void *arg)
{
	struct hunt *h = arg;
	struct err e = {0};
	size_t len;
	char *all = file_read(path, 64 << 20, &len, &e);

	assert_non_null(all);
	h->files++;
	h->is_found = memmem(all, len, h->bytes, strlen(h->bytes)) != NULL;
	free(all);
	return !h->is_found;
}

bool rig_files_hold(struct rig *r, const char *bytes)
{
	struct hunt h = {.bytes = bytes};

	each_file(r, hunt_in, &h);
	assert_true(h.files >= 2);
	return h.is_found;
}
