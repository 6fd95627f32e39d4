/* test_jobs_nomem_plans.c - memory runs out in runs of plans: none is decided
 * that is not queued, and none is lost. */
#include <string.h>

#include "base/log.h"
#include "jobs/plans.h"
#include "scarce_memory.h"
#include "test_jobs_nomem_rig.h"

/* The plan as it is; and what its runs came to. */
static struct plan {
	char id[ID_MAX];
	int64_t next_due_at;
	bool is_read;
	unsigned completed;
	bool was_last; /* the last one that was asked for did */
} plan;

static void on_plan(void *arg, const struct plan_record *r, const struct err *e)
{
	struct plan *p = arg;

	assert_null(e);
	assert_false(r->is_running);
	memcpy(p->id, r->id, ID_MAX);
	p->next_due_at = r->next_due_at;
	p->is_read = true;
}

static void read_plan(struct house *h)
{
	struct err e = {0};

	plan.is_read = false;
	assert_non_null(
		catalog_plan_get(h->catalog, "nightly", on_plan, &plan, &e));
	house_until(h, &plan.is_read);
}

static void add_plan(struct house *h)
{
	struct plan_record r = {
		.name = "nightly",
		.is_enabled = true,
		.strategy = "timer",
		.method = "logical",
		.scope_json = (char[]){"{\"databases\":[{\"name\":\"db\"}]}"},
		.timer_json = (char[]){"{\"cycle\":\"daily\","
				       "\"at\":\"02:30\"}"},
		.retention_days = 7,
		.grace_seconds = 60,
		.next_due_at = 1000,
	};
	struct err e = {0};

	memset(&plan, 0, sizeof(plan));
	memcpy(r.source_id, h->source, ID_MAX);
	memcpy(r.pool_id, h->pool, ID_MAX);
	assert_non_null(
		catalog_plan_create(h->catalog, &r, on_plan, &plan, &e));
	house_until(h, &plan.is_read);
}

/* r is NULL, too, when nothing was to run. */
static void on_run(void *arg, const struct backup_record *r,
		   const struct err *e)
{
	struct asked *a = arg;

	assert_true(e != NULL || r != NULL);
	nomem_on_backup(arg, r, e);
	if (a->is_accepted)
		assert_string_equal(r->plan_id, plan.id);
}

static void ask_execute(struct house *h, struct asked *a)
{
	struct err e = {0};

	if (jobs_plan_execute(h->jobs, "nightly", "by hand", on_run, a, &e) ==
	    NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void ask_due(struct house *h, struct asked *a)
{
	struct plan_decision d = {
		.expected_next_due_at = plan.next_due_at,
		.next_due_at = plan.next_due_at + 1000,
		.run_due_at = plan.next_due_at,
	};
	struct err e = {0};

	memcpy(d.plan_id, plan.id, ID_MAX);
	if (jobs_plan_due(h->jobs, &d, on_run, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

/* A due time is decided if and only if its run was accepted. */
static void check_run(struct house *h, const struct asked *a)
{
	int64_t due_at = plan.next_due_at;

	plan.was_last = false;
	if (a->is_accepted) {
		assert_true(house_read_backup(h, a->id));
		plan.was_last = h->backup.status == BACKUP_COMPLETED;
		plan.completed += plan.was_last;
		if (h->backup.due_at != 0)
			due_at += 1000;
	}
	nomem_check_backup(h, a);
	read_plan(h);
	assert_int_equal(plan.next_due_at, due_at);
}

static void torture_plan(void (*ask)(struct house *h, struct asked *a))
{
	struct house *h = house_open(2);

	add_plan(h);
	nomem_torture(h, ask, check_run);
	assert_true(plan.was_last);
	assert_true(plan.next_due_at == 1000 || ask == ask_due);
	house_close(h);
}

static void test_execution_of_a_plan(void **state)
{
	(void)state;
	torture_plan(ask_execute);
}

static void test_due_run_of_a_plan(void **state)
{
	(void)state;
	torture_plan(ask_due);
	assert_true(plan.next_due_at > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_execution_of_a_plan),
		cmocka_unit_test(test_due_run_of_a_plan),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return scarce_memory_verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
