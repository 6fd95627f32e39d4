/*
 * test_catalog_rig.h - a catalog in a folder of its own, called as if its
 * calls were plain functions: each waits on the loop for its answer.
 */
#ifndef COFFER_TESTS_UNIT_TEST_CATALOG_RIG_H
#define COFFER_TESTS_UNIT_TEST_CATALOG_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "catalog/backups.h"
#include "catalog/restores.h"
#include "catalog/catalog.h"
#include "catalog/expiry.h"
#include "catalog/jobs.h"
#include "catalog/due.h"
#include "catalog/plans.h"
#include "catalog/pools.h"
#include "catalog/sources.h"
#include "catalog/usage.h"

enum { RIG_LIST_MAX = 512, RIG_QUOTA = 50 };

/* The answer of the last call. */
struct rig_answer {
	unsigned count; /* completions that ran */
	struct err err;
	struct source_record source;
	struct pool_record pool;
	struct backup_record backup;
	struct restore_record restore;
	struct job_record job; /* its texts below */
	char job_error[512], job_progress[512];
	char ids[RIG_LIST_MAX][ID_MAX];
	char names[RIG_LIST_MAX][NAME_BUF];
	size_t n;
	uint64_t total;
	char next[1024]; /* "": no more */
	char *log;
	struct catalog_usage usage;
	struct token_record tokens[8];
	/* of test_catalog_plan_rig.h */
	struct plan_record plan;
	struct plan_run runs[RIG_LIST_MAX];
	enum retention_verdict verdicts[RIG_LIST_MAX];
	size_t nbackups; /* of a source's doomed: after the plans */
};

struct rig {
	char folder[64], path[96];
	struct loop *loop;
	struct secret_key *key;
	struct catalog *catalog;
	struct rig_answer a;
	unsigned told; /* of a.count, when a call was last waited for */
};

/* cmocka's setup and teardown; *state is the rig. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* The same as rig_setup(), with sources and pools of these names (words). */
int rig_setup_with(void **state, const char *sources, const char *pools);

/* Opens and closes its catalog; open fails the test, try_open says why. */
bool rig_try_open(struct rig *r, struct err *e);
void rig_open(struct rig *r);
void rig_close(struct rig *r);

/* Forgets the answer of the last call. */
void rig_forget(struct rig *r);

/* The completions, for calls that a test makes itself; arg is the rig. */
void rig_on_done(void *arg, const struct err *e);
void rig_on_source(void *arg, const struct source_record *s,
		   const struct err *e);

/* Forgets the answer of the last call and waits for that of op, which was begun
 * just now; false: refused, see r->a.err. */
bool rig_wait(struct rig *r, struct catalog_op *op);

/* The last call was refused with that. */
void rig_refused(const struct rig *r, enum err_code code, const char *api);

/* The calls, each with its answer in r->a. */
bool rig_create_source(struct rig *r, const char *name);
bool rig_get_source(struct rig *r, const char *key);
bool rig_create_pool(struct rig *r, const char *name);
bool rig_get_pool(struct rig *r, const char *key);
bool rig_begin_backup(struct rig *r, const char *name, const char *source,
		      const char *pool);
bool rig_start_backup(struct rig *r, const struct backup_record *b);
bool rig_finish_backup(struct rig *r, const struct backup_record *b,
		       enum backup_status status);
bool rig_get_backup(struct rig *r, const char *key);
bool rig_delete_backup(struct rig *r, const char *key);
bool rig_swept(struct rig *r, const char *id, const struct err *why);
bool rig_sweepable(struct rig *r);
bool rig_list_backups(struct rig *r, const struct catalog_query *q);
bool rig_begin_restore(struct rig *r, const char *backup, const char *target);
bool rig_begin_restore_into(struct rig *r, const char *backup,
			    const char *path);
bool rig_get_restore(struct rig *r, const char *id);
bool rig_get_job(struct rig *r, const char *id);
bool rig_recover(struct rig *r);
bool rig_count(struct rig *r);

/* A backup that is completed, through all its states; fails the test. */
void rig_make_backup(struct rig *r, const char *name, const char *source,
		     const char *pool);

/* A whole query with its answer's ids, for tests of lists. */
bool rig_list_sources(struct rig *r, const struct catalog_query *q);
bool rig_list_pools(struct rig *r, const struct catalog_query *q);
bool rig_list_restores(struct rig *r, const struct catalog_query *q);
bool rig_list_jobs(struct rig *r, const struct catalog_query *q);

/* Runs SQL on the file of the catalog, which is closed; fails the test. */
void rig_sql(struct rig *r, const char *sql);

/* One number from it. */
int64_t rig_sql_int(struct rig *r, const char *sql);

/* True when any file of the folder holds these bytes. */
bool rig_files_hold(struct rig *r, const char *bytes);

#endif
