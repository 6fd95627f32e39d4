/* test_exchange.c - conversations with a store that works. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "manifest/layout.h"
#include "manifest/manifest_int.h"
#include "test_manifest_rig.h"

static void claim(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_claim(&env, &rig_owner, rig_done, r, &e));
}

static void publish(struct rig *r, char digest[SHA256_HEX_MAX])
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_publish(&env, &r->m, digest, rig_done, r, &e));
	assert_int_equal(strlen(digest), SHA256_HEX_MAX - 1);
}

static void fetch(struct rig *r, const char *digest, struct manifest *m)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_fetch(&env,
				       &(struct exchange_wanted){
					       RIG_SOURCE, RIG_BACKUP, digest},
				       m, rig_done, r, &e));
}

static void remove_all(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done,
					r, &e));
}

static bool any_line(void *arg, const struct index_line *l, struct err *e)
{
	(void)arg;
	(void)l;
	(void)e;
	return true;
}

static const char *text_of(struct rig *r, const char *key)
{
	const struct fake_object *o = fake_store_find(r->fake, key);
	static char text[16384];

	assert_non_null(o);
	assert_true(o->len < sizeof(text));
	memcpy(text, o->bytes, o->len);
	text[o->len] = '\0';
	return text;
}

static void test_claim(void **state)
{
	struct rig r;
	json_t *doc;

	(void)state;
	rig_init(&r, 1);
	claim(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(text_of(&r, "coffer/v1/README.txt"),
			    layout_readme());
	doc = json_loads(text_of(&r, RIG_FOLDER "owner.json"), 0, NULL);
	assert_string_equal(json_string_value(json_object_get(doc, "job_id")),
			    "job_1");
	assert_string_equal(
		json_string_value(json_object_get(doc, "server_id")), "srv_1");
	json_decref(doc);
	assert_int_equal(r.fake->puts, 2);
	/* The text is written once, and another one is left alone. */
	claim(&r);
	assert_int_equal(r.fake->puts, 3);
	fake_store_set(r.fake, "coffer/v1/README.txt", "mine", 4);
	claim(&r);
	assert_string_equal(text_of(&r, "coffer/v1/README.txt"), "mine");
	rig_fini(&r);
}

static void test_readme_that_is_longer(void **state)
{
	struct rig r;
	char text[12000] = "another text";

	(void)state;
	rig_init(&r, 1);
	fake_store_set(r.fake, "coffer/v1/README.txt", text, sizeof(text));
	claim(&r);
	assert_false(err_is(&r.err));
	assert_string_equal(text_of(&r, "coffer/v1/README.txt"), text);
	rig_fini(&r);
}

static void make(struct rig *r)
{
	rig_init(r, 3);
	rig_make_items(r, 50, 5000);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
}

static void test_publish_and_fetch(void **state)
{
	struct rig r;
	struct manifest m = {0};
	char digest[SHA256_HEX_MAX];

	(void)state;
	make(&r);
	publish(&r, digest);
	assert_false(err_is(&r.err));
	fetch(&r, digest, &m);
	assert_false(err_is(&r.err));
	assert_string_equal(m.digest, digest);
	assert_true(m.is_mine);
	assert_int_equal(m.parts.n, r.m.parts.n);
	assert_string_equal(m.name, r.m.name);
	manifest_fini(&m);
	fetch(&r, NULL, &m);
	assert_false(err_is(&r.err));
	manifest_fini(&m);
	digest[3] ^= 1;
	fetch(&r, digest, &m);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_null(m.name);
	rig_fini(&r);
}

/* The store has another manifest than it was given. */
static void test_publish_is_compared(void **state)
{
	static const enum fake_mode modes[] = {FAKE_TWIST, FAKE_FORGET};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct rig r;
		char digest[SHA256_HEX_MAX];

		make(&r);
		r.fake->matched = 0;
		r.fake->fault_kinds = FAKE_PUT;
		r.fake->fault_at = 1;
		r.fake->fault_mode = modes[i];
		publish(&r, digest);
		assert_true(err_is(&r.err));
		assert_string_equal(r.err.api, "store_failed");
		rig_fini(&r);
	}
}

