/* test_mysql_proof.c - tar archives as they pass, and where a server keeps
 * what it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/snapshot/places.h"
#include "sources/mysql/snapshot/tar.h"
#include "test_mysql_tar.h"

static struct text told;

static bool tell(void *arg, const char *name, char type, uint64_t bytes,
		 struct err *e)
{
	(void)arg;
	text_printf(&told, "%.8s%s %c %llu;",
		    strlen(name) > 100 ? "(long) " : "",
		    strlen(name) > 100 ? strrchr(name, '/') : name, type,
		    (unsigned long long)bytes);
	return strcmp(name, "stop") != 0 ||
	       err_set(e, ERR_CONFLICT, "stopped", "at %s", name);
}

/* Fed in pieces of that size. */
static bool feed(struct my_tar *tar, const struct test_tar *t, size_t piece,
		 struct err *e)
{
	memset(tar, 0, sizeof(*tar));
	tar->member = tell;
	text_reset(&told);
	text_str(&told, "");
	for (size_t at = 0; at < t->bytes.len; at += piece) {
		size_t n = t->bytes.len - at;

		if (!my_tar_feed(tar, (const unsigned char *)t->bytes.data + at,
				 n < piece ? n : piece, e))
			return false;
	}
	return true;
}

static void all_ways(struct test_tar *t, const char *expected)
{
	static const size_t pieces[] = {1, 7, 511, 512, 513, 10240, 1 << 20};
	struct err e = {0};
	struct my_tar tar;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		assert_true(feed(&tar, t, pieces[i], &e));
		assert_string_equal(told.data, expected);
		assert_true(my_tar_is_over(&tar));
	}
}

static void test_plain(void **state)
{
	struct test_tar t = {0};

	(void)state;
	test_tar_init(&t);
	test_tar_add(&t, "./", '5', 0);
	test_tar_add(&t, "./a", '0', 1);
	test_tar_add(&t, "./b", '0', 512);
	test_tar_add(&t, "./c", '0', 0);
	test_tar_add(&t, "./d", '2', 0);
	test_tar_end(&t);
	all_ways(&t, "./ 5 0;./a 0 1;./b 0 512;./c 0 0;./d 2 0;");
	test_tar_fini(&t);
}

static void test_long_names(void **state)
{
	struct test_tar t = {0};
	char name[300];

	(void)state;
	memset(name, 'n', sizeof(name));
	memcpy(name + 290, "/end", 5);
	test_tar_init(&t);
	test_tar_add(&t, name, '0', 600);
	test_tar_add(&t, "after", '0', 1);
	test_tar_end(&t);
	all_ways(&t, "(long) /end 0 600;after 0 1;");
	test_tar_fini(&t);
}

static void add_pax(struct test_tar *t, const char *records)
{
	char size[16];

	(void)snprintf(size, sizeof(size), "%011o", (unsigned)strlen(records));
	test_tar_add_raw(t, "./PaxHeaders/x", 'x', size, records,
			 strlen(records));
}

/* A record's length counts itself. */
static void test_pax(void **state)
{
	static const char nine[] = "123456789";
	struct test_tar t = {0};

	(void)state;
	test_tar_init(&t);
	add_pax(&t, "15 path=./é/x\n9 size=9\n");
	test_tar_add_raw(&t, "x", '0', "00000000000", nine, 9);
	add_pax(&t, "23 GNU.sparse.name=./s\n"
		    "31 GNU.sparse.realsize=1000000\n"
		    "24 path=./GNUSparse/1/s\n");
	test_tar_add(&t, "GNUSparse/1/s", '0', 520);
	test_tar_add(&t, "after", '0', 1);
	test_tar_end(&t);
	all_ways(&t, "./é/x 0 9;./s 0 1000000;after 0 1;");
	test_tar_fini(&t);
}

