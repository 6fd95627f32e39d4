/*
 * What is no RDB file, or was one: a thousand damages, lengths that lie, what
 * nobody knows yet, and no memory. Nothing crashes, nothing passes for whole.
 */
#include "test_redis_rdb_rig.h"

#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* How many allocations succeed yet; below zero all do. */
static long left = -1;
/* The largest that was asked for. */
static size_t largest;

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool refuse(size_t size)
{
	if (size > largest)
		largest = size;
	if (left < 0)
		return false;
	return left-- == 0;
}

void *__wrap_malloc(size_t size)
{
	return refuse(size) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse(n * size) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return refuse(size) ? NULL : __real_realloc(p, size);
}

/* Numbers that are the same in each run. */
static uint64_t seed = 1;

static uint64_t draw(uint64_t below)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (seed >> 33) % below;
}

static void swap_runs(struct bytes *b)
{
	size_t n = 1 + draw(64), x = draw(b->len - n), y = draw(b->len - n);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = b->p[x + i];

		b->p[x + i] = b->p[y + i];
		b->p[y + i] = c;
	}
}

static void cut_out(struct bytes *b)
{
	size_t n = 1 + draw(64), x = draw(b->len - n);

	memmove(b->p + x, b->p + x + n, b->len - x - n);
	b->len -= n;
}

/* Each is another file than the one that it is made of. */
static void damage(struct bytes *b)
{
	switch (draw(5)) {
	case 0:
		b->p[draw(b->len)] ^= (unsigned char)(1 << draw(8));
		break;
	case 1:
		b->p[draw(b->len)] ^= (unsigned char)(1 + draw(255));
		break;
	case 2:
		b->len = draw(b->len);
		break;
	case 3:
		swap_runs(b);
		break;
	default:
		cut_out(b);
		break;
	}
}

static void read_damaged(const struct bytes *b, bool must_fail)
{
	struct reading r;

	read_all(&r, b->p, b->len, draw(2) ? 0 : 1 + draw(5000));
	if (must_fail)
		assert_false(r.ends_well && r.e.code == ERR_NONE);
	if (r.e.code != ERR_NONE) {
		assert_int_equal(r.e.code, ERR_DAMAGED);
		assert_string_equal(r.e.api, "damaged_stream");
	}
	reading_fini(&r);
}

/* Also with a checksum that fits: what is read then is all foreign. */
static void damage_often(const char *name, unsigned times)
{
	struct bytes whole = load_file(name);
	struct bytes b = {.p = malloc(whole.len)};

	assert_non_null(b.p);
	for (unsigned i = 0; i < times; i++) {
		b.len = whole.len;
		memcpy(b.p, whole.p, b.len);
		damage(&b);
		if (b.len == whole.len && memcmp(b.p, whole.p, b.len) == 0)
			continue;
		read_damaged(&b, true);
		if (b.len < 20)
			continue;
		sign_again(&b);
		read_damaged(&b, false);
	}
	free(b.p);
	free(whole.p);
}

static void a_thousand_damages_are_refused(void **state)
{
	(void)state;
	damage_often("small.rdb", 250);
	damage_often("middle.rdb", 100);
	damage_often("tables.rdb", 50);
	damage_often("databases.rdb", 200);
	damage_often("old.rdb", 200);
	damage_often("new.rdb", 150);
	damage_often("valkey.rdb", 50);
}

/* A header and a database, then these bytes. */
static void read_tail(struct reading *r, const void *tail, size_t len)
{
	static const char head[] = "REDIS0012\xfe\x00";
	struct bytes b = {.len = sizeof(head) - 1 + len};

	b.p = malloc(b.len);
	assert_non_null(b.p);
	memcpy(b.p, head, sizeof(head) - 1);
	memcpy(b.p + sizeof(head) - 1, tail, len);
	read_all(r, b.p, b.len, 0);
	free(b.p);
}

#define HUGE	 "\x81\x7f\xff\xff\xff\xff\xff\xff\xff"
#define FOUR_GIB "\x81\x00\x00\x00\x00\xff\xff\xff\xff"

