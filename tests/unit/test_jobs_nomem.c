/* test_jobs_nomem.c - memory runs out in a backup, in a restore and in the
 * check of one: each ends, nothing incomplete is called complete, and nothing
 * is kept that should not be. */
#include <string.h>

#include "base/log.h"
#include "scarce_memory.h"
#include "test_jobs_nomem_rig.h"

static void on_report(void *arg, const struct jobs_restore_report *r,
		      const struct err *e)
{
	struct asked *a = arg;

	assert_true((r == NULL) != (e == NULL));
	a->is_answered = true;
	a->is_told = r != NULL;
}

static void ask_report(struct house *h, struct asked *a)
{
	struct restore_record r = {.backup_id = "base"};
	struct err e = {0};

	memcpy(r.target_id, h->source, ID_MAX);
	if (jobs_restore_check(h->jobs, &r, on_report, a, &e) == NULL) {
		assert_true(err_is(&e));
		a->is_answered = true;
	}
}

static void test_backup(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	nomem_torture(h, nomem_ask_backup, nomem_check_backup);
	house_close(h);
}

static void test_restore(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	nomem_torture(h, nomem_ask_restore, nomem_check_restore);
	house_close(h);
}

/* It leaves nothing behind, whatever it came to. */
static void check_report(struct house *h, const struct asked *a)
{
	(void)a;
	house_check_budget(h);
	assert_true(nomem_is_idle(h));
	assert_int_equal(fake_source_facts()->alive, 0);
}

static void test_check_of_a_restore(void **state)
{
	struct house *h = house_open(2);
	struct asked a = {0};

	(void)state;
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	nomem_torture(h, ask_report, check_report);
	ask_report(h, &a);
	nomem_finish(h, &a);
	assert_true(a.is_told);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_restore),
		cmocka_unit_test(test_check_of_a_restore),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return scarce_memory_verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
