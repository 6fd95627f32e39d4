/* test_redis_load_bad.c - restores into targets that refuse, hang up or talk
 * nonsense, and of backups that are damaged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "loop/loop.h"
#include "sources/kinds.h"
#include "test_redis_dump_rig.h"
#include "test_redis_load_rig.h"

static void test_refusals_say_what_to_do(void **state)
{
	static const struct {
		const char *says, *api, *words;
		enum err_code code;
	} cases[] = {
		{"-BUSYKEY Target key name already exists.\r\n",
		 "target_failed", "keep others away", ERR_REMOTE},
		{"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
		 "target_failed", "raise its maxmemory", ERR_REMOTE},
		{"-ERR DUMP payload version or checksum are wrong\r\n",
		 "target_failed", "what a later server wrote", ERR_REMOTE},
		{"-READONLY You can't write against a read only replica.\r\n",
		 "target_failed", "into its primary", ERR_REMOTE},
		{"-ERR Bad data format\r\n", "target_failed", "Bad data format",
		 ERR_REMOTE},
		{"-NOPERM this user has no permissions to run the 'restore' "
		 "command\r\n",
		 "access_denied", "+restore", ERR_DENIED},
	};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		load_again(&r);
		load_answer(&r, "RESTORE cart:1", cases[i].says,
			    FAKE_REDIS_GOES_ON);
		load_restore(&r);
		load_expect(&r, cases[i].code, cases[i].api, cases[i].words);
		/* Keys count, not what was said besides. */
		if (cases[i].code == ERR_REMOTE)
			assert_non_null(strstr(r.err.msg, "after 2 keys"));
		assert_int_equal(r.load->ops->facts(r.load)->rows_committed, 2);
	}
	load_fini(&r);
}

static void run_all(struct load_rig *r)
{
	load_check(r);
	if (!err_is(&r->err))
		load_restore(r);
	if (err_is(&r->err))
		return;
	load_hold(r);
	load_verify(r);
}

/* Hung up on instead of each command, and behind each answer. */
static void test_cut_anywhere(void **state)
{
	static const char *const commands[] = {"INFO",
					       "TIME",
					       "CONFIG GET databases",
					       "SELECT 0",
					       "RESTORE cart",
					       "FUNCTION RESTORE",
					       "CONFIG GET proto",
					       "SCAN 0",
					       "PEXPIRETIME user:2",
					       "DUMP cart:1"};
	static const char *const says[] = {NULL, "$5\r\nab", "*2\r\n$1\r\n"};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (size_t k = 0; k < sizeof(says) / sizeof(says[0]); k++) {
			load_again(&r);
			load_answer(&r, commands[i], says[k], FAKE_REDIS_CUTS);
			run_all(&r);
			assert_int_equal(r.err.code, ERR_CONNECT);
			assert_string_equal(r.err.api, "connection_failed");
		}
	}
	load_fini(&r);
}

/* In the verification, also SELECT is another one. */
static void test_a_database_that_cannot_be_selected(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	load_restore(&r);
	load_expect_success(&r);
	load_answer(&r, "SELECT 0", "-ERR DB index is out of range\r\n",
		    FAKE_REDIS_GOES_ON);
	load_hold(&r);
	load_verify(&r);
	load_expect(&r, ERR_REMOTE, "target_failed", "select a database");
	assert_int_equal(load_count(&r, "SCAN"), 0);
	load_fini(&r);
}