/* They promise more than ever comes: nothing is set aside for it. */
static void lengths_that_lie_take_no_memory(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define CASE(s) {s, sizeof(s) - 1}
		CASE("\x00" HUGE "name"),
		CASE("\x00" FOUR_GIB "name"),
		CASE("\x00\x80\x02\x00\x00\x00name"),
		CASE("\x00\x01k" HUGE "value"),
		CASE("\x00\x01k" FOUR_GIB "value"),
		CASE("\x00\x01k\xc3\x05\x81\x00\x00\x00\x00\x00\x00\x01\xb8"
		     "12345"),
		CASE("\x01\x01k" HUGE "\x01x"),
		CASE("\x02\x01k" HUGE "\x01x\x02yz"),
		CASE("\x03\x01k" HUGE "\x01x\x01"
		     "5"),
		CASE("\x04\x01k" HUGE "\x01x\x01y"),
		CASE("\x05\x01k" HUGE "\x01x12345678"),
		CASE("\x07\x01k" HUGE "\x05" HUGE "abc"),
		CASE("\x09\x01k\x80\x03\x00\x00\x00\x02"),
		CASE("\x0b\x01k\x08\x02\x00\x00\x00\xff\xff\xff\x7f"),
		CASE("\x0e\x01k" HUGE),
		CASE("\x0f\x01k" HUGE "\x10"),
		CASE("\x10\x01k\x80\x03\xff\xff\xff\xff\xff\xff\xff"),
		CASE("\x12\x01k" HUGE "\x02\x80\x03\xff\xff\xff"),
		CASE("\x15\x01k\x00" HUGE HUGE HUGE),
		CASE("\x18\x01k"
		     "12345678" HUGE "\x00\x01x"),
		CASE("\xfa" HUGE "x"),
		CASE("\xf5" HUGE "x"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r;

		largest = 0;
		read_tail(&r, cases[i].bytes, cases[i].len);
		assert_false(r.is_over || r.ends_well);
		if (largest > 200000)
			fail_msg("case %zu took %zu bytes", i, largest);
		reading_fini(&r);
	}
}

/* So many that a loop over them would not end today. */
static void counts_without_bytes_do_not_spin(void **state)
{
	/* A listpack in a stream that promises 2^62 fields. */
	static const char stream[] =
		"\x15\x01k\x01\x10"
		"0123456789abcdef"
		"\x14\x14\x00\x00\x00\xff\xff\x00\x01\x00\x01"
		"\xf4\xff\xff\xff\xff\xff\xff\xff\x3f\x09\xff";
	struct reading r;

	(void)state;
	read_tail(&r, stream, sizeof(stream) - 1);
	assert_int_equal(r.e.code, ERR_DAMAGED);
	assert_non_null(strstr(r.e.msg, "stream"));
	reading_fini(&r);
}

static void refused_at_once(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} cases[] = {
#define CASE(s) {s, sizeof(s) - 1}
		CASE("\x00\x01k\xc4"),		    /* no form of a string */
		CASE("\x00\x01k\x82"),		    /* no length */
		CASE("\x00\x01k\xc3\x01\x7f\x00"),  /* 1 byte into 127 */
		CASE("\x00\x01k\xc3\x02\x05\x00x"), /* gives 1, not 5 */
		CASE("\x00\x01k\xc3\x03\x05\x20\x00x"), /* before its begin */
		CASE("\x03\x01k\x01\x01m\x01?"),	/* no score */
		CASE("\x07\x01k\x01\x06"),		/* no piece */
		CASE("\xf7\x01\x01\x01\x00"),		/* no number of when */
		CASE("\x0b\x01k\x08\x03\x00\x00\x00\x00\x00\x00\x00"),
		CASE("\x0b\x01k\x0a\x02\x00\x00\x00\x02\x00\x00\x00\x01\x00"),
		CASE("\x10\x01k\x07\x07\x00\x00\x00\x01\x00\xff"), /* empty */
		CASE("\x10\x01k\x08\x08\x00\x00\x00\x01\x00\x01\xff"),
		CASE("\x10\x01k\x09\x09\x00\x00\x00\x01\x00\x01\x02\xff"),
		CASE("\x10\x01k\x09\x09\x00\x00\x00\x01\x00\x01\x01\xff"),
		CASE("\x0d\x01k\x0d\x0d\x00\x00\x00\x0a\x00\x00\x00\x01\x00"
		     "\x03\xf1\xff"), /* a false length of the one before */
		CASE("\x12\x01k\x01\x03\x01x"), /* no form of a node */
		CASE("\xfc\x01\x02\x03\x04\x05\x06\x07\x08\xff"),
		CASE("\xfe\x81\x00\x00\x00\x01\x00\x00\x00\x00"),
		CASE("\xff\x01\x02\x03\x04\x05\x06\x07\x08"),
		CASE("\xff\x00\x00\x00\x00\x00\x00\x00\x00"
		     "more"),
#undef CASE
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r;

		read_tail(&r, cases[i].bytes, cases[i].len);
		if (r.e.code != ERR_DAMAGED)
			fail_msg("case %zu is taken", i);
		assert_false(r.is_over || r.ends_well);
		assert_string_equal(r.e.api, "damaged_stream");
		reading_fini(&r);
	}
}

