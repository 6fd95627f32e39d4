/* Query strings: what is allowed, once, decoded, in range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/query.h"

static const char allowed[] =
	"limit after sort q status since until source sizes";

static void test_values(void **state)
{
	struct faults f = {0};
	struct query q;

	(void)state;
	assert_true(query_parse(&q, "q=a%2Bb+c&status=&&source=%C3%A4&sizes",
				allowed, &f));
	assert_int_equal(f.total, 0);
	assert_string_equal(query_get(&q, "q"), "a+b c");
	assert_string_equal(query_get(&q, "status"), "");
	assert_string_equal(query_get(&q, "source"), "\xc3\xa4");
	assert_string_equal(query_get(&q, "sizes"), "");
	assert_null(query_get(&q, "limit"));
	assert_true(query_flag(&q, "sizes", &f));
	assert_false(query_flag(&q, "limit", &f));
	query_fini(&q);
	assert_true(query_parse(&q, NULL, allowed, &f));
	assert_int_equal(q.n, 0);
	query_fini(&q);
	assert_int_equal(f.total, 0);
}

static void test_refused(void **state)
{
	static const char *const bad[][3] = {
		{"statsu=1", "statsu", "unknown_field"},
		{"Limit=1", "Limit", "unknown_field"},
		{"lim=1", "lim", "unknown_field"},
		{"limit after=1", "limit after", "unknown_field"},
		{"=1", "", "unknown_field"},
		{"q=1&q=2", "q", "invalid_parameter"},
		{"q=%zz", "query", "invalid_parameter"},
		{"q=%", "query", "invalid_parameter"},
		{"q=%00", "query", "invalid_parameter"},
		{"q=%ff", "query", "invalid_parameter"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct faults f = {0};
		struct query q;

		assert_true(query_parse(&q, bad[i][0], allowed, &f));
		assert_int_equal(f.n, 1);
		assert_string_equal(f.list[0].where, bad[i][1]);
		assert_string_equal(f.list[0].code, bad[i][2]);
		faults_fini(&f);
		query_fini(&q);
	}
}

static size_t faults_of(const char *raw)
{
	static const char *const words[] = {"failed", "running", NULL};
	struct catalog_query out;
	struct faults f = {0};
	struct query q;
	size_t n;

	assert_true(query_parse(&q, raw, allowed, &f));
	query_list(&q, &out, &f);
	query_word(&q, "status", words, &f);
	(void)query_flag(&q, "sizes", &f);
	n = f.total;
	faults_fini(&f);
	query_fini(&q);
	return n;
}

static void test_ranges(void **state)
{
	(void)state;
	assert_int_equal(faults_of("limit=1"), 0);
	assert_int_equal(faults_of("limit=500"), 0);
	assert_int_equal(faults_of("limit=0"), 1);
	assert_int_equal(faults_of("limit=501"), 1);
	assert_int_equal(faults_of("limit=-1"), 1);
	assert_int_equal(faults_of("limit=99999999999999999999"), 1);
	assert_int_equal(faults_of("limit="), 1);
	assert_int_equal(faults_of("since=2026-12-01T02:30:00Z"), 0);
	assert_int_equal(faults_of("since=2026-12-01T02:30:00%2B02:00"), 0);
	assert_int_equal(faults_of("since=2026-12-01T02:30:00+02:00"), 1);
	assert_int_equal(faults_of("until=yesterday"), 1);
	assert_int_equal(faults_of("status=failed"), 0);
	assert_int_equal(faults_of("status="), 0);
	assert_int_equal(faults_of("status=bad"), 1);
	assert_int_equal(faults_of("sizes=1&limit=5"), 0);
	assert_int_equal(faults_of("sizes=perhaps"), 1);
	assert_int_equal(faults_of("limit=0&since=x&status=y&nope=1"), 4);
}

static void test_list(void **state)
{
	struct catalog_query out;
	struct faults f = {0};
	struct query q;

	(void)state;
	assert_true(query_parse(&q,
				"limit=7&sort=-name&after=ab&q=x&source=s"
				"&since=1970-01-01T00:00:01Z",
				allowed, &f));
	query_list(&q, &out, &f);
	assert_int_equal(f.total, 0);
	assert_int_equal(out.limit, 7);
	assert_string_equal(out.sort, "-name");
	assert_string_equal(out.after, "ab");
	assert_string_equal(out.q, "x");
	assert_string_equal(out.source, "s");
	assert_int_equal(out.since, 1000);
	assert_null(out.status);
	query_fini(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
