/* The reader of archives: what it tells, and what it refuses. */
#include "sources/files/load/untar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/files/load/member.h"
#include "test_files_tar.h"

/* All that was told, as text. */
struct told {
	struct text text;
	const struct member *at;
};

static bool on_begin(void *arg, const struct member *m, struct err *e)
{
	static const char letters[] = "fdlhpb";
	struct told *t = arg;

	(void)e;
	t->at = m;
	text_printf(&t->text, "%c %s", letters[m->type], m->path);
	if (m->target != NULL)
		text_printf(&t->text, " -> %s", m->target);
	text_printf(&t->text, " %o %lld.%u %llu\n", m->mode,
		    (long long)m->mtime_s, m->mtime_ns,
		    (unsigned long long)m->size);
	return true;
}

/* Bytes alone, whatever pieces they come in, and where a run begins. */
static bool on_data(void *arg, uint64_t offset, const unsigned char *bytes,
		    size_t len, struct err *e)
{
	struct told *t = arg;

	(void)e;
	for (size_t i = 0; i < len; i++)
		text_printf(&t->text, "%llu%c",
			    (unsigned long long)(offset + i), bytes[i]);
	return true;
}

static bool on_end(void *arg, struct err *e)
{
	struct told *t = arg;

	(void)e;
	text_str(&t->text, ".\n");
	t->at = NULL;
	return true;
}

static const struct untar_ops ops = {
	.begin = on_begin, .data = on_data, .end = on_end};

/* In pieces of that length. */
static bool read_tar(const struct text *tar, size_t piece, struct told *t,
		     struct err *e)
{
	struct untar *u = untar_new(&ops, t, e);
	bool ok = true;

	assert_non_null(u);
	for (size_t at = 0; ok && at < tar->len; at += piece)
		ok = untar_push(u, (const unsigned char *)tar->data + at,
				tar->len - at < piece ? tar->len - at : piece,
				e);
	ok = ok && untar_finish(u, e);
	untar_free(u);
	return ok;
}

static void tells(struct text *tar, const char *wanted)
{
	static const size_t pieces[] = {1, 7, 511, 512, 513, 100000};
	struct err e = {0};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct told t = {0};

		assert_true(read_tar(tar, pieces[i], &t, &e));
		assert_string_equal(t.text.data, wanted);
		text_free(&t.text);
	}
	text_free(tar);
}

