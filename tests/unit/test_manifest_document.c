/* test_manifest_document.c - the manifest, written, read and refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "manifest/manifest_int.h"
#include "manifest/parts.h"
#include "test_manifest_rig.h"

static const unsigned char seed[SIGNER_SEED_LEN] = {42};
static const unsigned char other_seed[SIGNER_SEED_LEN] = {43};

static void add(struct manifest_objects *to, const char *folder, unsigned n,
		const char *first_item)
{
	char key[64];
	struct manifest_object o = {
		.key = key,
		.stored_bytes = 1000 + n,
		.plain_bytes = 5000 + n,
		.first_item = (char *)(uintptr_t)first_item,
	};
	struct err e = {0};

	(void)snprintf(key, sizeof(key), "%s/%08u.x.zst", folder, n);
	(void)sha256_hex(key, strlen(key), o.sha256);
	assert_true(manifest_add(to, &o, &e));
}

static void fill(struct rig *r, unsigned nparts)
{
	struct manifest *m = &r->m;

	memset(r, 0, sizeof(*r));
	rig_describe(r);
	for (unsigned i = 1; i <= nparts; i++) {
		add(&m->parts, "data", i, NULL);
		m->plain_bytes += m->parts.list[i - 1].plain_bytes;
		m->stored_bytes += m->parts.list[i - 1].stored_bytes;
	}
	m->part_count = nparts;
	add(&m->index, "index", 1, "schema:shop/a");
	add(&m->index, "index", 2, "data:shop/\xc3\xa4");
}

static char *format(const struct manifest *m, char digest[SHA256_HEX_MAX])
{
	struct err e = {0};
	struct signer *s = signer_new(seed, &e);
	char *text = manifest_format(m, s, digest, &e);

	assert_non_null(text);
	signer_free(s);
	return text;
}

static bool parses(const char *text, size_t len, const char *expected,
		   struct err *e)
{
	struct manifest m = {0};

	if (!manifest_parse(&m, text, len, expected, NULL, e)) {
		assert_true(err_is(e));
		assert_null(m.name);
		return false;
	}
	manifest_fini(&m);
	return true;
}

static void test_round_trip(void **state)
{
	struct rig r;
	struct manifest m = {0};
	struct err e = {0};
	char digest[SHA256_HEX_MAX], again[SHA256_HEX_MAX];
	struct signer *s = signer_new(seed, &e);
	char *text, *second;

	(void)state;
	fill(&r, 3);
	r.m.physical_json = strdup("{\"to_lsn\":44404}");
	r.m.names_digest = strdup("00112233445566778899aabbccddeeff");
	text = format(&r.m, digest);
	assert_true(manifest_parse(&m, text, strlen(text), digest, s, &e));
	assert_true(m.is_mine);
	assert_string_equal(m.physical_json, r.m.physical_json);
	assert_string_equal(m.names_digest, r.m.names_digest);
	assert_string_equal(m.digest, digest);
	assert_string_equal(m.public_key, signer_public(s));
	assert_string_equal(m.description, r.m.description);
	assert_string_equal(m.scope_json, r.m.scope_json);
	assert_string_equal(m.plan_json, "null");
	assert_string_equal(m.warnings_json, "[]");
	assert_int_equal(m.started_at, r.m.started_at);
	assert_int_equal(m.longest_statement, 1024);
	assert_int_equal(m.parts.n, 3);
	assert_string_equal(m.index.list[1].first_item, "data:shop/\xc3\xa4");
	second = format(&m, again);
	assert_string_equal(text, second);
	assert_string_equal(digest, again);
	free(text);
	free(second);
	signer_free(s);
	manifest_fini(&m);
	manifest_fini(&r.m);
}

/* Sections and statements that go on in the next part, there and back. */
static void test_sections(void **state)
{
	struct rig r;
	struct manifest m = {0};
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	char *text, *lines;

	(void)state;
	fill(&r, 4);
	r.m.nsections = 2;
	r.m.sections[0] = (struct manifest_section){ITEM_SCHEMA, 1};
	r.m.sections[1] = (struct manifest_section){ITEM_POST, 3};
	r.m.parts.list[2].is_open = true;
	text = format(&r.m, digest);
	assert_non_null(strstr(text, "\"sections\":[{\"first_part\":1,"));
	assert_true(manifest_parse(&m, text, strlen(text), digest, NULL, &e));
	assert_int_equal(m.nsections, 2);
	assert_int_equal(m.sections[1].kind, ITEM_POST);
	assert_int_equal(m.sections[1].first_part, 3);
	assert_false(m.parts.list[1].is_open);
	assert_true(m.parts.list[2].is_open);
	manifest_fini(&m);
	free(text);
	lines = manifest_parts_format(r.m.parts.list, 4, &e);
	m.part_count = 4;
	assert_true(manifest_parts_parse(&m, lines, strlen(lines), &e));
	assert_true(m.parts.list[2].is_open);
	assert_false(m.parts.list[3].is_open);
	manifest_fini(&m);
	free(lines);
	manifest_fini(&r.m);
}

