/* test_manifest_layout.c - names of objects. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/layout.h"

#define SRC "src_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define BAK "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ"

static void test_names(void **state)
{
	char key[LAYOUT_KEY_MAX];

	(void)state;
	assert_string_equal(layout_backup(key, SRC, BAK),
			    "coffer/v1/" SRC "/" BAK "/");
	assert_string_equal(layout_owner(key, SRC, BAK),
			    "coffer/v1/" SRC "/" BAK "/owner.json");
	assert_string_equal(layout_manifest(key, SRC, BAK),
			    "coffer/v1/" SRC "/" BAK "/manifest.json");
	assert_string_equal(layout_object(key, SRC, BAK, "data/x"),
			    "coffer/v1/" SRC "/" BAK "/data/x");
	assert_string_equal(layout_readme_key(key), "coffer/v1/README.txt");
	assert_string_equal(layout_part(key, 1, ".sql.zst"),
			    "data/00000001.sql.zst");
	assert_string_equal(layout_part(key, LAYOUT_NUMBER_MAX, ".rdb.zst"),
			    "data/99999999.rdb.zst");
	assert_string_equal(layout_index(key, 12, ""),
			    "index/00000012.jsonl.zst");
	assert_string_equal(layout_parts(key, 3), "parts/00000003.jsonl");
}

static void test_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"coffer/v1/",
		"coffer/v1/README.txt",
		"coffer/v1/servers/srv_01HZZZZZZZZZZZZZZZZZZZZZZZ.json",
		"coffer/v1/" SRC,
		"coffer/v1/" SRC "/" BAK,
		"coffer/v1/" SRC "/" BAK "/",
		"coffer/v1/" BAK "/" SRC "/manifest.json",
		"coffer/v1/" SRC "/packs/x.tar.zst",
		"coffer/v2/" SRC "/" BAK "/manifest.json",
		"x/coffer/v1/" SRC "/" BAK "/manifest.json",
		"coffer/v1/" SRC SRC SRC "/" BAK "/manifest.json",
	};
	char src[ID_MAX], bak[ID_MAX];

	(void)state;
	assert_true(layout_parse("coffer/v1/" SRC "/" BAK "/manifest.json", src,
				 bak));
	assert_string_equal(src, SRC);
	assert_string_equal(bak, BAK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(layout_parse(bad[i], src, bak));
}

static void test_sound_keys(void **state)
{
	static const char *const bad[] = {
		"",
		"data/",
		"data/00000001",
		"data/0000001.sql.zst",
		"data/000000001.sql.zst",
		"data/00000001.sql..zst",
		"data/00000001../x",
		"data/00000001.sql/../../x",
		"data/00000001.SQL",
		"data/00000001.sql.zst.",
		"data/00000001.",
		"data/../manifest.json",
		"/data/00000001.sql.zst",
		"index/00000001.sql.zst",
		"data/00000001.sql zst",
		"data/00000001.\xc3\xa4",
		"data/0000000a.sql.zst",
	};

	(void)state;
	assert_true(layout_key_is_sound("data/00000001.sql.zst", "data/"));
	assert_true(layout_key_is_sound("parts/00000001.jsonl", "parts/"));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(layout_key_is_sound(bad[i], "data/"));
}

static void test_packs(void **state)
{
	static const char *const bad[] = {
		"../packs/",
		"../packs/" BAK,
		"../packs/" BAK "-0000001.tar.zst",
		"../packs/" BAK "-000000001.tar.zst",
		"../packs/" BAK "-00000001.tar..zst",
		"../packs/" BAK "-00000001/../x",
		"../packs/../" BAK "-00000001.tar.zst",
		"../packs/" SRC "-00000001.tar.zst",
		"../packs/" BAK BAK "-00000001.tar.zst",
		"../../packs/" BAK "-00000001.tar.zst",
		"packs/" BAK "-00000001.tar.zst",
	};
	char key[LAYOUT_KEY_MAX], object[LAYOUT_KEY_MAX], bak[ID_MAX];
	unsigned number = 0;

	(void)state;
	assert_string_equal(layout_pack(key, BAK, 12, ".tar.zst"),
			    "../packs/" BAK "-00000012.tar.zst");
	assert_true(layout_key_is_sound(key, "data/"));
	assert_false(layout_key_is_sound(key, "index/"));
	assert_int_equal(layout_number(key), 12);
	assert_int_equal(layout_number("data/00000345.sql.zst"), 345);
	assert_true(layout_pack_parse(key, bak));
	assert_string_equal(bak, BAK);
	assert_false(layout_pack_parse("data/00000345.sql.zst", bak));
	assert_string_equal(layout_object(object, SRC, "bak_x", key),
			    "coffer/v1/" SRC "/packs/" BAK "-00000012.tar.zst");
	assert_true(layout_pack_object(object, SRC, bak, &number));
	assert_string_equal(bak, BAK);
	assert_int_equal(number, 12);
	assert_false(layout_pack_object(object, BAK, bak, &number));
	assert_string_equal(layout_packs(key, SRC, BAK),
			    "coffer/v1/" SRC "/packs/" BAK "-");
	assert_string_equal(layout_packs(key, SRC, ""),
			    "coffer/v1/" SRC "/packs/");
	assert_string_equal(layout_backups(key, SRC), "coffer/v1/" SRC "/bak_");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(layout_key_is_sound(bad[i], "data/"));
}

static void test_readme(void **state)
{
	const char *text = layout_readme();

	(void)state;
	assert_non_null(strstr(text, "zstd -dc"));
	assert_non_null(strstr(text, "--appendonly no"));
	for (const char *line = text; *line != '\0';) {
		const char *nl = strchr(line, '\n');

		assert_non_null(nl);
		assert_true(nl - line <= 80);
		line = nl + 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	   cmocka_unit_test(test_parse),
		cmocka_unit_test(test_sound_keys), cmocka_unit_test(test_packs),
		cmocka_unit_test(test_readme),
	};

	return cmocka_run_group_tests_name("layout", tests, NULL, NULL);
}
