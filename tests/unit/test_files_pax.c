/* test_files_pax.c - headers of archives, byte by byte where it counts; what
 * GNU tar makes of them is for tests/integration. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sources/files/attrs.h"
#include "sources/files/links.h"
#include "sources/pax.h"

enum { NAME_AT = 0, SIZE_AT = 124, MTIME_AT = 136, TYPE_AT = 156 };

static struct text header_of(const struct pax_member *m)
{
	struct text t = {0};

	pax_header(&t, m);
	assert_false(t.is_broken);
	assert_int_equal(t.len % PAX_BLOCK, 0);
	return t;
}

static void sum_is_right(const char *block)
{
	unsigned sum = 0;

	for (int i = 0; i < PAX_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	assert_int_equal(strtoul(block + 148, NULL, 8), sum);
	assert_memory_equal(block + 257,
			    "ustar\0"
			    "00",
			    8);
}

static void test_plain_header(void **state)
{
	const struct file_facts f = {
		.size = 5, .mode = 0644, .uid = 1, .gid = 2, .mtime = {7, 0}};
	const struct pax_member m = {
		.type = PAX_FILE, .path = "a/b", .facts = &f};
	struct text t = header_of(&m);

	(void)state;
	assert_int_equal(t.len, PAX_BLOCK);
	sum_is_right(t.data);
	assert_string_equal(t.data + NAME_AT, "a/b");
	assert_string_equal(t.data + SIZE_AT, "00000000005");
	assert_string_equal(t.data + MTIME_AT, "00000000007");
	assert_int_equal(t.data[TYPE_AT], '0');
	assert_int_equal(pax_content_bytes(&m), 5);
	assert_int_equal(pax_padding(5), 507);
	assert_int_equal(pax_padding(512), 0);
	text_free(&t);
}

/* The records of a member that has some. */
static char *records_of(const struct pax_member *m)
{
	struct text t = header_of(m);
	char *records;
	size_t len;

	sum_is_right(t.data);
	assert_int_equal(t.data[TYPE_AT], 'x');
	len = strtoul(t.data + SIZE_AT, NULL, 8);
	records = calloc(1, len + 1);
	memcpy(records, t.data + PAX_BLOCK, len);
	sum_is_right(t.data + t.len - PAX_BLOCK);
	text_free(&t);
	return records;
}

static void time_is(int64_t seconds, uint32_t nanoseconds, const char *record)
{
	const struct file_facts f = {.mtime = {seconds, nanoseconds}};
	const struct pax_member m = {
		.type = PAX_FILE, .path = "a", .facts = &f};
	char *records = records_of(&m);

	assert_string_equal(records, record);
	free(records);
}

/* As POSIX has it: the fraction counts away from 0. */
static void test_times(void **state)
{
	(void)state;
	time_is(7, 1, "21 mtime=7.000000001\n");
	time_is(-1, 0, "22 mtime=-1.000000000\n");
	time_is(-1, 500000000, "22 mtime=-0.500000000\n");
	time_is(-5, 7, "22 mtime=-4.999999993\n");
	time_is(INT64_C(1) << 33, 0, "30 mtime=8589934592.000000000\n");
}

static void path_is(enum pax_type type, const char *path, const char *record)
{
	const struct file_facts f = {0};
	const struct pax_member m = {.type = type, .path = path, .facts = &f};
	struct text expected = {0};
	char *records;

	if (record == NULL) {
		struct text t = header_of(&m);

		assert_int_equal(t.len, PAX_BLOCK);
		text_free(&t);
		return;
	}
	records = records_of(&m);
	text_str(&expected, strncmp(record, "hdr", 3) == 0
				    ? "21 hdrcharset=BINARY\n"
				    : "");
	pax_record(&expected, "path", path, strlen(path));
	assert_string_equal(records, expected.data);
	text_free(&expected);
	free(records);
}

static void test_paths(void **state)
{
	char name[301];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[100] = '\0';
	path_is(PAX_FILE, name, NULL);
	name[100] = 'x';
	name[101] = '\0';
	path_is(PAX_FILE, name, "path");
	name[50] = '/';
	path_is(PAX_FILE, name, NULL);
	name[101] = 'x';
	name[256] = '\0';
	path_is(PAX_FILE, name, "path");
	name[50] = 'x';
	name[155] = '/';
	path_is(PAX_FILE, name, NULL);
	path_is(PAX_FILE, "\xc3\xa4", "path");
	/* No text: bytes in a header, unless they do not fit. */
	path_is(PAX_FILE, "\xff", NULL);
	memset(name, 0xff, 120);
	name[120] = '\0';
	path_is(PAX_FILE, name, "hdrcharset");
}

