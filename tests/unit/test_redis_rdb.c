/*
 * RDB files as servers write them (rdb_fixtures.py): read as a whole, byte by
 * byte, cut anywhere; the same values in different forms; DUMP's payloads.
 */
#include "test_redis_rdb_rig.h"

#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const files[] = {
	"small.rdb",	 "middle.rdb",	 "tables.rdb",
	"databases.rdb", "unsummed.rdb", "old.rdb",
	"oldest.rdb",	 "new.rdb",	 "valkey.rdb",
};
enum { FILES = sizeof(files) / sizeof(files[0]) };

/* Records lie end to end, from the first byte to the last. */
static void assert_no_gaps(const struct reading *r, size_t len)
{
	uint64_t at = 0;

	assert_string_equal(r->e.msg, "");
	assert_true(r->is_over && r->ends_well);
	for (size_t i = 0; i < r->n; i++) {
		assert_int_equal(r->list[i].record.begin, at);
		assert_true(r->list[i].record.end > at);
		at = r->list[i].record.end;
	}
	assert_int_equal(at, len);
	assert_int_equal(r->list[0].record.kind, RDB_RECORD_HEADER);
	assert_int_equal(r->list[r->n - 1].record.kind, RDB_RECORD_END);
}

static void pieces_of_any_size_tell_the_same(void **state)
{
	static const size_t sizes[] = {1, 2, 3, 7, 64, 1000, 4097, 65536};

	(void)state;
	for (size_t f = 0; f < FILES; f++) {
		struct bytes b = load_file(files[f]);
		struct reading whole, other;

		read_all(&whole, b.p, b.len, 0);
		assert_no_gaps(&whole, b.len);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			read_all(&other, b.p, b.len, sizes[i]);
			assert_same_reading(&whole, &other);
			reading_fini(&other);
		}
		reading_fini(&whole);
		free(b.p);
	}
}

/* Where everything lies is found without looking at the values. */
static void values_are_passed_over(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 7, 64, 1000, 4097, 65536};

	(void)state;
	for (size_t f = 0; f < FILES; f++) {
		struct bytes b = load_file(files[f]);
		struct reading whole, other;

		read_all(&whole, b.p, b.len, 0);
		for (size_t i = 0; i < whole.n; i++)
			whole.list[i].digest = (struct digest){0};
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			skim_all(&other, b.p, b.len, sizes[i]);
			assert_same_reading(&whole, &other);
			reading_fini(&other);
		}
		reading_fini(&whole);
		free(b.p);
	}
}

static void cut_at_any_place(void **state)
{
	struct bytes b = load_file("databases.rdb");
	struct reading whole, other;

	(void)state;
	read_all(&whole, b.p, b.len, 0);
	for (size_t at = 0; at <= b.len; at++) {
		read_split(&other, b.p, b.len, at);
		assert_same_reading(&whole, &other);
		reading_fini(&other);
		if (at == b.len)
			break;
		read_all(&other, b.p, at, 0);
		assert_string_equal(other.e.msg, "");
		assert_false(other.is_over || other.ends_well);
		reading_fini(&other);
	}
	reading_fini(&whole);
	free(b.p);
}

static void assert_same_keys(const struct reading *a, const struct reading *b)
{
	size_t keys = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct told *x = &a->list[i], *y;

		if (x->record.kind != RDB_RECORD_KEY)
			continue;
		y = find_key(b, x->name, x->record.name_len);
		assert_non_null(y);
		assert_int_equal(x->record.type, y->record.type);
		assert_int_equal(x->record.expires_at, y->record.expires_at);
		if (!digest_equal(&x->digest, &y->digest))
			fail_msg("%s has two digests", x->name);
		keys++;
	}
	assert_true(keys > 40);
}

/* True when one of the keys lies so in the file. */
static bool has_code(const struct reading *r, unsigned char code)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->list[i].record.kind == RDB_RECORD_KEY &&
		    r->list[i].record.code == code)
			return true;
	return false;
}