/* Eight GiB and more do not fit into the octal digits. */
static void test_large(void **state)
{
	const char size[12] = {'\x80', 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1};
	struct test_tar t = {0};
	struct my_tar tar;
	struct err e = {0};

	(void)state;
	test_tar_init(&t);
	test_tar_add_raw(&t, "big", '0', size, "xyz", 3);
	assert_true(feed(&tar, &t, 100, &e));
	assert_string_equal(told.data, "big 0 12884901889;");
	assert_false(my_tar_is_over(&tar));
	test_tar_fini(&t);
}

static void test_broken(void **state)
{
	struct test_tar t = {0};
	struct my_tar tar;
	struct err e = {0};

	(void)state;
	test_tar_init(&t);
	test_tar_end(&t);
	assert_true(feed(&tar, &t, 100, &e));
	assert_false(my_tar_is_over(&tar)); /* nothing in it */
	test_tar_reset(&t);
	test_tar_add(&t, "a", '0', 1);
	assert_true(feed(&tar, &t, 100, &e));
	assert_false(my_tar_is_over(&tar)); /* cut */
	test_tar_end(&t);
	test_tar_add(&t, "b", '0', 1);
	assert_false(feed(&tar, &t, 100, &e)); /* goes on after its end */
	assert_string_equal(e.api, "snapshot_failed");
	err_clear(&e);
	test_tar_reset(&t);
	text_str(&t.bytes, "this is no archive");
	for (int i = 0; i < 40; i++)
		text_str(&t.bytes, "this is no archive");
	assert_false(feed(&tar, &t, 100, &e));
	err_clear(&e);
	test_tar_reset(&t);
	test_tar_add(&t, "stop", '0', 1);
	assert_false(feed(&tar, &t, 100, &e));
	assert_string_equal(e.api, "stopped");
	test_tar_fini(&t);
}

static void test_places(void **state)
{
	static const struct {
		const char *path, *in;
	} paths[] = {
		{"", ""},	    {".", ""},		 {"./", ""},
		{"./x/y", "x/y"},   {"x", "x"},		 {"/data", ""},
		{"/data/", ""},	    {"/data/x", "x"},	 {"/data//x", "x"},
		{"/data2/x", NULL}, {"/dat", NULL},	 {"/", NULL},
		{"../x", NULL},	    {"x/../../y", NULL}, {"/data/../x", NULL},
		{"..", NULL},	    {"x..y", "x..y"},	 {"x/..y", "x/..y"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		const char *in = my_place_in("/data", paths[i].path);

		if (paths[i].in == NULL)
			assert_null(in);
		else
			assert_string_equal(in, paths[i].in);
	}
}

static void test_variables(void **state)
{
	static const struct {
		const char *name, *value;
		bool is_fine;
	} v[] = {
		{"innodb_data_home_dir", "/data/", true},
		{"innodb_data_home_dir", "/data2/", false},
		{"tmpdir", "/tmp", true},
		{"plugin_dir", "/usr/lib", true},
		{"aria_log_dir_path", "/logs", false},
		{"innodb_data_file_path", "ibdata1:12M:autoextend", true},
		{"innodb_data_file_path", "a:1M;/data/b:1G:autoextend", true},
		{"innodb_data_file_path", "a:1M;/big/b:1G:autoextend", false},
	};
	char system[64];

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct err e = {0};

		assert_int_equal(
			my_place_check("/data", v[i].name, v[i].value, &e),
			v[i].is_fine);
		assert_int_equal(v[i].is_fine,
				 strcmp(e.api, "snapshot_refused") != 0);
	}
	assert_true(my_place_system("/data", "/data/sys/i:1M;b:2M", system,
				    sizeof(system)));
	assert_string_equal(system, "sys/i");
	assert_false(my_place_system("/data", ":1M", system, sizeof(system)));
	assert_false(
		my_place_system("/data", "/x/i:1M", system, sizeof(system)));
}

static int fini(void **state)
{
	(void)state;
	text_free(&told);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_pax),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_variables),
	};

	return cmocka_run_group_tests(tests, NULL, fini);
}