static void test_old_manifest_comes_back(void **state)
{
	struct rig r;
	char digest[SHA256_HEX_MAX];

	(void)state;
	make(&r);
	publish(&r, digest);
	r.m.longest_statement++;
	r.fake->matched = 0;
	r.fake->fault_kinds = FAKE_PUT;
	r.fake->fault_at = 1;
	r.fake->fault_mode = FAKE_FORGET;
	publish(&r, digest);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_string_equal(r.err.api, "store_failed");
	rig_fini(&r);
}

static void test_no_manifest(void **state)
{
	struct rig r;
	struct manifest m = {0};

	(void)state;
	rig_init(&r, 3);
	fetch(&r, NULL, &m);
	assert_int_equal(r.err.code, ERR_NOT_FOUND);
	assert_string_equal(r.err.api, "damaged_backup");
	rig_fini(&r);
}

/* The manifest of another backup in this one's place. */
static void test_manifest_of_another(void **state)
{
	struct rig r;
	struct manifest m = {0};
	char digest[SHA256_HEX_MAX];
	struct fake_object *o;

	(void)state;
	make(&r);
	r.m.backup_id[4] = '1';
	r.m.backup_id[5] = '2';
	publish(&r, digest);
	o = &r.fake->objects[r.fake->nobjects - 1];
	for (size_t i = 0; i < r.fake->nobjects; i++) {
		if (strstr(r.fake->objects[i].key, "manifest.json") != NULL)
			o = &r.fake->objects[i];
	}
	fake_store_set(r.fake, RIG_FOLDER "manifest.json", o->bytes, o->len);
	fetch(&r, NULL, &m);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	rig_fini(&r);
}

/* So many parts that they are listed apart. */
static void make_long(struct rig *r, char digest[SHA256_HEX_MAX])
{
	rig_init(r, 4);
	r->npipes = 1;
	r->part_bytes = 1;
	r->frame_bytes = 4;
	r->puts_at_once = 8;
	r->level = 0;
	r->has_open_frames = false;
	rig_make_items(r, 300, 80);
	rig_backup(r);
	assert_false(err_is(&r->err));
	rig_describe(r);
	assert_true(r->m.part_lists.n > 0);
	publish(r, digest);
	assert_false(err_is(&r->err));
}

static void test_part_lists(void **state)
{
	struct rig r;
	struct manifest m = {0};
	char digest[SHA256_HEX_MAX];

	(void)state;
	make_long(&r, digest);
	fetch(&r, digest, &m);
	assert_false(err_is(&r.err));
	assert_int_equal(m.parts.n, r.m.parts.n);
	assert_string_equal(m.parts.list[m.parts.n - 1].sha256,
			    r.m.parts.list[m.parts.n - 1].sha256);
	manifest_fini(&m);
	rig_fini(&r);
}

static void test_damaged_part_list(void **state)
{
	struct rig r;
	struct manifest m = {0};
	char digest[SHA256_HEX_MAX];
	const char *key = RIG_FOLDER "parts/00000001.jsonl";
	struct fake_object *o;

	(void)state;
	make_long(&r, digest);
	o = fake_store_find(r.fake, key);
	o->bytes[o->len / 2] ^= 1;
	fetch(&r, digest, &m);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_non_null(strstr(r.err.msg, "parts/00000001.jsonl"));
	o->bytes[o->len / 2] ^= 1;
	o->len--;
	fetch(&r, digest, &m);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	fake_store_drop(r.fake, key);
	fetch(&r, digest, &m);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_null(m.name);
	rig_fini(&r);
}

static void read_index(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_index(&env, &r->m, any_line, rig_done, r, &e));
}

static void test_damaged_index(void **state)
{
	struct rig r;
	const char *key = RIG_FOLDER "index/00000001.jsonl.zst";
	struct fake_object *o;

	(void)state;
	make(&r);
	o = fake_store_find(r.fake, key);
	o->bytes[o->len / 2] ^= 1;
	read_index(&r);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_non_null(strstr(r.err.msg, "index/00000001.jsonl.zst"));
	o->bytes[o->len / 2] ^= 1;
	r.m.index.list[0].plain_bytes++;
	read_index(&r);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	fake_store_drop(r.fake, key);
	read_index(&r);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	rig_fini(&r);
}

