/* test_exchange_pool.c - what lies in a pool, whose it is, and what servers say
 * of themselves. */
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
#include "manifest/listing.h"
#include "manifest/servers.h"
#include "test_manifest_rig.h"

#define OTHER_BACKUP "bak_01HZZZZZZZZZZZZZZZZZZZZZZY"
#define SERVER	     "srv_01HZZZZZZZZZZZZZZZZZZZZZZZ"

static void set(struct rig *r, const char *key, const char *text)
{
	fake_store_set(r->fake, key, text, strlen(text));
}

static void set_owner(struct rig *r, const char *server)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "{\"format\":\"coffer-owner\",\"source_id\":\"%s\","
		       "\"backup_id\":\"%s\",\"server_id\":\"%s\","
		       "\"job_id\":\"job_1\"}",
		       RIG_SOURCE, RIG_BACKUP, server);
	set(r, RIG_FOLDER "owner.json", text);
}

/* --- listing */

struct seen {
	struct rig *rig;
	struct listing_entry list[8];
	size_t n;
};

static void on_entry(void *arg, const struct listing_entry *entry)
{
	struct seen *s = arg;

	assert_true(s->n < 8);
	s->list[s->n++] = *entry;
}

static void on_listed(void *arg, const struct err *e)
{
	struct seen *s = arg;

	rig_done(s->rig, e);
}

static void list(struct rig *r, struct seen *s)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	memset(s, 0, sizeof(*s));
	s->rig = r;
	rig_converse(r, exchange_list(&env, on_entry, on_listed, s, &e));
}

static void test_list(void **state)
{
	struct seen s;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	list(&r, &s);
	assert_int_equal(s.n, 0);
	set(&r, "coffer/v1/README.txt", "x");
	set(&r, "coffer/v1/notes/mine/manifest.json", "x");
	set(&r, "coffer/v1/servers/" SERVER ".json", "x");
	set(&r, RIG_FOLDER "data/00000001.sql.zst", "x");
	set(&r, RIG_FOLDER "data/00000002.sql.zst", "x");
	set(&r, RIG_FOLDER "manifest.json", "x");
	set(&r, RIG_FOLDER "owner.json", "x");
	set(&r, "coffer/v1/" RIG_SOURCE "/" OTHER_BACKUP "/owner.json", "x");
	r.fake->page = 2;
	list(&r, &s);
	assert_false(err_is(&r.err));
	assert_int_equal(s.n, 2);
	assert_string_equal(s.list[0].backup_id, OTHER_BACKUP);
	assert_false(s.list[0].has_manifest);
	assert_true(s.list[0].has_owner);
	assert_string_equal(s.list[1].backup_id, RIG_BACKUP);
	assert_string_equal(s.list[1].source_id, RIG_SOURCE);
	assert_true(s.list[1].has_manifest);
	assert_true(s.list[1].has_owner);
	rig_fini(&r);
}

static void test_list_fails(void **state)
{
	struct seen s;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	r.fake->fault_kinds = FAKE_LIST;
	r.fake->fault_at = 1;
	r.fake->fault_code = ERR_CONNECT;
	list(&r, &s);
	assert_int_equal(r.err.code, ERR_CONNECT);
	rig_fini(&r);
}

/* --- owners */

static void own(struct rig *r, const char *from, struct owner_found *out)
{
	const struct exchange_env env = rig_env(r);
	const struct owner_change change = {RIG_SOURCE, RIG_BACKUP, from};
	struct err e = {0};

	rig_converse(r, exchange_own(&env, &change, out, rig_done, r, &e));
}

static void read_owner(struct rig *r, struct owner_found *out)
{
	memset(out, 0, sizeof(*out));
	own(r, "", out);
}

static void remove_all(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};

	rig_converse(r, exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done,
					r, &e));
}

static void test_owner(void **state)
{
	struct owner_found out;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	read_owner(&r, &out);
	assert_int_equal(r.err.code, ERR_NOT_FOUND);
	set_owner(&r, "srv_2");
	read_owner(&r, &out);
	assert_false(err_is(&r.err));
	assert_string_equal(out.server_id, "srv_2");
	set(&r, RIG_FOLDER "owner.json", "{\"format\":\"coffer-owner\"}");
	read_owner(&r, &out);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_string_equal(out.server_id, "");
	rig_fini(&r);
}

static void test_takeover_of_one(void **state)
{
	struct owner_found out;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	set_owner(&r, "srv_2");
	own(&r, "srv_3", &out); /* not its backup: nothing is written */
	assert_string_equal(out.server_id, "srv_2");
	assert_int_equal(r.fake->puts, 0);
	own(&r, "srv_2", &out);
	assert_string_equal(out.server_id, "srv_2");
	assert_int_equal(r.fake->puts, 1);
	own(&r, "srv_2", &out); /* again, as after a cut */
	assert_string_equal(out.server_id, "srv_1");
	assert_int_equal(r.fake->puts, 1);
	rig_fini(&r);
}