/* All kinds of replies but the one that is due: it may fail, nothing else. */
static void test_nonsense_of_all_kinds(void **state)
{
	static const char *const commands[] = {"INFO",
					       "TIME",
					       "CONFIG GET databases",
					       "CONFIG GET proto",
					       "SCAN 0",
					       "SELECT",
					       "FLUSHDB",
					       "PEXPIRETIME",
					       "DUMP"};
	static const char *const says[] = {
		"$-1\r\n",
		"*-1\r\n",
		"*0\r\n",
		":-9223372036854775808\r\n",
		"+words\r\n",
		"$0\r\n\r\n",
		"-ERR no\r\n",
		"*2\r\n:1\r\n:2\r\n",
		"*2\r\n$-1\r\n$-1\r\n",
		"*2\r\n*0\r\n*0\r\n",
		"*2\r\n$20\r\n18446744073709551615\r\n$1\r\n1\r\n",
		"*2\r\n$16\r\n9223372036854775\r\n$6\r\n800000\r\n",
		"*2\r\n$1\r\n0\r\n*1\r\n:7\r\n",
		"*2\r\n$1\r\n0\r\n*1\r\n$-1\r\n",
		"*2\r\n$1\r\n0\r\n*1\r\n*1\r\n$-1\r\n",
		"*2\r\n$30\r\n123456789012345678901234567890\r\n*0\r\n",
		"$11\r\n\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\r\n",
	};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		for (size_t k = 0; k < sizeof(says) / sizeof(says[0]); k++) {
			load_again(&r);
			load_answer(&r, commands[i], says[k],
				    FAKE_REDIS_GOES_ON);
			if (k + 1 == sizeof(says) / sizeof(says[0]))
				r.own[0].len = 18;
			run_all(&r);
			assert_true(!err_is(&r.err) || r.err.api[0] != '\0');
		}
	}
	load_fini(&r);
}

/* The same while keys are looked at that are in the way. */
static void test_nonsense_instead_of_names(void **state)
{
	static const char *const says[] = {
		"*2\r\n$1\r\n0\r\n*1\r\n:7\r\n",
		"*2\r\n$1\r\n0\r\n*1\r\n$-1\r\n",
		"*2\r\n$1\r\n0\r\n*1\r\n-ERR\r\n",
		"*2\r\n$-1\r\n*0\r\n",
		"*2\r\n$1\r\n0\r\n$-1\r\n",
		"$-1\r\n",
	};
	static const char info[] = "$21\r\ndb0:keys=1,expires=0\n\r\n";
	static const char *const patterns[] = {"user:*", "cart:*"};
	static const struct source_scope scope = {.keys = patterns, .nkeys = 2};
	struct load_rig r;

	(void)state;
	load_init(&r);
	r.config.scope = &scope;
	for (size_t i = 0; i < sizeof(says) / sizeof(says[0]); i++) {
		load_again(&r);
		load_answer(&r, "SCAN 0", says[i], FAKE_REDIS_GOES_ON);
		load_answer(&r, "INFO", info, FAKE_REDIS_GOES_ON);
		load_check(&r);
		load_expect(&r, ERR_REMOTE, "target_failed", "SCAN");
	}
	load_fini(&r);
}

/* Keys that fit go before those of the backup come, and no others. */
static void test_keys_in_the_way(void **state)
{
	static const char names[] = "*2\r\n$1\r\n0\r\n*2\r\n$6\r\nuser:5\r\n"
				    "$5\r\nother\r\n";
	static const char info[] = "$21\r\ndb0:keys=2,expires=0\n\r\n";
	static const char *const patterns[] = {"user:*", "cart:*"};
	static const char *const confirm[] = {"0"};
	static const struct source_scope scope = {.keys = patterns, .nkeys = 2};
	struct load_rig r;

	(void)state;
	load_init(&r);
	r.config.scope = &scope;
	for (int i = 0; i < 3; i++) {
		load_again(&r);
		r.config.is_overwrite = i > 0;
		r.config.confirm = confirm;
		r.config.nconfirm = i > 1;
		load_answer(&r, "SCAN 0", names, FAKE_REDIS_GOES_ON);
		load_answer(&r, "INFO", info, FAKE_REDIS_GOES_ON);
		load_check(&r);
		load_expect_success(&r);
		assert_string_equal(r.finding, i == 0	? "target_not_empty"
					       : i == 1 ? "confirm_required"
							: "");
	}
	load_restore(&r);
	load_expect_success(&r);
	assert_int_equal(load_count(&r, "UNLINK"), 1);
	assert_int_equal(load_count(&r, "UNLINK user:5\n"), 1);
	assert_int_equal(r.nkeys, 3);
	load_fini(&r);
}

/* Where its length is known it is told before anything is written, else
 * before it is gathered. */
