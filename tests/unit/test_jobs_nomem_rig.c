/* test_jobs_nomem_rig.c - see test_jobs_nomem_rig.h. */
#include "test_jobs_nomem_rig.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "effort.h"
#include "scarce_memory.h"

/* In valgrind, twenty times slower, it has to do with some of them. */
enum { ALLOCATIONS_MAX = 5000, VALGRIND_STEP = 37 };

static atomic_int countdown; /* 0 and below: nothing fails */

bool scarce_memory_refuses(void)
{
	return atomic_load(&countdown) > 0 &&
	       atomic_fetch_sub(&countdown, 1) == 1;
}

void nomem_on_backup(void *arg, const struct backup_record *r,
		     const struct err *e)
{
	struct asked *a = arg;

	a->is_answered = true;
	a->is_accepted = e == NULL;
	if (e == NULL)
		memcpy(a->id, r->id, ID_MAX);
}

static void on_restore(void *arg, const struct restore_record *r,
		       const struct err *e)
{
	struct asked *a = arg;

	a->is_answered = true;
	a->is_accepted = e == NULL;
	if (e == NULL)
		memcpy(a->id, r->id, ID_MAX);
}

bool nomem_is_idle(struct house *h)
{
	unsigned queued, running;

	jobs_load(h->jobs, &queued, &running);
	return queued + running == 0;
}

void nomem_finish(struct house *h, struct asked *a)
{
	house_until(h, &a->is_answered);
	while (a->is_accepted && !nomem_is_idle(h))
		house_turn(h);
}

void nomem_ask_backup(struct house *h, struct asked *a)
{
	struct backup_record r = {
		.name = "tried",
		.type = "manual",
		.trigger = "user",
		.method = "logical",
		.scope_json = (char[]){"{\"databases\":[{\"name\":\"db\"}]}"},
	};
	struct err e = {0};

	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	if (jobs_backup(h->jobs, &r, nomem_on_backup, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

void nomem_ask_restore(struct house *h, struct asked *a)
{
	struct restore_record r = {
		.backup_id = "base",
		.request_json = (char[]){"{\"rename\":{\"db\":\"db2\"}}"},
	};
	struct err e = {0};

	memcpy(r.target_id, h->source, ID_MAX);
	if (jobs_restore(h->jobs, &r, on_restore, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void restore_all(struct house *h, const char *backup)
{
	if (!house_restore(h, backup, "{}"))
		fail_msg("restore refused: %s", h->err.msg);
	house_settle(h);
	assert_true(house_read_restore(h, h->restore.id));
	assert_int_equal(h->restore.status, JOB_COMPLETED);
	assert_true(h->restore.verified);
}

void nomem_check_backup(struct house *h, const struct asked *a)
{
	house_check_budget(h);
	if (!a->is_accepted)
		return;
	assert_true(house_read_backup(h, a->id));
	if (h->backup.status == BACKUP_COMPLETED) {
		assert_int_equal(h->backup.row_count, 6);
		restore_all(h, a->id);
		assert_true(house_delete(h, a->id));
		house_settle(h);
	} else {
		assert_int_equal(h->backup.status, BACKUP_FAILED);
	}
}

void nomem_check_restore(struct house *h, const struct asked *a)
{
	house_check_budget(h);
	if (!a->is_accepted)
		return;
	assert_true(house_read_restore(h, a->id));
	if (h->restore.status == JOB_COMPLETED) {
		assert_true(h->restore.verified);
		assert_int_equal(h->restore.row_count, 6);
	} else {
		assert_int_equal(h->restore.status, JOB_FAILED);
		assert_false(h->restore.verified);
	}
}

void nomem_torture(struct house *h,
		   void (*ask)(struct house *h, struct asked *a),
		   void (*check)(struct house *h, const struct asked *a))
{
	int step = (int)effort(1, VALGRIND_STEP);
	bool is_through = false;

	for (int n = 1; !is_through; n += step) {
		struct asked a = {0};

		assert_in_range(n, 1, ALLOCATIONS_MAX);
		atomic_store(&countdown, n);
		ask(h, &a);
		nomem_finish(h, &a);
		is_through = atomic_exchange(&countdown, 0) > 0;
		check(h, &a);
	}
}