static void expect_bad_sections(const struct manifest_section *s, unsigned n,
				size_t open)
{
	struct rig r;
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	char *text;

	fill(&r, 4);
	r.m.nsections = n;
	memcpy(r.m.sections, s, n * sizeof(*s));
	r.m.parts.list[open].is_open = true;
	text = format(&r.m, digest);
	assert_false(parses(text, strlen(text), NULL, &e));
	assert_string_equal(e.api, "damaged_backup");
	free(text);
	manifest_fini(&r.m);
}

static void test_sections_out_of_order(void **state)
{
	const struct manifest_section good[] = {{ITEM_SCHEMA, 1},
						{ITEM_DATA, 3}};
	const struct manifest_section late[] = {{ITEM_SCHEMA, 2}};
	const struct manifest_section back[] = {{ITEM_DATA, 1},
						{ITEM_SCHEMA, 2}};
	const struct manifest_section same[] = {{ITEM_SCHEMA, 1},
						{ITEM_DATA, 1}};
	const struct manifest_section beyond[] = {{ITEM_SCHEMA, 1},
						  {ITEM_DATA, 5}};

	(void)state;
	expect_bad_sections(late, 1, 0);
	expect_bad_sections(back, 2, 0);
	expect_bad_sections(same, 2, 0);
	expect_bad_sections(beyond, 2, 0);
	expect_bad_sections(good, 2, 1); /* a section ends in a statement */
	expect_bad_sections(good, 2, 3); /* or all of it does */
}

static void test_who_signed(void **state)
{
	struct rig r;
	struct manifest m = {0};
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	struct signer *other = signer_new(other_seed, &e);
	char *text;

	(void)state;
	fill(&r, 1);
	text = format(&r.m, digest);
	assert_true(manifest_parse(&m, text, strlen(text), NULL, other, &e));
	assert_false(m.is_mine);
	manifest_fini(&m);
	free(text);
	signer_free(other);
	manifest_fini(&r.m);
}

static void test_another_digest_was_expected(void **state)
{
	struct rig r;
	struct err e = {0};
	char first[SHA256_HEX_MAX], second[SHA256_HEX_MAX];
	char *a, *b;

	(void)state;
	fill(&r, 1);
	a = format(&r.m, first);
	r.m.longest_statement++;
	b = format(&r.m, second);
	assert_true(parses(a, strlen(a), first, &e));
	assert_false(parses(b, strlen(b), first, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	free(a);
	free(b);
	manifest_fini(&r.m);
}

static void test_every_byte_changed_and_cut(void **state)
{
	static const unsigned char masks[] = {1,    2,	  4,	8,
					      0x10, 0x20, 0x40, 0x80};
	struct rig r;
	char digest[SHA256_HEX_MAX];
	char *text;
	size_t len;

	(void)state;
	fill(&r, 2);
	text = format(&r.m, digest);
	len = strlen(text);
	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < sizeof(masks); k++) {
			struct err e = {0};

			text[i] = (char)(text[i] ^ masks[k]);
			assert_false(parses(text, len, NULL, &e));
			assert_string_equal(e.api, "damaged_backup");
			text[i] = (char)(text[i] ^ masks[k]);
		}
	}
	for (size_t cut = 0; cut < len; cut++) {
		struct err e = {0};

		assert_false(parses(text, cut, NULL, &e));
	}
	free(text);
	manifest_fini(&r.m);
}

