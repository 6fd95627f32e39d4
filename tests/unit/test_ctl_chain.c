/* test_ctl_chain.c - a chain of events that somebody has changed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "ctl/chain.h"
#include "model/event_link.h"

enum { N = 5 };

struct rig {
	json_t *events[N]; /* 11 to 15, or from 1 on */
	char hashes[N][SHA256_HEX_MAX];
	struct chain chain;
	struct err err;
};

static void set(json_t *event, const char *name, const char *value)
{
	assert_int_equal(json_object_set_new(event, name, json_string(value)),
			 0);
}

/* Computed here, as doc/reference/events.md says. */
static void link_event(struct rig *r, int i)
{
	const char *before = i > 0 ? r->hashes[i - 1] : EVENT_LINK_BEGIN;
	char lines[1024];

	(void)snprintf(
		lines, sizeof(lines),
		"%s\n%d\n2026-11-21T10:00:00.00%dZ\naudit\npool.create\n"
		"\np%d\nok\nadmin\n127.0.0.1\nPOST /v1/pools: 201\n",
		before,
		(int)json_integer_value(json_object_get(r->events[i], "id")), i,
		i);
	(void)sha256_hex(lines, strlen(lines), r->hashes[i]);
	set(r->events[i], "hash", r->hashes[i]);
	set(r->events[i], "previous_hash", before);
}

static void begin_at(struct rig *r, int first)
{
	char at[40], name[16];

	memset(r, 0, sizeof(*r));
	for (int i = 0; i < N; i++) {
		(void)snprintf(at, sizeof(at), "2026-11-21T10:00:00.00%dZ", i);
		(void)snprintf(name, sizeof(name), "p%d", i);
		r->events[i] = json_pack(
			"{s:i, s:s, s:s, s:s, s:n, s:s, s:s, s:s, s:s, s:s}",
			"id", first + i, "at", at, "kind", "audit", "act",
			"pool.create", "resource", "name", name, "result", "ok",
			"who", "admin", "address", "127.0.0.1", "detail",
			"POST /v1/pools: 201");
		assert_non_null(r->events[i]);
		link_event(r, i);
	}
}

static void end(struct rig *r)
{
	for (int i = 0; i < N; i++)
		json_decref(r->events[i]);
}

/* All of them but one; -1: all. */
static bool walk(struct rig *r, int without)
{
	for (int i = 0; i < N; i++)
		if (i != without &&
		    !chain_take(&r->chain, r->events[i], &r->err))
			return false;
	return chain_end(&r->chain, &r->err);
}

static void assert_broken(struct rig *r, const char *words)
{
	assert_string_equal(r->err.api, "audit_broken");
	if (strstr(r->err.msg, words) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", words, r->err.msg);
	end(r);
}

static void test_whole(void **state)
{
	char head[CHAIN_HEAD_MAX], wanted[CHAIN_HEAD_MAX];
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	assert_true(walk(&r, -1));
	(void)snprintf(wanted, sizeof(wanted), "5:%s", r.hashes[4]);
	assert_string_equal(chain_head(&r.chain, head), wanted);
	assert_int_equal(r.chain.first, 1);
	end(&r);
}

static void test_empty(void **state)
{
	char head[CHAIN_HEAD_MAX];
	struct chain c = {0};
	struct err e = {0};

	(void)state;
	assert_true(chain_end(&c, &e));
	assert_string_equal(chain_head(&c, head), "");
}

static void test_each_member_counts(void **state)
{
	static const char *const names[] = {
		"at",	  "kind", "act",     "resource", "name",
		"result", "who",  "address", "detail",	 "hash"};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		begin_at(&r, 1);
		set(r.events[2], names[i], "other");
		assert_false(walk(&r, -1));
		assert_broken(&r, "event 3 was changed");
	}
}

/* Of nothing made in one place what is gone in another. */
static void test_members_do_not_run_together(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	set(r.events[2], "who", "admin1");
	set(r.events[2], "address", "27.0.0.1");
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 3 was changed");
}

static void test_hash_made_anew(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	set(r.events[2], "previous_hash", r.hashes[0]);
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 3 does not follow");
	begin_at(&r, 1);
	set(r.events[0], "previous_hash", r.hashes[0]);
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 1 does not begin");
}

static void test_one_is_missing(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	assert_false(walk(&r, 2));
	assert_broken(&r, "event 3 is missing");
	begin_at(&r, 1);
	assert_false(walk(&r, 0));
	assert_broken(&r, "event 1 is missing");
}

static void test_one_is_there_twice(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	assert_true(chain_take(&r.chain, r.events[0], &r.err));
	assert_false(chain_take(&r.chain, r.events[0], &r.err));
	assert_broken(&r, "event 1 is not where");
}

static void want(struct rig *r, int id, const char *hash)
{
	char head[CHAIN_HEAD_MAX];

	(void)snprintf(head, sizeof(head), "%d:%s", id, hash);
	assert_true(chain_want(&r->chain, head, &r->err));
}

static void test_wanted(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 1);
	want(&r, 3, r.hashes[2]);
	assert_true(walk(&r, -1));
	end(&r);
	begin_at(&r, 1);
	want(&r, 3, r.hashes[1]);
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 3 is another one");
	begin_at(&r, 1);
	want(&r, 6, r.hashes[1]);
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 6 is missing");
}

/* As many as a server keeps: those before may be gone. */
static void test_trimmed(void **state)
{
	struct rig r;

	(void)state;
	begin_at(&r, 11);
	assert_false(walk(&r, -1));
	assert_broken(&r, "event 10 is missing");
	begin_at(&r, 11);
	want(&r, 10, EVENT_LINK_BEGIN);
	for (int i = 0; i < N; i++)
		assert_true(chain_take(&r.chain, r.events[i], &r.err));
	r.chain.last = 10 + EVENTS_KEPT;
	assert_true(chain_end(&r.chain, &r.err));
	r.chain.is_found = false;
	assert_false(chain_end(&r.chain, &r.err));
	assert_string_equal(r.err.api, "audit_too_old");
	end(&r);
}

static void test_head_is_no_head(void **state)
{
	static const char *const heads[] = {
		"",
		":",
		"1",
		"1:",
		"x:0",
		"1:00",
		"0:" EVENT_LINK_BEGIN,
		"-1:" EVENT_LINK_BEGIN,
		"1:" EVENT_LINK_BEGIN "0",
		"99999999999999999999:" EVENT_LINK_BEGIN,
		"999999999999999999999999999999:"};
	struct chain c = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		struct err e = {0};

		assert_false(chain_want(&c, heads[i], &e));
		assert_string_equal(e.api, "usage");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_each_member_counts),
		cmocka_unit_test(test_members_do_not_run_together),
		cmocka_unit_test(test_hash_made_anew),
		cmocka_unit_test(test_one_is_missing),
		cmocka_unit_test(test_one_is_there_twice),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_trimmed),
		cmocka_unit_test(test_head_is_no_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