static void refuses(struct text *tar, const char *word)
{
	static const size_t pieces[] = {1, 512, 100000};

	for (size_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		struct told t = {0};
		struct err e = {0};

		assert_false(read_tar(tar, pieces[i], &t, &e));
		assert_string_equal(e.api, "damaged_backup");
		if (strstr(e.msg, word) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", word, e.msg);
		text_free(&t.text);
	}
	text_free(tar);
}

static void each_type(void **state)
{
	struct text tar = {0};

	(void)state;
	tar_member(&tar, '5', "./", NULL, NULL);
	tar_member(&tar, '5', "./a/", NULL, NULL);
	tar_member(&tar, '0', "a/f", NULL, "xy");
	tar_member(&tar, '0', "a/empty", NULL, NULL);
	tar_member(&tar, '2', "s", "/etc/../nowhere", NULL);
	tar_member(&tar, '1', "h", "./a/f", NULL);
	tar_member(&tar, '6', "p", NULL, NULL);
	tar_member(&tar, '3', "dev", NULL, NULL);
	tar_end(&tar);
	tells(&tar, "d  750 1000000000.0 0\n.\n"
		    "d a 750 1000000000.0 0\n.\n"
		    "f a/f 640 1000000000.0 2\n0x1y.\n"
		    "f a/empty 640 1000000000.0 0\n.\n"
		    "l s -> /etc/../nowhere 640 1000000000.0 0\n.\n"
		    "h h -> a/f 640 1000000000.0 0\n.\n"
		    "p p 640 1000000000.0 0\n.\n"
		    "b dev 640 1000000000.0 0\n.\n");
}

static void records_go_before_headers(void **state)
{
	struct text tar = {0}, records = {0};

	(void)state;
	tar_record(&records, "path", "long/\xff\n=name");
	tar_record(&records, "mtime", "-1.25");
	tar_record(&records, "size", "3");
	tar_record(&records, "comment", "is not known");
	tar_extended(&tar, &records);
	tar_header(&tar, '0', "short", NULL, 0);
	text_str(&tar, "abc");
	tar_pad(&tar);
	tar_record(&records, "linkpath", "else/where");
	tar_record(&records, "mtime", "5.0000000019");
	tar_extended(&tar, &records);
	tar_member(&tar, '2', "s", "x", NULL);
	tar_member(&tar, '0', "next", NULL, NULL); /* nothing is left over */
	tells(&tar, "f long/\xff\n=name 640 -2.750000000 3\n0a1b2c.\n"
		    "l s -> else/where 640 5.1 0\n.\n"
		    "f next 640 1000000000.0 0\n.\n");
}

static void sparse(struct text *tar, const char *map, const char *contents,
		   const char *real)
{
	struct text records = {0}, body = {0};

	tar_record(&records, "GNU.sparse.major", "1");
	tar_record(&records, "GNU.sparse.minor", "0");
	tar_record(&records, "GNU.sparse.name", "holes");
	tar_record(&records, "GNU.sparse.realsize", real);
	tar_extended(tar, &records);
	text_str(&body, map);
	tar_pad(&body);
	text_str(&body, contents);
	tar_header(tar, '0', "GNUSparseFile.0/holes", NULL, body.len);
	text_add(tar, body.data, body.len);
	tar_pad(tar);
	text_free(&body);
}

static void holes(void **state)
{
	struct text tar = {0};

	(void)state;
	sparse(&tar, "3\n4\n2\n100\n1\n4096\n0\n", "abc", "4096");
	sparse(&tar, "1\n9\n0\n", "", "9");
	sparse(&tar, "0\n", "", "7");
	tells(&tar, "f holes 640 1000000000.0 4096\n4a5b100c.\n"
		    "f holes 640 1000000000.0 9\n.\n"
		    "f holes 640 1000000000.0 7\n.\n");
}

/* A map of several blocks, cut within its numbers. */
static void long_map(void **state)
{
	struct text tar = {0}, map = {0}, contents = {0}, wanted = {0};

	(void)state;
	text_str(&map, "300\n");
	text_str(&wanted, "f holes 640 1000000000.0 9000\n");
	for (int i = 0; i < 300; i++) {
		text_printf(&map, "%d\n1\n", i * 30);
		text_char(&contents, 'z');
		text_printf(&wanted, "%dz", i * 30);
	}
	text_str(&wanted, ".\n");
	sparse(&tar, map.data, contents.data, "9000");
	tells(&tar, wanted.data);
	text_free(&map);
	text_free(&contents);
	text_free(&wanted);
}

static void maps_that_lie(void **state)
{
	static const struct {
		const char *map, *contents, *real, *word;
	} bad[] = {
		{"1\n0\n9\n", "abc", "9", "fit"},
		{"1\n8\n3\n", "abc", "9", "fit"},
		{"2\n4\n2\n5\n1\n", "abc", "9", "fit"},
		{"2\n5\n1\n4\n2\n", "abc", "9", "fit"},
		{"1\n900719925474099200000\n3\n", "abc", "9", "none"},
		{"1\n-1\n3\n", "abc", "9", "none"},
		{"x\n", "abc", "9", "none"},
		{"\n\n\n", "abc", "9", "none"},
		{"99999999\n", "abc", "9", "16 MiB"},
		{"5\n1\n", "", "9", "cut"},
		{"", "", "9", "without a map"},
		{"1\n0\n3\n", "abc", "9223372036854775809", "size"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct text tar = {0};

		sparse(&tar, bad[i].map, bad[i].contents, bad[i].real);
		refuses(&tar, bad[i].word);
	}
}

static void refuses_path(const char *path)
{
	struct text tar = {0}, records = {0};

	tar_member(&tar, '0', path, NULL, "x");
	refuses(&tar, "leads out");
	tar_record(&records, "path", path);
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "fine", NULL, "x");
	refuses(&tar, "leads out");
	tar_member(&tar, '1', "fine", path, NULL);
	refuses(&tar, "leads out");
}

static void paths_that_lead_out(void **state)
{
	struct text tar = {0}, records = {0};

	(void)state;
	refuses_path("..");
	refuses_path("../x");
	refuses_path("a/../../x");
	refuses_path("a/..");
	refuses_path("/etc/passwd");
	refuses_path("/");
	refuses_path("//x");
	refuses_path("a//x");
	refuses_path("a//");
	refuses_path("a/./x");
	refuses_path("./../x");
	refuses_path(".//x");
	tar_member(&tar, '0', "./", NULL, "x");
	refuses(&tar, "no name");
	tar_member(&tar, '1', "h", ".", NULL);
	refuses(&tar, "links to nothing");
	tar_member(&tar, '2', "s", "", NULL);
	refuses(&tar, "links to nothing");
	text_add(&records, "13 path=a\0bc\n", 13);
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "fine", NULL, "x");
	refuses(&tar, "zero");
}

