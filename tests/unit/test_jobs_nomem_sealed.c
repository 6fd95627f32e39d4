/* test_jobs_nomem_sealed.c - memory runs out in an encrypted backup and in its
 * restore. */
#include <string.h>

#include "base/log.h"
#include "scarce_memory.h"
#include "test_jobs_nomem_rig.h"

static void check_sealed(struct house *h, const struct asked *a)
{
	if (a->is_accepted) {
		assert_true(house_read_backup(h, a->id));
		assert_true(h->backup.is_encrypted ||
			    h->backup.status == BACKUP_FAILED);
	}
	nomem_check_backup(h, a);
}

static void test_encrypted_backup(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	house_add_sealed_pool(h, "sealed");
	nomem_torture(h, nomem_ask_backup, check_sealed);
	house_close(h);
}

static void test_encrypted_restore(void **state)
{
	struct house *h = house_open(2);

	(void)state;
	house_add_sealed_pool(h, "sealed");
	assert_true(house_backup(h, "base", NULL));
	house_settle(h);
	nomem_torture(h, nomem_ask_restore, nomem_check_restore);
	house_close(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encrypted_backup),
		cmocka_unit_test(test_encrypted_restore),
	};

	log_setup(LOG_ERROR, LOG_TEXT);
	return scarce_memory_verdict(cmocka_run_group_tests(tests, NULL, NULL));
}