/* A document with a member changed, and sealed again by its maker: what is
 * left to refuse is the content. value NULL: the member goes. */
static char *resealed(const char *text, const char *member, const char *value)
{
	struct err e = {0};
	struct signer *s = signer_new(seed, &e);
	json_t *doc = json_loads(text, 0, NULL);
	char digest[SHA256_HEX_MAX], signature[SIGNATURE_HEX_MAX];
	char *rest, *out;

	(void)json_object_del(doc, "digest");
	(void)json_object_del(doc, "signature");
	if (value == NULL)
		(void)json_object_del(doc, member);
	else
		assert_int_equal(
			json_object_set_new(
				doc, member,
				json_loads(value, JSON_DECODE_ANY, NULL)),
			0);
	rest = manifest_canonical(doc);
	(void)sha256_hex(rest, strlen(rest), digest);
	assert_true(signer_sign(s, rest, strlen(rest), signature, &e));
	json_object_set_new(doc, "digest", json_string(digest));
	json_object_set_new(doc, "signature", json_string(signature));
	out = manifest_canonical(doc);
	free(rest);
	json_decref(doc);
	signer_free(s);
	return out;
}

static bool accepts(const char *text, const char *member, const char *value)
{
	char *changed = resealed(text, member, value);
	struct err e = {0};
	bool ok = parses(changed, strlen(changed), NULL, &e);

	free(changed);
	return ok;
}

#define SHA                                                                    \
	"\"0123456789012345678901234567890123456789012345678901234567890123\""

static const struct {
	const char *member, *value;
} refused[] = {
	{"format", "\"other\""},
	{"format", NULL},
	{"format_version", "\"2.0\""},
	{"format_version", "\"0.9\""},
	{"format_version", "\"1\""},
	{"format_version", "\"one\""},
	{"format_version", "1"},
	{"compression", "\"lzma\""},
	{"compression", NULL},
	{"encryption", "\"age\""},
	{"encryption", "{}"},
	{"encryption", NULL},
	{"backup_id", "\"src_01HZZZZZZZZZZZZZZZZZZZZZZZ\""},
	{"backup_id", "\"../../x\""},
	{"source_id", "\"\""},
	{"source_id", "7"},
	{"name", "null"},
	{"name", NULL},
	{"plan", "[]"},
	{"counts", "null"},
	{"warnings", "{}"},
	{"consistency", "\"x\""},
	{"started_at", "\"yesterday\""},
	{"started_at", "1"},
	{"plain_bytes", "-1"},
	{"plain_bytes", "1.5"},
	{"plain_bytes", "1"},
	{"stored_bytes", "0"},
	{"part_count", "2"},
	{"longest_statement", "\"1\""},
	{"physical", "[]"},
	{"physical", "null"},
	{"names_digest", "\"12\""},
	{"names_digest", "null"},
	{"index", "{}"},
	{"index", NULL},
	{"parts", NULL},
	{"parts", "[]"},
	{"parts", "[1]"},
	{"part_lists", "[]"},
	{"parts", "[{\"key\":\"data/../x\",\"plain_bytes\":5001,\"sha256\":" SHA
		  ",\"stored_bytes\":1001}]"},
	{"parts", "[{\"key\":\"index/00000001.sql.zst\",\"plain_bytes\":5001,"
		  "\"sha256\":" SHA ",\"stored_bytes\":1001}]"},
	{"parts", "[{\"key\":\"data/00000001.sql.zst\",\"plain_bytes\":5001,"
		  "\"sha256\":\"\",\"stored_bytes\":1001}]"},
	{"parts", "[{\"key\":\"data/00000001.sql.zst\",\"plain_bytes\":5001,"
		  "\"sha256\":" SHA "}]"},
	{"index", "[{\"key\":\"index/00000001.jsonl.zst\",\"plain_bytes\":5,"
		  "\"sha256\":" SHA ",\"stored_bytes\":1}]"},
	{"index", "[{\"key\":\"index/00000001.jsonl.zst\",\"plain_bytes\":"
		  "99999999,\"sha256\":" SHA
		  ",\"stored_bytes\":1,\"first_item\":\"\"}]"},
	{"index",
	 "[{\"key\":\"index/00000001.jsonl.zst\",\"plain_bytes\":5,"
	 "\"sha256\":" SHA ",\"stored_bytes\":268435457,\"first_item\":\"\"}]"},
};