static void test_what_does_not_fit(void **state)
{
	const struct file_facts f = {.size = UINT64_C(1) << 40,
				     .uid = 3000000,
				     .gid = UINT32_MAX,
				     .target = (char *)(uintptr_t) ""};
	const struct pax_member m = {
		.type = PAX_FILE, .path = "a", .facts = &f};
	char *records = records_of(&m);

	(void)state;
	assert_string_equal(records, "22 size=1099511627776\n"
				     "15 uid=3000000\n"
				     "18 gid=4294967295\n");
	free(records);
}

static void test_records_tell_their_length(void **state)
{
	char value[1200];

	(void)state;
	memset(value, 'v', sizeof(value));
	for (size_t len = 0; len < sizeof(value); len++) {
		struct text t = {0};

		pax_record(&t, "k", value, len);
		assert_int_equal(strtoul(t.data, NULL, 10), t.len);
		text_free(&t);
	}
}

static void test_sparse(void **state)
{
	const struct pax_extent extents[] = {{512, 100}, {4096, 0}};
	const struct file_facts f = {.size = 4096};
	struct pax_member m = {.type = PAX_FILE,
			       .path = "a",
			       .facts = &f,
			       .extents = extents,
			       .nextents = 2};
	struct text map = {0};
	char *records;

	(void)state;
	pax_sparse_map(&map, extents, 2);
	assert_int_equal(map.len, PAX_BLOCK);
	assert_string_equal(map.data, "2\n512\n100\n4096\n0\n");
	m.map_bytes = map.len;
	assert_int_equal(pax_content_bytes(&m), 612);
	records = records_of(&m);
	assert_string_equal(records,
			    "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
			    "21 GNU.sparse.name=a\n"
			    "28 GNU.sparse.realsize=4096\n");
	free(records);
	text_free(&map);
}

static void test_acls(void **state)
{
	static const unsigned char good[] = {
		2,   0,	  0,   0,   1,	 0,  6, 0, 255, 255, 255, 255, 2,
		0,   4,	  0,   57,  48,	 0,  0, 4, 0,	4,   0,	  255, 255,
		255, 255, 8,   0,   1,	 0,  1, 0, 0,	0,   16,  0,   7,
		0,   255, 255, 255, 255, 32, 0, 0, 0,	255, 255, 255, 255};
	unsigned char bad[sizeof(good)];
	struct text t = {0};

	(void)state;
	assert_true(attrs_acl_text(good, sizeof(good), &t));
	assert_string_equal(t.data, "user::rw-,user:12345:r--,group::r--,"
				    "group:1:--x,mask::rwx,other::---");
	text_free(&t);
	assert_false(attrs_acl_text(good, sizeof(good) - 1, &t));
	assert_false(attrs_acl_text(good, 3, &t));
	memcpy(bad, good, sizeof(good));
	bad[0] = 1;
	assert_false(attrs_acl_text(bad, sizeof(bad), &t));
	bad[0] = 2;
	bad[4] = 3;
	assert_false(attrs_acl_text(bad, sizeof(bad), &t));
	text_free(&t);
}

/* Names of files that come again, and are forgotten when all have come. */
static void test_links(void **state)
{
	struct links l = {0};
	char path[16];

	(void)state;
	assert_null(links_find(&l, 1, 1));
	assert_true(links_add(&l, 1, 1, 1, "alone"));
	assert_null(links_find(&l, 1, 1));
	for (uint64_t i = 0; i < 2000; i++) {
		(void)snprintf(path, sizeof(path), "p%d", (int)i);
		assert_true(links_add(&l, i % 3, i, 3, path));
	}
	assert_null(links_find(&l, 2, 0));
	for (uint64_t i = 0; i < 2000; i++) {
		(void)snprintf(path, sizeof(path), "p%d", (int)i);
		assert_string_equal(links_find(&l, i % 3, i), path);
		links_count(&l, i % 3, i);
		assert_string_equal(links_find(&l, i % 3, i), path);
		links_count(&l, i % 3, i);
		assert_null(links_find(&l, i % 3, i));
	}
	assert_int_equal(l.n, 0);
	assert_true(links_add(&l, 1, 1, 2, "left behind"));
	links_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_header),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_what_does_not_fit),
		cmocka_unit_test(test_records_tell_their_length),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_acls),
		cmocka_unit_test(test_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
