/* test_s3_sign.c - our signatures beside botocore's, and AWS's own example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "s3/sign.h"

/* The columns of s3_vectors.py. */
enum column {
	METHOD,
	KEY,
	QUERY,
	HEADERS,
	PAYLOAD,
	DATE,
	REGION,
	ACCESS,
	SECRET,
	WANTED_PATH,
	WANTED_QUERY,
	WANTED_AUTHORIZATION,
	COLUMNS,
};

/* Parts s at each sep in place; the last gets the rest. */
static size_t split(char *s, char sep, char **parts, size_t max)
{
	size_t n = 0;

	while (s != NULL && n < max) {
		parts[n++] = s;
		s = strchr(s, sep);
		if (s != NULL)
			*s++ = '\0';
	}
	return n;
}

/* "name=value&...", both sides percent-encoded once more. */
static size_t read_pairs(char *s, struct s3_pair *pairs)
{
	char *parts[S3_PAIRS_MAX];
	size_t n = *s != '\0' ? split(s, '&', parts, S3_PAIRS_MAX) : 0;

	for (size_t i = 0; i < n; i++) {
		char *sides[2] = {0};

		assert_int_equal(split(parts[i], '=', sides, 2), 2);
		assert_true(percent_decode(sides[0]));
		assert_true(percent_decode(sides[1]));
		pairs[i] = (struct s3_pair){sides[0], sides[1]};
	}
	return n;
}

static void make_path(struct text *path, const char *key)
{
	text_reset(path);
	s3_path_encode(path, "bucket");
	if (*key != '\0')
		s3_path_encode(path, key);
}

static void check_line(char *line)
{
	struct s3_pair query[S3_PAIRS_MAX], headers[S3_PAIRS_MAX];
	struct text path = {0}, encoded = {0}, canonical = {0}, auth = {0};
	struct s3_signing in = {0};
	char *c[COLUMNS];
	size_t nquery;

	line[strcspn(line, "\n")] = '\0';
	assert_int_equal(split(line, '\t', c, COLUMNS), COLUMNS);
	for (size_t i = 0; i < COLUMNS; i++)
		assert_true(percent_decode(c[i]));
	nquery = read_pairs(c[QUERY], query);
	in.nheaders = read_pairs(c[HEADERS], headers);
	make_path(&path, c[KEY]);
	assert_string_equal(path.data, c[WANTED_PATH]);
	text_str(&encoded, "");
	assert_true(s3_query_encode(&encoded, query, nquery));
	assert_string_equal(encoded.data, c[WANTED_QUERY]);

	in.method = c[METHOD];
	in.path = path.data;
	in.query = encoded.data;
	in.headers = headers;
	in.payload_hex = c[PAYLOAD];
	in.date = c[DATE];
	in.region = c[REGION];
	in.access_key = c[ACCESS];
	in.secret_key = c[SECRET];
	assert_true(s3_sign(&in, &canonical, &auth));
	if (strcmp(auth.data, c[WANTED_AUTHORIZATION]) != 0)
		print_error("canonical request was:\n%s\n", canonical.data);
	assert_string_equal(auth.data, c[WANTED_AUTHORIZATION]);
	text_free(&path);
	text_free(&encoded);
	text_free(&canonical);
	text_free(&auth);
}

/* The table in the tree, or the one that s3_oracle.sh has just made. */
static FILE *open_vectors(void)
{
	const char *given = getenv("COFFER_S3_VECTORS");
	const char *srcdir = getenv("srcdir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/tests/unit/s3_vectors.tsv",
		 srcdir != NULL ? srcdir : ".");
	return fopen(given != NULL ? given : path, "r");
}

static void test_botocore(void **state)
{
	FILE *f = open_vectors();
	char *line = NULL;
	size_t cap = 0, n = 0;

	(void)state;
	assert_non_null(f);
	while (getline(&line, &cap, f) > 0) {
		check_line(line);
		n++;
	}
	assert_true(n >= 150);
	free(line);
	fclose(f);
}

/* "GET Object" of the page that sign.h names. */
static void test_example_of_aws(void **state)
{
	static const struct s3_pair headers[] = {
		{"host", "examplebucket.s3.amazonaws.com"},
		{"range", "bytes=0-9"},
		{"x-amz-content-sha256",
		 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852"
		 "b855"},
		{"x-amz-date", "20130524T000000Z"},
	};
	struct s3_signing in = {
		.method = "GET",
		.path = "/test.txt",
		.query = "",
		.headers = headers,
		.nheaders = 4,
		.payload_hex = headers[2].value,
		.date = "20130524T000000Z",
		.region = "us-east-1",
		.access_key = "AKIAIOSFODNN7EXAMPLE",
		.secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	};
	struct text canonical = {0}, auth = {0};

	(void)state;
	assert_true(s3_sign(&in, &canonical, &auth));
	assert_non_null(strstr(auth.data, "Signature=f0e8bdb87c964420e857bd35b5"
					  "d6ed310bd44f0170aba48dd91039c6036b"
					  "db41"));
	assert_null(strstr(auth.data, in.secret_key));
	text_free(&canonical);
	text_free(&auth);
}

static void test_query_is_sorted_by_name_first(void **state)
{
	static const struct s3_pair pairs[] = {
		{"a-b", "1"}, {"a", "2"}, {"a", "1"}, {"B", ""}, {"~", " /+"},
	};
	struct text out = {0};

	(void)state;
	assert_true(s3_query_encode(&out, pairs, 5));
	assert_string_equal(out.data, "B=&a=1&a=2&a-b=1&~=%20%2F%2B");
	text_free(&out);
}

static void test_header_values_are_trimmed(void **state)
{
	static const struct s3_pair headers[] = {
		{"x-amz-date", "20130524T000000Z"},
		{"host", "  a \t  b "},
	};
	struct s3_signing in = {
		.method = "GET",
		.path = "/",
		.query = "",
		.headers = headers,
		.nheaders = 2,
		.payload_hex = "00",
		.date = "20130524T000000Z",
		.region = "r",
		.access_key = "a",
		.secret_key = "s",
	};
	struct text canonical = {0}, auth = {0};

	(void)state;
	assert_true(s3_sign(&in, &canonical, &auth));
	assert_string_equal(canonical.data,
			    "GET\n/\n\nhost:a b\nx-amz-date:20130524T000000Z\n"
			    "\nhost;x-amz-date\n00");
	text_free(&canonical);
	text_free(&auth);
}

static void test_too_many_are_refused(void **state)
{
	struct s3_pair pairs[S3_SIGNED_MAX + 1];
	struct s3_signing in = {.method = "GET", .nheaders = S3_SIGNED_MAX + 1};
	struct text out = {0}, auth = {0};

	(void)state;
	for (size_t i = 0; i <= S3_SIGNED_MAX; i++)
		pairs[i] = (struct s3_pair){"a", "b"};
	in.headers = pairs;
	assert_false(s3_query_encode(&out, pairs, S3_PAIRS_MAX + 1));
	assert_false(s3_sign(&in, &out, &auth));
	text_free(&out);
	text_free(&auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_botocore),
		cmocka_unit_test(test_example_of_aws),
		cmocka_unit_test(test_query_is_sorted_by_name_first),
		cmocka_unit_test(test_header_values_are_trimmed),
		cmocka_unit_test(test_too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
