/* test_redis_load.c - restores into a target that does what it should, and
 * into such that hold something else in the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "loop/loop.h"
#include "sources/redis/rdb/payload.h"
#include "test_redis_dump_rig.h"
#include "test_redis_load_rig.h"

static struct load_key *key(struct load_rig *r, const char *name)
{
	for (size_t i = 0; i < r->nkeys; i++) {
		if (strcmp(r->keys[i].name, name) == 0)
			return &r->keys[i];
	}
	fail_msg("not restored: %s", name);
	return NULL;
}

static void expect_digest(const struct load_rig *r, uint32_t database)
{
	struct digest have = load_digest(r);

	for (size_t i = 0; i < r->tallies.n; i++) {
		const struct rdb_tally *t = &r->tallies.list[i];

		if (t->database != database)
			continue;
		assert_int_equal(t->keys, r->nkeys);
		assert_true(digest_equal(&t->digest, &have));
		return;
	}
	fail_msg("the file has no such database");
}

/* However the file is cut: each payload has its version, its checksum and the
 * value of the file. */
static void test_payloads_are_right(void **state)
{
	static const size_t pieces[] = {1, 2, 7, 64, FRAME_BYTES};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		const struct text *p;

		load_again(&r);
		r.piece = pieces[i];
		load_restore(&r);
		load_expect_success(&r);
		expect_digest(&r, 0);
		p = &key(&r, "user:1")->payload;
		assert_int_equal(p->len, 1 + 1 + 3 + 10);
		assert_memory_equal(p->data, "\0\3ann\x0a\0", 7);
		assert_int_equal(key(&r, "user:1")->expires_at, 0);
		assert_int_equal(key(&r, "user:2")->expires_at, 4102444800000);
		assert_int_equal(load_count(&r, "SELECT 0"), 1);
		assert_int_equal(load_count(&r, "SELECT"), 1);
	}
	load_fini(&r);
}

/* A payload of functions: their records, version, checksum over all. */
static void test_functions_are_restored_once(void **state)
{
	static const size_t pieces[] = {1, FRAME_BYTES};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < 2; i++) {
		uint64_t crc;

		load_again(&r);
		r.piece = pieces[i];
		load_restore(&r);
		load_expect_success(&r);
		assert_int_equal(load_count(&r, "FUNCTION RESTORE"), 1);
		assert_int_equal(r.functions.len, 2 + 14 + 10);
		assert_memory_equal(r.functions.data, "\xf5\x0e#!lua name=lib",
				    16);
		crc = rdb_crc64(0, r.functions.data, 18);
		assert_memory_equal(r.functions.data + 18, &crc, 8);
	}
	load_fini(&r);
}

static void test_long_values_span_frames(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	text_reset(&r.rdb);
	make_large_sample(&r.rdb);
	r.databases[0] = "1";
	r.piece = 100000;
	load_again(&r);
	load_restore(&r);
	load_expect_success(&r);
	expect_digest(&r, 1);
	assert_true(key(&r, "key:20")->payload.len > 2 * (size_t)FRAME_BYTES);
	load_fini(&r);
}

/* Of many commands on their way it is known which are keys. */
static void test_keys_are_counted(void **state)
{
	enum { KEYS = 9000 };
	struct load_rig r;
	char name[16];

	(void)state;
	load_init(&r);
	text_reset(&r.rdb);
	make_begin(&r.rdb);
	for (int i = 0; i < KEYS; i++) {
		if (i % 3000 == 0)
			make_select(&r.rdb, (unsigned)i / 3000 % 2);
		(void)snprintf(name, sizeof(name), "key:%d", i);
		make_key(&r.rdb, name, "x");
	}
	make_end(&r.rdb);
	r.databases[1] = "1";
	r.config.ndatabases = 2;
	r.piece = 3000;
	load_again(&r);
	load_restore(&r);
	load_expect_success(&r);
	assert_int_equal(r.nkeys + r.nmore, KEYS);
	assert_int_equal(r.load->ops->facts(r.load)->rows_committed, KEYS);
	assert_int_equal(load_count(&r, "SELECT"), 3);
	load_fini(&r);
}

static void restore(struct load_rig *r)
{
	load_check(r);
	load_expect_success(r);
	assert_string_equal(r->finding, "");
	load_restore(r);
	load_expect_success(r);
	assert_int_equal(r->nkeys, 3);
}

static void test_what_came_is_verified(void **state)
{
	struct load_rig r;
	const struct load_facts *f;

	(void)state;
	load_init(&r);
	restore(&r);
	load_hold(&r);
	load_verify(&r);
	load_expect_success(&r);
	f = r.load->ops->facts(r.load);
	assert_int_equal(f->keys_verified, 3);
	assert_int_equal(f->tables_verified, 1);
	assert_int_equal(f->expired, 0);
	load_fini(&r);
}

static void lack_one(struct load_rig *r)
{
	r->nkeys--;
	load_hold(r);
	r->nkeys++;
}

static void swap_values(struct load_rig *r)
{
	struct text first = key(r, "user:1")->payload;

	key(r, "user:1")->payload = key(r, "cart:1")->payload;
	key(r, "cart:1")->payload = first;
	load_hold(r);
}

static void expire_later(struct load_rig *r)
{
	key(r, "user:2")->expires_at++;
	load_hold(r);
}

static void never_expire(struct load_rig *r)
{
	key(r, "user:2")->expires_at = 0;
	load_hold(r);
}

static void expire_one(struct load_rig *r)
{
	key(r, "user:1")->expires_at = 4102444800000;
	load_hold(r);
}