static void no_header(void **state)
{
	static const char *const cases[] = {
		"REDIS0000", "REDIS00x1", "redis0011",
		"VALKEY08x", "VALKEY000", "*3\r\n$3\r\nS",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r;

		read_all(&r, cases[i], strlen(cases[i]), 1);
		assert_int_equal(r.e.code, ERR_DAMAGED);
		assert_non_null(strstr(r.e.msg, "does not begin"));
		reading_fini(&r);
	}
}

static bool take_end(void *arg, const struct rdb_record *r,
		     const struct digest *digest, struct err *e)
{
	(void)arg;
	(void)r;
	(void)digest;
	(void)e;
	return true;
}

/* It stays failed, whatever comes. */
static void a_failure_stays(void **state)
{
	struct rdb_events events = {.on_end = take_end};
	struct err e = {0}, again = {0};
	struct rdb_reader *r = rdb_new(&events, NULL, &e);

	(void)state;
	assert_non_null(r);
	assert_false(rdb_feed(r, "nonsense!", 9, &e));
	assert_false(rdb_feed(r, "REDIS0011", 9, &again));
	assert_string_equal(again.api, "damaged_stream");
	assert_false(rdb_is_over(r) || rdb_ends_well(r));
	rdb_free(r);
}

/* Puts a file together whose second key is of a type that nobody knows. */
static struct bytes make_strange(const char *tail, size_t len)
{
	static const char head[] =
		"REDIS0012\xfe\x00\x00\x01k\x01v\xfc\x01\x02\x03\x04\x05\x06"
		"\x07\x08";
	struct bytes b = {.len = sizeof(head) - 1 + len + 9};

	b.p = malloc(b.len);
	assert_non_null(b.p);
	memcpy(b.p, head, sizeof(head) - 1);
	memcpy(b.p + sizeof(head) - 1, tail, len);
	b.p[b.len - 9] = 0xff;
	sign_again(&b);
	return b;
}

static void check_strange(const struct bytes *b, const char *what)
{
	struct reading whole, other;

	read_all(&whole, b->p, b->len, 0);
	assert_int_equal(whole.e.code, ERR_NONE);
	assert_string_equal(whole.opaque, what);
	assert_true(whole.ends_well);
	assert_false(whole.is_over);
	assert_non_null(find_key(&whole, "k", 1));
	for (size_t piece = 1; piece < 30; piece++) {
		read_all(&other, b->p, b->len, piece);
		assert_same_reading(&whole, &other);
		reading_fini(&other);
	}
	for (size_t len = 0; len < b->len; len++) {
		read_all(&other, b->p, len, len % 3);
		assert_false(other.ends_well);
		reading_fini(&other);
	}
	for (size_t i = 9; i < b->len; i++) {
		b->p[i] ^= 1;
		read_all(&other, b->p, b->len, 0);
		assert_false(other.ends_well);
		reading_fini(&other);
		b->p[i] ^= 1;
	}
	reading_fini(&whole);
}

static void what_is_not_known_is_followed_to_its_end(void **state)
{
	static const char type[] = "\x1e\x03xyz the value of something new";
	static const char opcode[] = "\xf3\x28 a slot's import";
	static const char long_name[] = "\x00\x80\x05\x00\x00\x00"
					"abc";
	static const char module[] = "\x06\x01m\x01\x02\x03";
	struct bytes b = make_strange(type, sizeof(type) - 1);

	(void)state;
	check_strange(&b, "type 30 at offset 25");
	free(b.p);
	b = make_strange(opcode, sizeof(opcode) - 1);
	check_strange(&b, "type 243 at offset 25");
	free(b.p);
	b = make_strange(module, sizeof(module) - 1);
	check_strange(&b, "type 6 at offset 25");
	free(b.p);
	b = make_strange(long_name, sizeof(long_name) - 1);
	check_strange(&b, "83886080 bytes in one piece at offset 26");
	free(b.p);
}

/* What the events refuse ends the reading, with their words. */
static bool refuse_end(void *arg, const struct rdb_record *r,
		       const struct digest *digest, struct err *e)
{
	(void)digest;
	if (r->kind != *(enum rdb_record_kind *)arg)
		return true;
	return err_set(e, ERR_REMOTE, "store_failed", "enough");
}

static bool refuse_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	return refuse_end(arg, r, NULL, e);
}

static void events_may_end_it(void **state)
{
	static const struct rdb_events cases[] = {
		{.on_end = refuse_end},
		{.on_begin = refuse_begin, .on_end = take_end},
	};
	struct bytes b = load_file("databases.rdb");

	(void)state;
	for (int kind = RDB_RECORD_HEADER; kind <= RDB_RECORD_END; kind++)
		for (size_t i = 0; i < 2; i++) {
			enum rdb_record_kind which = (enum rdb_record_kind)kind;
			struct err e = {0};
			struct rdb_reader *r = rdb_new(&cases[i], &which, &e);

			assert_non_null(r);
			assert_false(rdb_feed(r, b.p, b.len, &e));
			assert_string_equal(e.msg, "enough");
			assert_false(rdb_is_over(r));
			rdb_free(r);
		}
	free(b.p);
}