static void headers_that_lie(void **state)
{
	struct text tar = {0}, records = {0};

	(void)state;
	tar_header(&tar, '1', "h", "a", 5);
	text_str(&tar, "hello");
	tar_pad(&tar);
	refuses(&tar, "is no file");
	tar_header(&tar, 'g', "global", NULL, 0);
	refuses(&tar, "type");
	tar_header(&tar, 'L', "long", NULL, 0);
	refuses(&tar, "type");
	tar_header(&tar, 'x', "huge", NULL, UINT64_C(17) << 20);
	refuses(&tar, "16 MiB");
	tar_record(&records, "path", "a");
	tar_extended(&tar, &records);
	tar_record(&records, "path", "b");
	tar_extended(&tar, &records);
	refuses(&tar, "without a member");
	tar_record(&records, "path", "a");
	tar_extended(&tar, &records);
	tar_end(&tar);
	refuses(&tar, "without a member");
	tar_member(&tar, '0', "f", NULL, NULL);
	tar.data[10] = 'x';
	refuses(&tar, "no header");
	tar_end(&tar);
	tar_member(&tar, '0', "f", NULL, NULL);
	refuses(&tar, "behind its end");
}

static void refuses_record(const char *record)
{
	struct text tar = {0}, records = {0};

	text_str(&records, record);
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "f", NULL, NULL);
	refuses(&tar, "");
}

static void records_that_lie(void **state)
{
	struct text records = {0};

	(void)state;
	refuses_record("x");
	refuses_record("5 a=b");
	refuses_record("99 path=a\n");
	refuses_record("0 path=a\n");
	refuses_record("3 \n");
	refuses_record("10 path a\n");
	refuses_record("18446744073709551616 path=a\n");
	refuses_record("11 size=-1\n");
	refuses_record("10 size=a\n");
	refuses_record("26 size=9223372036854775808\n");
	refuses_record("18 uid=4294967295\n");
	refuses_record("12 mtime=1x\n");
	refuses_record("26 GNU.sparse.major=0\n36 GNU.sparse.realsize=1\n");
	tar_record(&records, "SCHILY.acl.access", "user:a");
	refuses_record(records.data);
	text_free(&records);
}

/* Wherever it is cut, it is either a whole number of members or damaged. */
static void cut_anywhere(void **state)
{
	struct text tar = {0}, records = {0};
	size_t len;

	(void)state;
	tar_record(&records, "path", "name");
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "f", NULL, "hello");
	sparse(&tar, "1\n0\n3\n", "abc", "9");
	len = tar.len;
	for (tar.len = 1; tar.len < len; tar.len++) {
		struct told t = {0};
		struct err e = {0};
		bool ok = read_tar(&tar, 100, &t, &e);

		/* The last bytes of a member are padding. */
		assert_true(ok ? tar.len == 2048 : err_is(&e));
		text_free(&t.text);
	}
	text_free(&tar);
}

static bool attrs_begin(void *arg, const struct member *m, struct err *e)
{
	struct told *t = arg;

	(void)e;
	for (size_t i = 0; i < m->nattrs; i++) {
		const unsigned char *value = m->attrs[i].value;

		text_printf(&t->text, "%s=", m->attrs[i].name);
		for (size_t k = 0; k < m->attrs[i].len; k++)
			text_printf(&t->text, "%02x", value[k]);
		text_char(&t->text, '\n');
	}
	return true;
}

/* linux/posix_acl_xattr.h: version 2, then tag, permissions, id. */
static void attributes_and_acls(void **state)
{
	const struct untar_ops with_attrs = {
		.begin = attrs_begin, .data = on_data, .end = on_end};
	struct text tar = {0}, records = {0};
	struct told t = {0};
	struct err e = {0};
	struct untar *u = untar_new(&with_attrs, &t, &e);

	(void)state;
	tar_record(&records, "SCHILY.xattr.user.name", "va=lue");
	tar_record(&records, "SCHILY.xattr.user.a%3D%253D%2", "");
	tar_record(&records, "SCHILY.acl.access",
		   "user::rw-,other::---,mask::r--,group::r-x,"
		   "user:nobody-knows-him:r--:70000,group:5:-w-");
	tar_extended(&tar, &records);
	tar_member(&tar, '0', "f", NULL, NULL);
	assert_true(untar_push(u, (unsigned char *)tar.data, tar.len, &e));
	assert_string_equal(t.text.data, "user.name=76613d6c7565\n"
					 "user.a=%3D%2=\n"
					 "system.posix_acl_access=02000000"
					 "01000600ffffffff"
					 "0200040070110100"
					 "04000500ffffffff"
					 "0800020005000000"
					 "10000400ffffffff"
					 "20000000ffffffff\n.\n");
	untar_free(u);
	text_free(&t.text);
	text_free(&tar);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type),
		cmocka_unit_test(records_go_before_headers),
		cmocka_unit_test(holes),
		cmocka_unit_test(long_map),
		cmocka_unit_test(maps_that_lie),
		cmocka_unit_test(paths_that_lead_out),
		cmocka_unit_test(headers_that_lie),
		cmocka_unit_test(records_that_lie),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(attributes_and_acls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