static void have_another_name(struct load_rig *r)
{
	key(r, "user:1")->name[5] = '7';
	load_hold(r);
}

static void lose_one_meanwhile(struct load_rig *r)
{
	load_answer(r, "DUMP cart:1", "$-1\r\n", FAKE_REDIS_GOES_ON);
	load_hold(r);
}

/* Three looks, and then it says what is wrong. */
static void test_what_differs_is_seen(void **state)
{
	static void (*const changes[])(struct load_rig * r) = {
		lack_one,   swap_values,       expire_later,	  never_expire,
		expire_one, have_another_name, lose_one_meanwhile};
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		load_again(&r);
		restore(&r);
		changes[i](&r);
		load_verify(&r);
		load_expect(&r, ERR_DAMAGED, "verification_failed",
			    "database 0 holds");
		assert_int_equal(load_count(&r, "SCAN 0"), 3);
	}
	load_fini(&r);
}

/* So many keys gone as there can be: their time has come since. */
static void test_what_expired_is_counted(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	restore(&r);
	load_answer(&r, "TIME", "*2\r\n$10\r\n4102444800\r\n$1\r\n5\r\n",
		    FAKE_REDIS_GOES_ON);
	load_answer(&r, "PEXPIRETIME user:2", ":-2\r\n", FAKE_REDIS_GOES_ON);
	load_answer(&r, "DUMP user:2", "$-1\r\n", FAKE_REDIS_GOES_ON);
	load_hold(&r);
	load_verify(&r);
	load_expect_success(&r);
	assert_int_equal(r.load->ops->facts(r.load)->expired, 1);
	load_fini(&r);
}

/* By the target's clock, not by ours: behind it, its keys die as well. */
static void test_the_targets_clock_counts(void **state)
{
	struct load_rig r;

	(void)state;
	load_init(&r);
	text_reset(&r.rdb);
	make_begin(&r.rdb);
	make_select(&r.rdb, 0);
	make_key(&r.rdb, "stays", "x");
	make_key_until(&r.rdb, "goes", "y", 1700000002000);
	make_key_until(&r.rdb, "gone", "z", 1700000000000);
	make_end(&r.rdb);
	load_again(&r);
	load_check(&r); /* TIME says 1700000000 */
	load_restore(&r);
	load_expect_success(&r);
	assert_int_equal(r.nkeys, 2);
	assert_int_equal(r.load->ops->facts(r.load)->expired, 1);
	load_answer(&r, "TIME", "*2\r\n$10\r\n1700000003\r\n$1\r\n5\r\n",
		    FAKE_REDIS_GOES_ON);
	load_answer(&r, "PEXPIRETIME goes", ":-2\r\n", FAKE_REDIS_GOES_ON);
	load_hold(&r);
	load_verify(&r);
	load_expect_success(&r);
	assert_int_equal(r.load->ops->facts(r.load)->expired, 2);
	load_fini(&r);
}

/* A server before 7.0 tells how long a key has, not until when. */
static void test_old_servers_count_what_expires(void **state)
{
	static const char info[] = "$22\r\nredis_version:6.2.14\r\n\r\n";
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (int is_lost = 0; is_lost < 2; is_lost++) {
		load_again(&r);
		load_answer(&r, "INFO", info, FAKE_REDIS_GOES_ON);
		load_answer(&r, "PTTL user:2",
			    is_lost ? ":-2\r\n" : ":99999\r\n",
			    FAKE_REDIS_GOES_ON);
		load_answer(&r, "PTTL", ":-1\r\n", FAKE_REDIS_GOES_ON);
		r.config.source_version = "6.2.0";
		load_check(&r);
		load_expect_success(&r);
		assert_string_equal(r.finding, "expiry_not_compared");
		load_restore(&r);
		load_hold(&r);
		load_verify(&r);
		if (is_lost)
			load_expect(&r, ERR_DAMAGED, "verification_failed",
				    "holds 0 keys that expire, the backup 1");
		else
			load_expect_success(&r);
	}
	load_fini(&r);
}

static void test_a_key_told_twice_is_looked_at_again(void **state)
{
	static const char twice[] = "*2\r\n$1\r\n0\r\n*4\r\n$6\r\nuser:1\r\n"
				    "$6\r\nuser:1\r\n$6\r\nuser:2\r\n"
				    "$6\r\ncart:1\r\n";
	struct load_rig r;

	(void)state;
	load_init(&r);
	for (unsigned times = 1; times < 4; times++) {
		load_again(&r);
		restore(&r);
		load_answer(&r, "SCAN 0", twice, FAKE_REDIS_GOES_ON);
		r.own[0].times = times;
		load_hold(&r);
		load_verify(&r);
		if (times < 3)
			load_expect_success(&r);
		else
			load_expect(&r, ERR_DAMAGED, "verification_failed",
				    "holds 3 keys that do not expire, the "
				    "backup 2");
		assert_int_equal(load_count(&r, "SCAN 0"),
				 times < 3 ? times + 1 : 3);
	}
	load_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_payloads_are_right),
		cmocka_unit_test(test_functions_are_restored_once),
		cmocka_unit_test(test_long_values_span_frames),
		cmocka_unit_test(test_keys_are_counted),
		cmocka_unit_test(test_what_came_is_verified),
		cmocka_unit_test(test_what_differs_is_seen),
		cmocka_unit_test(test_what_expired_is_counted),
		cmocka_unit_test(test_the_targets_clock_counts),
		cmocka_unit_test(test_old_servers_count_what_expires),
		cmocka_unit_test(test_a_key_told_twice_is_looked_at_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