static void test_nothing_of_others_is_removed(void **state)
{
	struct owner_found out;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	set_owner(&r, "srv_2");
	set(&r, RIG_FOLDER "manifest.json", "x");
	remove_all(&r);
	assert_int_equal(r.err.code, ERR_CONFLICT);
	assert_string_equal(r.err.api, "not_owner");
	assert_int_equal(r.fake->removes, 0);
	set(&r, RIG_FOLDER "owner.json", "nonsense");
	remove_all(&r);
	assert_int_equal(r.err.code, ERR_DAMAGED);
	assert_int_equal(r.fake->removes, 0);
	set_owner(&r, "srv_2");
	own(&r, "srv_2", &out);
	remove_all(&r);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 0);
	rig_fini(&r);
}

#define OTHER "bak_01HAAAAAAAAAAAAAAAAAAAAAAA"
#define PACKS "coffer/v1/" RIG_SOURCE "/packs/"

static void fill_packs(struct rig *r)
{
	static const char *const writers[] = {RIG_BACKUP, OTHER};
	char key[LAYOUT_KEY_MAX];

	fake_store_clear(r->fake);
	set_owner(r, "srv_1");
	set(r, RIG_FOLDER "manifest.json", "x");
	set(r, PACKS "README", "x");
	for (unsigned w = 0; w < 2; w++) {
		for (unsigned i = 1; i <= 20; i++) {
			(void)snprintf(key, sizeof(key),
				       PACKS "%s-%08u.tar.zst%s", writers[w], i,
				       i % 2 ? "" : ".age");
			set(r, key, "x");
		}
	}
}

static void remove_with(struct rig *r, const char *packs)
{
	struct exchange_env env = rig_env(r);
	struct err e = {0};

	env.packs = packs;
	rig_converse(r, exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done,
					r, &e));
}

/* Those that are named go, whoever wrote them, and no others. */
static void test_packs_go_too(void **state)
{
	static const char packs[] =
		OTHER " 3-4,20\n" RIG_BACKUP " 1-99999999\n";
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	fill_packs(&r);
	set_owner(&r, "srv_2");
	remove_with(&r, packs);
	assert_string_equal(r.err.api, "not_owner");
	assert_int_equal(r.fake->nobjects, 43);
	set_owner(&r, "srv_1");
	remove_with(&r, packs);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 18);
	assert_null(
		fake_store_find(r.fake, PACKS OTHER "-00000020.tar.zst.age"));
	assert_non_null(
		fake_store_find(r.fake, PACKS OTHER "-00000005.tar.zst"));
	assert_non_null(fake_store_find(r.fake, PACKS "README"));
	remove_with(&r, packs);
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 18);
	fill_packs(&r);
	remove_with(&r, NULL);
	assert_int_equal(r.fake->nobjects, 41);
	rig_fini(&r);
}

/* Cut at any call, no pack goes before the manifest, nor the owner before any
 * of them; and the next time all of it goes. */
static void test_packs_and_cuts(void **state)
{
	static const char packs[] = OTHER " 3-4\n" RIG_BACKUP " 1-20\n";
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	for (unsigned at = 1; at < 20; at++) {
		fill_packs(&r);
		r.fake->fault_kinds = FAKE_ANY;
		r.fake->fault_at = at;
		r.fake->matched = 0;
		r.fake->fault_mode = FAKE_FAIL;
		r.fake->fault_code = ERR_REMOTE;
		remove_with(&r, packs);
		r.fake->fault_at = 0;
		if (!err_is(&r.err))
			break;
		assert_true(at < 15);
		if (fake_store_find(r.fake, RIG_FOLDER "manifest.json") != NULL)
			assert_int_equal(r.fake->nobjects, 43);
		assert_non_null(
			fake_store_find(r.fake, RIG_FOLDER "owner.json"));
		remove_with(&r, packs);
		assert_false(err_is(&r.err));
		assert_int_equal(r.fake->nobjects, 19);
	}
	rig_fini(&r);
}

static void collect_one(void *arg, const struct listing_entry *entry)
{
	unsigned *n = arg;

	assert_string_equal(entry->source_id, RIG_SOURCE);
	(*n)++;
}

static void on_one_listed(void *arg, const struct err *e)
{
	(void)arg;
	assert_null(e);
}

/* Packs are no backups, and another source's backups are not this one's. */
static void test_list_of_one_source(void **state)
{
	struct exchange_env env;
	struct err e = {0};
	unsigned n = 0;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	fill_packs(&r);
	set(&r, "coffer/v1/src_01HAAAAAAAAAAAAAAAAAAAAAAA/" OTHER "/owner.json",
	    "x");
	env = rig_env(&r);
	assert_non_null(exchange_list_source(&env, RIG_SOURCE, collect_one,
					     on_one_listed, &n, &e));
	rig_turns(&r, 20);
	assert_int_equal(n, 1);
	rig_fini(&r);
}