static void equal_values_in_any_form_have_one_digest(void **state)
{
	struct bytes a = load_file("small.rdb"), b = load_file("tables.rdb"),
		     c = load_file("middle.rdb");
	struct reading small, tables, middle;

	(void)state;
	read_all(&small, a.p, a.len, 0);
	read_all(&tables, b.p, b.len, 0);
	read_all(&middle, c.p, c.len, 0);
	assert_same_keys(&small, &tables);
	assert_same_keys(&small, &middle);
	/* The forms are there: intset, listpacks, tables. */
	assert_true(has_code(&small, 11) && has_code(&small, 16) &&
		    has_code(&small, 17) && has_code(&small, 18) &&
		    has_code(&small, 19) && has_code(&small, 5));
	assert_false(has_code(&tables, 11) || has_code(&tables, 16) ||
		     has_code(&tables, 17));
	reading_fini(&small);
	reading_fini(&tables);
	reading_fini(&middle);
	free(a.p);
	free(b.p);
	free(c.p);
}

/* Each key of the file that the other has too: the same digest. Returns how
 * many those are. */
static size_t count_same(const char *file, const struct reading *other)
{
	struct bytes b = load_file(file);
	struct reading r;
	size_t n = 0;

	read_all(&r, b.p, b.len, 0);
	assert_no_gaps(&r, b.len);
	for (size_t i = 0; i < r.n; i++) {
		const struct told *x = &r.list[i], *y;

		if (x->record.kind != RDB_RECORD_KEY)
			continue;
		y = find_key(other, x->name, x->record.name_len);
		if (!y)
			continue;
		assert_int_equal(x->record.type, y->record.type);
		assert_int_equal(x->record.expires_at, y->record.expires_at);
		if (!digest_equal(&x->digest, &y->digest))
			fail_msg("%s of code %u has another digest", x->name,
				 x->record.code);
		n++;
	}
	reading_fini(&r);
	free(b.p);
	return n;
}

static void old_and_new_forms_have_the_same_digests(void **state)
{
	struct bytes b = load_file("small.rdb"), c = load_file("valkey.rdb");
	struct reading small, valkey;

	(void)state;
	read_all(&small, b.p, b.len, 0);
	read_all(&valkey, c.p, c.len, 0);
	assert_int_equal(valkey.version, RDB_VERSION_VALKEY);
	assert_int_equal(count_same("old.rdb", &small), 11);
	assert_int_equal(count_same("oldest.rdb", &small), 1);
	assert_int_equal(count_same("new.rdb", &small), 5);
	assert_int_equal(count_same("new.rdb", &valkey), 4);
	reading_fini(&small);
	reading_fini(&valkey);
	free(b.p);
	free(c.p);
}

static void modules_are_counted_and_passed_over(void **state)
{
	static const struct digest none;
	struct bytes b = load_file("new.rdb");
	const struct told *t;
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 100);
	t = find_key(&r, "module", 6);
	assert_non_null(t);
	assert_int_equal(t->record.type, RDB_MODULE);
	assert_true(digest_equal(&t->digest, &none));
	assert_true(t->record.end - t->record.value_begin > 12000);
	assert_int_equal(r.list[2].record.kind, RDB_RECORD_AUX);
	assert_true(r.list[2].record.end - r.list[2].record.begin > 12000);
	reading_fini(&r);
	free(b.p);
}

static void an_expiry_in_seconds(void **state)
{
	struct bytes b = load_file("old.rdb");
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	assert_int_equal(find_key(&r, "seconds", 7)->record.expires_at,
			 2000000000000);
	reading_fini(&r);
	free(b.p);
}

static void add_member(struct digest *sum, const char *a, const char *b,
		       size_t b_len, unsigned columns)
{
	const char *values[] = {a, b, NULL};
	unsigned long lengths[] = {strlen(a), b_len, 0};

	digest_add_row(sum, values, lengths, columns);
}

static void assert_key(const struct reading *r, const char *name,
		       const char *const *values, const unsigned long *lengths,
		       unsigned columns)
{
	const struct told *t = find_key(r, name, strlen(name));
	struct digest d = {0};
	char left[DIGEST_HEX_MAX], right[DIGEST_HEX_MAX];

	assert_non_null(t);
	digest_add_row(&d, values, lengths, columns);
	assert_string_equal(digest_format(&d, left),
			    digest_format(&t->digest, right));
}

static void assert_summed(const struct reading *r, const char *name,
			  const char *type, uint64_t count,
			  const struct digest *sum)
{
	uint64_t words[] = {sum->low, sum->high};
	const char *values[] = {name, type, NULL, (const char *)&count,
				(const char *)words};
	unsigned long lengths[] = {strlen(name), strlen(type), 0, 8, 16};

	assert_key(r, name, values, lengths, 5);
}