static void test_a_value_longer_than_the_target_takes(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	text_reset(&r.rdb);
	make_large_sample(&r.rdb);
	r.databases[0] = "1";
	r.piece = 10000;
	for (int is_known = 0; is_known < 2; is_known++) {
		load_again(&r);
		r.config.max_statement_bytes = is_known ? 2 * FRAME_BYTES : 0;
		load_answer(&r, "CONFIG GET proto",
			    "*2\r\n$18\r\nproto-max-bulk-len\r\n$7\r\n"
			    "1048576\r\n",
			    FAKE_REDIS_GOES_ON);
		load_check(&r);
		load_expect_success(&r);
		assert_string_equal(r.finding,
				    is_known ? "target_incompatible" : "");
	}
	r.config.max_statement_bytes = 0;
	load_again(&r);
	load_answer(&r, "CONFIG GET proto",
		    "*2\r\n$18\r\nproto-max-bulk-len\r\n$7\r\n1048576\r\n",
		    FAKE_REDIS_GOES_ON);
	load_check(&r);
	load_restore(&r);
	load_expect(&r, ERR_CONFLICT, "target_incompatible",
		    "raise its proto-max-bulk-len");
	load_fini(&r);
}

static void test_a_backup_that_ends_early(void **state)
{
	struct load_rig r;
	size_t whole;

	(void)state;
	load_init(&r);
	whole = r.rdb.len;
	for (r.rdb.len = 0; r.rdb.len < whole; r.rdb.len++) {
		load_again(&r);
		load_restore(&r);
		load_expect(&r, ERR_DAMAGED, "damaged_backup",
			    "before its end mark");
	}
	load_fini(&r);
}

/* A byte that is another: the checksum tells, if nothing does before. */
static void test_a_backup_with_another_byte(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < r.rdb.len; i++) {
		r.rdb.data[i] ^= 0x41;
		load_again(&r);
		r.piece = i % 5 + 1;
		load_restore(&r);
		r.rdb.data[i] ^= 0x41;
		assert_true(err_is(&r.err));
	}
	load_fini(&r);
}

/* What the index tells of is not what came: no look at the target is needed. */
static void test_another_index(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	load_restore(&r);
	load_expect_success(&r);
	r.tallies.list[0].keys++;
	load_verify(&r);
	load_expect(&r, ERR_DAMAGED, "verification_failed",
		    "its index tells of 4");
	load_fini(&r);
}

static void turns(struct load_rig *r, unsigned n)
{
	while (n-- > 0 && r->calls == 0)
		(void)event_base_loop(loop_base(r->loop), EVLOOP_ONCE);
}

/* Gone after so many turns; true: it was over before. */
static bool cancel_sink(struct load_rig *r, unsigned n, enum item_kind kind)
{
	struct pipeline *p = load_restore_begin(r, kind);

	assert_non_null(p);
	turns(r, n);
	pipeline_free(p);
	return r->calls > 0;
}

static bool cancel_op(struct load_rig *r, struct source_op *op, unsigned n)
{
	assert_non_null(op);
	turns(r, n);
	if (r->calls > 0)
		return true;
	source_op_cancel(op);
	return false;
}

/* Whatever it was about, nothing runs afterwards. */
static void test_cancelled_in_each_state(void **state)
{
	struct load_rig r;
	bool is_over = false;

	(void)state;
	load_init(&r);
	for (unsigned n = 0; !is_over; n++) {
		unsigned calls;

		load_again(&r);
		r.piece = 20;
		is_over = cancel_op(&r, load_check_begin(&r), n);
		is_over = cancel_sink(&r, n, ITEM_SCHEMA) && is_over;
		is_over = cancel_sink(&r, n, ITEM_DATA) && is_over;
		load_again(&r);
		load_restore(&r);
		load_expect_success(&r);
		load_hold(&r);
		is_over = cancel_op(&r, load_verify_begin(&r), n) && is_over;
		calls = r.calls;
		(void)event_base_loop(loop_base(r.loop), EVLOOP_NONBLOCK);
		assert_int_equal(r.calls, calls);
		assert_true(n < 1000);
	}
	load_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refusals_say_what_to_do),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_a_database_that_cannot_be_selected),
		cmocka_unit_test(test_nonsense_of_all_kinds),
		cmocka_unit_test(test_nonsense_instead_of_names),
		cmocka_unit_test(test_keys_in_the_way),
		cmocka_unit_test(test_a_value_longer_than_the_target_takes),
		cmocka_unit_test(test_a_backup_that_ends_early),
		cmocka_unit_test(test_a_backup_with_another_byte),
		cmocka_unit_test(test_another_index),
		cmocka_unit_test(test_cancelled_in_each_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