static void test_signed_nonsense(void **state)
{
	struct rig r;
	char digest[SHA256_HEX_MAX];
	char *text;

	(void)state;
	fill(&r, 1);
	text = format(&r.m, digest);
	assert_true(accepts(text, "format_version", "\"1.7\""));
	assert_true(accepts(text, "a_later_member", "[1,2]"));
	assert_true(accepts(text, "parts",
			    "[{\"key\":\"data/00000001.sql.zst\","
			    "\"plain_bytes\":5001,\"sha256\":" SHA
			    ",\"stored_bytes\":1001}]"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		if (accepts(text, refused[i].member, refused[i].value))
			fail_msg("%s: %s", refused[i].member, refused[i].value);
	}
	free(text);
	manifest_fini(&r.m);
}

static void test_out_of_order(void **state)
{
	struct rig r;
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	struct manifest_object saved;
	char *text;

	(void)state;
	fill(&r, 3);
	saved = r.m.parts.list[0];
	r.m.parts.list[0] = r.m.parts.list[1];
	r.m.parts.list[1] = saved;
	text = format(&r.m, digest);
	assert_false(parses(text, strlen(text), NULL, &e));
	free(text);
	manifest_fini(&r.m);
}

static void test_other_spelling(void **state)
{
	struct rig r;
	char digest[SHA256_HEX_MAX];
	char *text, *spaced;
	struct err e = {0};

	(void)state;
	fill(&r, 1);
	text = format(&r.m, digest);
	spaced = malloc(strlen(text) + 2);
	(void)sprintf(spaced, "%s\n", text);
	assert_false(parses(spaced, strlen(spaced), NULL, &e));
	free(spaced);
	free(text);
	manifest_fini(&r.m);
}

/* With 100,000 parts the lists are elsewhere, and the manifest is small. */
static void test_many_parts(void **state)
{
	struct rig r;
	struct manifest m = {0};
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	char *text;

	(void)state;
	fill(&r, 100000);
	assert_true(manifest_objects_weight(&r.m.parts) >
		    MANIFEST_INLINE_BYTES);
	for (unsigned i = 0; i < 100000 / MANIFEST_LIST_PARTS; i++)
		add(&r.m.part_lists, "parts", i + 1, NULL);
	text = format(&r.m, digest);
	assert_true(strlen(text) < 16384);
	assert_true(manifest_parse(&m, text, strlen(text), NULL, NULL, &e));
	assert_false(manifest_check_parts(&m, &e));
	err_clear(&e);
	for (size_t i = 0; i < r.m.parts.n; i += MANIFEST_LIST_PARTS) {
		char *lines = manifest_parts_format(&r.m.parts.list[i],
						    MANIFEST_LIST_PARTS, &e);

		assert_true(strlen(lines) < 1024 * 1024);
		assert_true(manifest_parts_parse(&m, lines, strlen(lines), &e));
		free(lines);
	}
	assert_true(manifest_check_parts(&m, &e));
	assert_string_equal(m.parts.list[99999].sha256,
			    r.m.parts.list[99999].sha256);
	free(text);
	manifest_fini(&m);
	manifest_fini(&r.m);
}

static void test_bad_part_lists(void **state)
{
	static const char *const bad[] = {
		"{}\n",
		"[]\n",
		"\n",
		"{\"key\":\"data/00000001.sql.zst\"",
		"{\"key\":\"data/00000001.sql.zst\",\"plain_bytes\":1,"
		"\"sha256\":" SHA ",\"stored_bytes\":1}",
		"{\"key\":\"data/00000001.sql.zst\",\"plain_bytes\":1,"
		"\"sha256\":" SHA ",\"stored_bytes\":0}\n",
		"{\"key\":\"data/00000001.sql.zst\",\"plain_bytes\":1,"
		"\"sha256\":" SHA ",\"stored_bytes\":1}\n"
		"{\"key\":\"data/00000002.sql.zst\",\"plain_bytes\":1,"
		"\"sha256\":" SHA ",\"stored_bytes\":1}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct manifest m = {.part_count = 1};
		struct err e = {0};

		assert_false(
			manifest_parts_parse(&m, bad[i], strlen(bad[i]), &e));
		assert_int_equal(e.code, ERR_DAMAGED);
		manifest_fini(&m);
	}
}

static void test_bad_values_are_not_written(void **state)
{
	struct rig r;
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	struct signer *s = signer_new(seed, &e);

	(void)state;
	fill(&r, 1);
	free(r.m.session_json);
	r.m.session_json = strdup("{broken");
	assert_null(manifest_format(&r.m, s, digest, &e));
	assert_int_equal(e.code, ERR_BUG);
	err_clear(&e);
	free(r.m.session_json);
	r.m.session_json = NULL;
	free(r.m.name);
	r.m.name = strdup("\xff");
	assert_null(manifest_format(&r.m, s, digest, &e));
	signer_free(s);
	manifest_fini(&r.m);
}

static void test_too_long(void **state)
{
	struct rig r;
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	struct signer *s = signer_new(seed, &e);
	size_t len = MANIFEST_MAX_BYTES;

	(void)state;
	fill(&r, 1);
	free(r.m.scope_json);
	r.m.scope_json = malloc(len + 3);
	memset(r.m.scope_json, 'x', len + 3);
	r.m.scope_json[0] = r.m.scope_json[len + 1] = '"';
	r.m.scope_json[len + 2] = '\0';
	assert_null(manifest_format(&r.m, s, digest, &e));
	assert_int_equal(e.code, ERR_INVALID);
	signer_free(s);
	manifest_fini(&r.m);
}

#define AGE_KEY "age1knslxrmu56pcft7dhp2m2zy43s4u36u07ajun7d7465vvgfa3g9s5svuya"

/* As fill(), encrypted: the sizes are those of age files. */
static void fill_sealed(struct rig *r)
{
	struct err e = {0};
	const struct manifest_object meta = {
		.key = (char[]){"meta/00000001.json.zst.age"},
		.stored_bytes = 400,
		.plain_bytes = 30,
		.sha256 = "0123456789012345678901234567890123456789"
			  "012345678901234567890123",
	};

	fill(r, 2);
	rig_encrypt(r);
	r->m.recipients = r->recipients;
	for (size_t i = 0; i < 2; i++) {
		free(r->m.parts.list[i].key);
		free(r->m.index.list[i].key);
		r->m.parts.list[i].key =
			strdup(i == 0 ? "data/00000001.x.zst.age"
				      : "data/00000002.x.zst.age");
		r->m.index.list[i].key =
			strdup(i == 0 ? "index/00000001.x.zst.age"
				      : "index/00000002.x.zst.age");
	}
	assert_true(manifest_add(&r->m.meta, &meta, &e));
}

static void test_encrypted(void **state)
{
	struct rig r;
	struct manifest m = {0};
	struct err e = {0};
	char digest[SHA256_HEX_MAX];
	char *text;

	(void)state;
	fill_sealed(&r);
	text = format(&r.m, digest);
	assert_true(manifest_parse(&m, text, strlen(text), digest, NULL, &e));
	assert_int_equal(m.recipients.n, 2);
	assert_memory_equal(&m.recipients, &r.recipients, sizeof(m.recipients));
	assert_int_equal(m.meta.n, 1);
	assert_string_equal(m.meta.list[0].key, "meta/00000001.json.zst.age");
	assert_int_equal(manifest_part_length(&m, &m.parts.list[0]),
			 m.parts.list[0].stored_bytes - age_header_bytes(2) -
				 AGE_TAG_LEN);
	manifest_fini(&m);
	manifest_fini(&r.m);
	free(text);
}

/* Signed by its maker, and refused all the same. */
static void test_unknown_encryption(void **state)
{
	static const char *const unknown[] = {
		"null", /* but the names end in .age */
		"{}",
		"{\"format\":\"age-v2\",\"recipients\":[\"" AGE_KEY "\"]}",
		"{\"format\":\"age-v1\"}",
		"{\"format\":\"age-v1\",\"recipients\":[]}",
		"{\"format\":\"age-v1\",\"recipients\":[7]}",
		"{\"format\":\"age-v1\",\"recipients\":[\"age1x\"]}",
		"{\"format\":\"age-v1\",\"recipients\":[\"" AGE_KEY
		"\",\"" AGE_KEY "\"]}",
	};
	struct rig r;
	char digest[SHA256_HEX_MAX];
	char *text;

	(void)state;
	fill_sealed(&r);
	/* For one recipient the same sizes are possible, too. */
	text = format(&r.m, digest);
	assert_true(accepts(text, "encryption",
			    "{\"format\":\"age-v1\",\"recipients\":[\"" AGE_KEY
			    "\"]}"));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(*unknown); i++)
		assert_false(accepts(text, "encryption", unknown[i]));
	assert_false(accepts(text, "meta", "{}"));
	assert_false(accepts(text, "meta", "[7]"));
	manifest_fini(&r.m);
	free(text);
}