/* As rdb.h and values.c word it: these are stored for years. */
static void canonical_forms(void **state)
{
	int64_t expiry = 33000000000000;
	const char *string[] = {"string", "string", (char *)&expiry, "a value"};
	unsigned long string_lengths[] = {6, 6, 8, 7};
	const char *list[] = {"list:small", "list", NULL,   "a",
			      "",	    "17",   "-3000"};
	unsigned long list_lengths[] = {10, 4, 0, 1, 0, 2, 5};
	double scores[] = {1, -__builtin_inf(), 2.5, 0, 1e300, __builtin_inf()};
	static const char *const members[] = {"a", "b", "", "7", "c", "d"};
	struct digest sum = {0};
	struct bytes b = load_file("small.rdb");
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	assert_key(&r, "string", string, string_lengths, 4);
	assert_key(&r, "list:small", list, list_lengths, 7);
	add_member(&sum, "1", NULL, 0, 1);
	add_member(&sum, "2", NULL, 0, 1);
	add_member(&sum, "3", NULL, 0, 1);
	assert_summed(&r, "set:small", "set", 3, &sum);
	sum = (struct digest){0};
	for (size_t i = 0; i < 6; i++)
		add_member(&sum, members[i], (char *)&scores[i], 8, 2);
	assert_summed(&r, "zset:small", "zset", 6, &sum);
	sum = (struct digest){0};
	add_member(&sum, "a", "1", 1, 3);
	add_member(&sum, "", "x", 1, 3);
	add_member(&sum, "12345", "", 0, 3);
	add_member(&sum, "z", "-129", 4, 3);
	assert_summed(&r, "hash:small", "hash", 4, &sum);
	reading_fini(&r);
	free(b.p);
}

/* The deleted entry 5-2 is not in it, nor when consumers were seen. */
static void canonical_form_of_a_stream(void **state)
{
	static const char id_5_1[] = "\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x01";
	static const char id_6_0[] = "\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0\0";
	static const char zero[8], one[8] = {1}, two[8] = {2}, three[8] = {3};
	int64_t time = 1700000000000;
	const char *values[] = {
		"stream:tiny", "stream", NULL,		id_5_1, two, "a",
		"1",	       "b",	 "two",		id_6_0, one, "c",
		"x",	       NULL,	 id_6_0,	one,	"g", id_5_1,
		one,	       id_5_1,	 (char *)&time, three,	two, "c",
		one,	       id_5_1,	 "d",		zero,
	};
	unsigned long lengths[] = {11, 6, 0, 16, 8,  1,	 1, 1,	3, 16,
				   8,  1, 1, 0,	 16, 8,	 1, 16, 8, 16,
				   8,  8, 8, 1,	 8,  16, 1, 8};
	struct bytes b = load_file("small.rdb");
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	assert_key(&r, "stream:tiny", values, lengths,
		   sizeof(lengths) / sizeof(lengths[0]));
	reading_fini(&r);
	free(b.p);
}

static void what_is_told_of_a_file(void **state)
{
	struct bytes b = load_file("middle.rdb");
	const struct told *t;
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	assert_int_equal(r.version, 10);
	assert_true(r.has_checksum);
	assert_string_equal(r.opaque, "");
	assert_non_null(strchr(r.redis_version, '.'));
	t = find_key(&r, "string", 6);
	assert_non_null(t);
	assert_true(t->record.frequency >= 0);
	assert_int_equal(t->record.idle_seconds, -1);
	assert_int_equal(t->record.expires_at, 33000000000000);
	assert_non_null(find_key(&r, "", 0));
	assert_non_null(find_key(&r, "\0bin\xff\n", 6));
	reading_fini(&r);
	free(b.p);
}

static void databases_hints_and_functions(void **state)
{
	struct bytes b = load_file("databases.rdb");
	size_t kinds[RDB_RECORD_END + 1] = {0};
	uint32_t database = 0;
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	for (size_t i = 0; i < r.n; i++) {
		const struct rdb_record *x = &r.list[i].record;

		kinds[x->kind]++;
		if (x->kind == RDB_RECORD_DATABASE)
			database = x->database;
		assert_int_equal(x->database, database);
		if (x->kind == RDB_RECORD_KEY)
			assert_int_equal(x->idle_seconds >= 0, 1);
		if (x->kind == RDB_RECORD_FUNCTION)
			assert_int_equal(x->value_begin, x->begin + 1);
	}
	assert_int_equal(kinds[RDB_RECORD_DATABASE], 16);
	assert_int_equal(kinds[RDB_RECORD_HINT], 16);
	assert_int_equal(kinds[RDB_RECORD_FUNCTION], 1);
	assert_int_equal(kinds[RDB_RECORD_KEY], 32);
	assert_true(kinds[RDB_RECORD_AUX] >= 4);
	reading_fini(&r);
	free(b.p);
}