/* It was listed without a manifest, and was completed meanwhile. */
static void test_leftover_that_is_whole(void **state)
{
	struct exchange_env env;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	env = rig_env(&r);
	env.is_leftover = true;
	set_owner(&r, "srv_1");
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			set(&r, RIG_FOLDER "manifest.json", "x");
		rig_converse(&r, exchange_remove(&env, RIG_SOURCE, RIG_BACKUP,
						 rig_done, &r, &e));
		if (i == 1)
			break;
		assert_string_equal(r.err.api, "backup_completed");
		assert_int_equal(r.fake->removes, 0);
		assert_int_equal(r.fake->nobjects, 2);
		fake_store_drop(r.fake, RIG_FOLDER "manifest.json");
	}
	assert_false(err_is(&r.err));
	assert_int_equal(r.fake->nobjects, 0);
	rig_fini(&r);
}

/* A folder that has lost its README.txt is the mount point of a disk that is
 * away: nothing is gone there, and nothing is written. */
static void test_place_that_lost_its_mark(void **state)
{
	static const struct exchange_owner owner = {RIG_SOURCE, RIG_BACKUP,
						    "srv_1", "job_1"};
	struct exchange_env env;
	struct err e = {0};
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	env = rig_env(&r);
	env.is_marked = true;
	for (int i = 0; i < 2; i++) {
		rig_converse(
			&r,
			i == 0 ? exchange_claim(&env, &owner, rig_done, &r, &e)
			       : exchange_remove(&env, RIG_SOURCE, RIG_BACKUP,
						 rig_done, &r, &e));
		assert_string_equal(r.err.api, "store_failed");
		assert_non_null(strstr(r.err.msg, "mount its disk"));
		assert_int_equal(r.fake->puts, 0);
		assert_int_equal(r.fake->removes, 0);
	}
	/* One that somebody made longer is one, too. */
	set(&r, "coffer/v1/README.txt", "x");
	rig_converse(&r, exchange_remove(&env, RIG_SOURCE, RIG_BACKUP, rig_done,
					 &r, &e));
	assert_false(err_is(&r.err));
	rig_fini(&r);
}

/* --- servers/<id>.json */

static void put_server(struct rig *r, const char *json, bool is_forced)
{
	const struct exchange_env env = rig_env(r);
	const struct server_file f = {SERVER, json, is_forced};
	struct err e = {0};

	rig_converse(r, exchange_server_put(&env, &f, rig_done, r, &e));
}

static char *get_server(struct rig *r)
{
	const struct exchange_env env = rig_env(r);
	struct err e = {0};
	char *json = NULL;

	rig_converse(r,
		     exchange_server_get(&env, SERVER, &json, rig_done, r, &e));
	return json;
}

static void test_server_file(void **state)
{
	struct rig r;
	char *json;

	(void)state;
	rig_init(&r, 1);
	assert_null(get_server(&r));
	assert_int_equal(r.err.code, ERR_NOT_FOUND);
	put_server(&r, "{\"plans\":[1]}", false);
	assert_false(err_is(&r.err));
	put_server(&r, "{\"plans\":[1]}", false); /* the same */
	assert_int_equal(r.fake->puts, 1);
	put_server(&r, "{\"plans\":[2]}", false);
	assert_int_equal(r.fake->puts, 2);
	json = get_server(&r);
	assert_non_null(json);
	assert_non_null(strstr(json, "\"plans\":[2]"));
	free(json);
	rig_fini(&r);
}

static void test_server_file_that_was_taken_over(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	put_server(&r, "{\"taken_over\":{\"by\":\"srv_2\"}}", true);
	assert_false(err_is(&r.err));
	put_server(&r, "{\"plans\":[]}", false);
	assert_string_equal(r.err.api, "taken_over");
	assert_int_equal(r.fake->puts, 1);
	rig_fini(&r);
}

/* Any bit of it: the seal tells. */
static void test_server_file_is_sealed(void **state)
{
	struct fake_object *o;
	struct rig r;

	(void)state;
	rig_init(&r, 1);
	put_server(&r, "{\"plans\":[{\"name\":\"nightly\"}]}", false);
	o = fake_store_find(r.fake, "coffer/v1/servers/" SERVER ".json");
	assert_non_null(o);
	for (size_t i = 0; i < o->len; i += 7) {
		o->bytes[i] ^= 1;
		assert_null(get_server(&r));
		assert_int_equal(r.err.code, ERR_DAMAGED);
		o->bytes[i] ^= 1;
	}
	/* What cannot be read is written over. */
	o->bytes[0] = 'x';
	put_server(&r, "{\"plans\":[]}", false);
	assert_false(err_is(&r.err));
	free(get_server(&r));
	assert_false(err_is(&r.err));
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_list_fails),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_takeover_of_one),
		cmocka_unit_test(test_nothing_of_others_is_removed),
		cmocka_unit_test(test_place_that_lost_its_mark),
		cmocka_unit_test(test_packs_go_too),
		cmocka_unit_test(test_packs_and_cuts),
		cmocka_unit_test(test_list_of_one_source),
		cmocka_unit_test(test_leftover_that_is_whole),
		cmocka_unit_test(test_server_file),
		cmocka_unit_test(test_server_file_that_was_taken_over),
		cmocka_unit_test(test_server_file_is_sealed),
	};

	return cmocka_run_group_tests_name("exchange_pool", tests, NULL, NULL);
}