/* A size that no age file has, and a name that says it is none. */
static void test_parts_that_are_no_age_files(void **state)
{
	struct rig r;
	char digest[SHA256_HEX_MAX];
	struct err e = {0};
	char *text;

	(void)state;
	fill_sealed(&r);
	r.m.stored_bytes -= r.m.parts.list[0].stored_bytes;
	r.m.parts.list[0].stored_bytes = age_header_bytes(2) + 15;
	r.m.stored_bytes += r.m.parts.list[0].stored_bytes;
	text = format(&r.m, digest);
	assert_false(parses(text, strlen(text), NULL, &e));
	assert_non_null(strstr(e.msg, "age file"));
	manifest_fini(&r.m);
	free(text);
	fill_sealed(&r);
	r.m.parts.list[1].key[strlen(r.m.parts.list[1].key) - 4] = '\0';
	text = format(&r.m, digest);
	err_clear(&e);
	assert_false(parses(text, strlen(text), NULL, &e));
	assert_non_null(strstr(e.msg, "encryption"));
	manifest_fini(&r.m);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_sections),
		cmocka_unit_test(test_sections_out_of_order),
		cmocka_unit_test(test_who_signed),
		cmocka_unit_test(test_another_digest_was_expected),
		cmocka_unit_test(test_every_byte_changed_and_cut),
		cmocka_unit_test(test_signed_nonsense),
		cmocka_unit_test(test_out_of_order),
		cmocka_unit_test(test_other_spelling),
		cmocka_unit_test(test_encrypted),
		cmocka_unit_test(test_unknown_encryption),
		cmocka_unit_test(test_parts_that_are_no_age_files),
		cmocka_unit_test(test_many_parts),
		cmocka_unit_test(test_bad_part_lists),
		cmocka_unit_test(test_bad_values_are_not_written),
		cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