static void a_file_without_checksum(void **state)
{
	struct bytes b = load_file("unsummed.rdb");
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	assert_true(r.is_over && r.ends_well);
	assert_false(r.has_checksum);
	reading_fini(&r);
	free(b.p);
}

static uint32_t take_u32(const unsigned char **p)
{
	uint32_t n = (uint32_t)(*p)[0] | (uint32_t)(*p)[1] << 8 |
		     (uint32_t)(*p)[2] << 16 | (uint32_t)(*p)[3] << 24;

	*p += 4;
	return n;
}

/* small.dumps: for each key its name and what DUMP gave of it. */
static void payloads_have_the_digests_of_the_file(void **state)
{
	struct bytes b = load_file("small.rdb"), d = load_file("small.dumps");
	const unsigned char *p = d.p;
	struct reading r;
	size_t n = 0;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	while (p < d.p + d.len) {
		uint32_t name_len = take_u32(&p), len;
		const char *name = (const char *)p;
		const struct told *t = find_key(&r, name, name_len);
		struct digest digest = {0};
		enum rdb_type type;
		struct err e = {0};

		p += name_len;
		len = take_u32(&p);
		assert_non_null(t);
		if (!rdb_payload_digest(
			    p, len,
			    &(struct rdb_record){.name = name,
						 .name_len = name_len,
						 .expires_at =
							 t->record.expires_at},
			    &digest, &type, &e))
			fail_msg("%s", e.msg);
		assert_int_equal(type, t->record.type);
		assert_true(digest_equal(&digest, &t->digest));
		p += len;
		n++;
	}
	assert_int_equal(n, 52);
	reading_fini(&r);
	free(b.p);
	free(d.p);
}

/* A value cut out of the file, with a foot, is what RESTORE takes. */
static void values_cut_out_are_payloads(void **state)
{
	struct bytes b = load_file("tables.rdb");
	struct reading r;

	(void)state;
	read_all(&r, b.p, b.len, 0);
	for (size_t i = 0; i < r.n; i++) {
		const struct rdb_record *x = &r.list[i].record;
		size_t len = (size_t)(x->end - x->value_begin);
		struct bytes payload = {.len = 1 + len + 10};
		struct digest digest = {0};
		enum rdb_type type;
		struct err e = {0};

		if (x->kind != RDB_RECORD_KEY)
			continue;
		payload.p = malloc(payload.len);
		assert_non_null(payload.p);
		payload.p[0] = x->code;
		memcpy(payload.p + 1, b.p + x->value_begin, len);
		payload.p[1 + len] = (unsigned char)r.version;
		payload.p[2 + len] = 0;
		sign_again(&payload);
		assert_true(rdb_payload_digest(
			payload.p, payload.len,
			&(struct rdb_record){.name = r.list[i].name,
					     .name_len = x->name_len,
					     .expires_at = x->expires_at},
			&digest, &type, &e));
		assert_true(digest_equal(&digest, &r.list[i].digest));
		free(payload.p);
	}
	reading_fini(&r);
	free(b.p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_of_any_size_tell_the_same),
		cmocka_unit_test(values_are_passed_over),
		cmocka_unit_test(cut_at_any_place),
		cmocka_unit_test(equal_values_in_any_form_have_one_digest),
		cmocka_unit_test(old_and_new_forms_have_the_same_digests),
		cmocka_unit_test(modules_are_counted_and_passed_over),
		cmocka_unit_test(an_expiry_in_seconds),
		cmocka_unit_test(canonical_forms),
		cmocka_unit_test(canonical_form_of_a_stream),
		cmocka_unit_test(what_is_told_of_a_file),
		cmocka_unit_test(databases_hints_and_functions),
		cmocka_unit_test(a_file_without_checksum),
		cmocka_unit_test(payloads_have_the_digests_of_the_file),
		cmocka_unit_test(values_cut_out_are_payloads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