static void bad_payloads(void **state)
{
	struct bytes b = {.p = NULL};
	struct digest d = {0};
	enum rdb_type type;
	struct err e = {0};
	static const char value[] = "\x00\x05hello\x0a\x00........";
	static const char strange[] = "\x1e\x05hello\x0c\x00........";
	static const char more[] = "\x00\x04hello\x0a\x00........";
	static const char less[] = "\x00\x06hello\x0a\x00........";
	static const struct {
		const char *bytes;
		enum err_code code;
	} cases[] = {{value, ERR_NONE},
		     {strange, ERR_INVALID},
		     {more, ERR_DAMAGED},
		     {less, ERR_DAMAGED}};

	(void)state;
	b.len = sizeof(value) - 1;
	b.p = malloc(b.len);
	assert_non_null(b.p);
	for (size_t i = 0; i < 4; i++) {
		struct err wrong = {0};

		memcpy(b.p, cases[i].bytes, b.len);
		assert_false(rdb_payload_digest(
			b.p, b.len,
			&(struct rdb_record){
				.name = "k", .name_len = 1, .expires_at = -1},
			&d, &type, &wrong));
		assert_int_equal(wrong.code, ERR_DAMAGED);
		sign_again(&b);
		e = (struct err){0};
		assert_int_equal(rdb_payload_digest(
					 b.p, b.len,
					 &(struct rdb_record){.name = "k",
							      .name_len = 1,
							      .expires_at = -1},
					 &d, &type, &e),
				 cases[i].code == ERR_NONE);
		assert_int_equal(e.code, cases[i].code);
	}
	for (size_t len = 0; len < 11; len++)
		assert_false(rdb_payload_digest(
			b.p, len,
			&(struct rdb_record){
				.name = "k", .name_len = 1, .expires_at = -1},
			&d, &type, &e));
	free(b.p);
}

static void damaged_payloads(void **state)
{
	struct bytes b = load_file("small.dumps"), one = {.p = NULL};
	size_t at = 0;

	(void)state;
	one.p = malloc(b.len);
	assert_non_null(one.p);
	while (at < b.len) {
		uint32_t name_len, len;

		memcpy(&name_len, b.p + at, 4);
		at += 4 + name_len;
		memcpy(&len, b.p + at, 4);
		at += 4;
		for (unsigned i = 0; i < 20; i++) {
			struct digest d = {0};
			enum rdb_type type;
			struct err e = {0};

			one.len = len;
			memcpy(one.p, b.p + at, len);
			one.p[draw(len - 10)] ^= (unsigned char)(1 + draw(255));
			assert_false(rdb_payload_digest(
				one.p, len,
				&(struct rdb_record){.name = "k",
						     .name_len = 1,
						     .expires_at = -1},
				&d, &type, &e));
			sign_again(&one);
			e = (struct err){0};
			if (!rdb_payload_digest(
				    one.p, len,
				    &(struct rdb_record){.name = "k",
							 .name_len = 1,
							 .expires_at = -1},
				    &d, &type, &e))
				assert_true(e.code == ERR_DAMAGED ||
					    e.code == ERR_INVALID);
		}
		at += len;
	}
	free(one.p);
	free(b.p);
}

/* The n-th allocation fails, for all n. */
static void without_memory(void **state)
{
	static const char *const names[] = {"small.rdb", "new.rdb"};
	struct err e = {0};

	(void)state;
	for (size_t f = 0; f < 2; f++) {
		struct bytes b = load_file(names[f]);
		long n = 0;

		do {
			struct reading r;

			left = n++;
			read_all(&r, b.p, b.len, 3000);
			e = r.e;
			if (left < 0)
				assert_int_equal(e.code, ERR_NOMEM);
			else
				assert_true(r.is_over);
			reading_fini(&r);
		} while (left < 0);
		left = -1;
		assert_true(n > 20);
		free(b.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thousand_damages_are_refused),
		cmocka_unit_test(lengths_that_lie_take_no_memory),
		cmocka_unit_test(counts_without_bytes_do_not_spin),
		cmocka_unit_test(refused_at_once),
		cmocka_unit_test(no_header),
		cmocka_unit_test(a_failure_stays),
		cmocka_unit_test(what_is_not_known_is_followed_to_its_end),
		cmocka_unit_test(events_may_end_it),
		cmocka_unit_test(bad_payloads),
		cmocka_unit_test(damaged_payloads),
		cmocka_unit_test(without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