static void misread(struct rig *r, unsigned at, bool is_lasting)
{
	r->fake->matched = r->fake->gets = 0;
	r->fake->fault_kinds = FAKE_GET;
	r->fake->fault_at = at;
	r->fake->fault_mode = at % 2 ? FAKE_TWIST : FAKE_FORGET;
	r->fake->is_lasting = is_lasting;
}

/* What is wrong on its way here is asked for again; twice is damage. */
static void test_read_wrongly_once(void **state)
{
	struct rig r;
	struct manifest m = {0};
	char digest[SHA256_HEX_MAX];

	(void)state;
	make_long(&r, digest);
	for (unsigned at = 1; at <= 1 + r.m.part_lists.n; at++) {
		misread(&r, at, false);
		fetch(&r, digest, &m);
		assert_false(err_is(&r.err));
		assert_int_equal(m.parts.n, r.m.parts.n);
		assert_int_equal(r.fake->gets, 2 + r.m.part_lists.n);
		manifest_fini(&m);
		misread(&r, at, true);
		fetch(&r, digest, &m);
		assert_int_equal(r.err.code, ERR_DAMAGED);
		assert_int_equal(r.fake->gets, at + 1);
	}
	for (unsigned at = 1; at <= r.m.index.n; at++) {
		misread(&r, at, false);
		read_index(&r);
		assert_false(err_is(&r.err));
		assert_int_equal(r.fake->gets, r.m.index.n + 1);
		misread(&r, at, true);
		read_index(&r);
		assert_int_equal(r.err.code, ERR_DAMAGED);
	}
	misread(&r, 1, false);
	publish(&r, digest);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->gets, 2);
	rig_fini(&r);
}

static void test_remove(void **state)
{
	struct rig r;
	char digest[SHA256_HEX_MAX];

	(void)state;
	make(&r);
	claim(&r);
	publish(&r, digest);
	fake_store_set(r.fake, "coffer/v1/" RIG_SOURCE "/other", "x", 1);
	remove_all(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 2);
	/* again: what is gone is gone */
	remove_all(&r);
	assert_false(err_is(&r.err));
	rig_fini(&r);
}

/* More than one listing and batches of at most 1000. */
static void test_remove_many(void **state)
{
	(void)state;
	for (size_t page = 0; page <= 700; page += 700) {
		struct rig r;
		char key[LAYOUT_KEY_MAX];

		rig_init(&r, 1);
		claim(&r);
		for (unsigned i = 0; i < 20100; i++) {
			(void)snprintf(key, sizeof(key), RIG_FOLDER "data/%08u",
				       i);
			fake_store_set(r.fake, key, "x", 1);
		}
		r.fake->page = page;
		remove_all(&r);
		assert_false(err_is(&r.err));
		assert_int_equal(r.fake->nobjects, 1);
		assert_int_equal(r.fake->lists, 3);
		assert_int_equal(r.fake->keys_peak, 1000);
		rig_fini(&r);
	}
}

static void test_nothing_goes_away(void **state)
{
	struct rig r;
	char key[LAYOUT_KEY_MAX];

	(void)state;
	rig_init(&r, 1);
	for (unsigned i = 0; i < 10001; i++) {
		(void)snprintf(key, sizeof(key), RIG_FOLDER "data/%08u", i);
		fake_store_set(r.fake, key, "x", 1);
	}
	r.fake->keeps_removed = true;
	remove_all(&r);
	assert_int_equal(r.err.code, ERR_REMOTE);
	assert_int_equal(r.fake->nobjects, 10001);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_readme_that_is_longer),
		cmocka_unit_test(test_publish_and_fetch),
		cmocka_unit_test(test_publish_is_compared),
		cmocka_unit_test(test_old_manifest_comes_back),
		cmocka_unit_test(test_no_manifest),
		cmocka_unit_test(test_manifest_of_another),
		cmocka_unit_test(test_part_lists),
		cmocka_unit_test(test_damaged_part_list),
		cmocka_unit_test(test_damaged_index),
		cmocka_unit_test(test_read_wrongly_once),
		cmocka_unit_test(test_remove),
		cmocka_unit_test(test_remove_many),
		cmocka_unit_test(test_nothing_goes_away),
	};

	return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
