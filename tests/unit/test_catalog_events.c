/* test_catalog_events.c - the log of events: order, bounds, filters, pages. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/events.h"
#include "catalog/events_int.h"
#include "loop/loop.h"
#include "model/event_link.h"
#include "test_catalog_rig.h"

/* What was listed, and what the listener heard. */
static struct {
	int64_t ids[600], at[600];
	char acts[600][40], names[600][1100];
	char hashes[600][SHA256_HEX_MAX], before[600][SHA256_HEX_MAX];
	size_t n;
	uint64_t total;
	char next[256];
	int64_t heard[64];
	char heard_acts[64][40], heard_hash[SHA256_HEX_MAX];
	size_t nheard;
} got;

static int setup(void **state)
{
	memset(&got, 0, sizeof(got));
	return rig_setup(state);
}

static void fresh(void)
{
	got.n = 0;
	got.next[0] = '\0';
}

static void on_events(void *arg, const struct event_record *list,
		      const struct catalog_page *page, const struct err *e)
{
	if (e == NULL) {
		got.n = page->n;
		got.total = page->total;
		(void)str_copy(got.next, sizeof(got.next),
			       page->next != NULL ? page->next : "");
	}
	for (size_t i = 0; i < got.n; i++) {
		got.ids[i] = list[i].id;
		got.at[i] = list[i].at_ms;
		(void)str_copy(got.acts[i], 40, list[i].act);
		(void)str_copy(got.names[i], 1100, list[i].name);
		(void)str_copy(got.hashes[i], SHA256_HEX_MAX, list[i].hash);
		(void)str_copy(got.before[i], SHA256_HEX_MAX,
			       list[i].previous_hash);
	}
	rig_on_done(arg, e);
}

static bool list(struct rig *r, const struct catalog_query *q)
{
	struct err e = {0};

	fresh();
	return rig_wait(r, catalog_event_list(r->catalog, q, on_events, r, &e));
}

static bool since(struct rig *r, int64_t id)
{
	struct err e = {0};

	fresh();
	return rig_wait(r,
			catalog_event_since(r->catalog, id, on_events, r, &e));
}

static void add(struct rig *r, const char *act, const char *resource,
		int64_t at_ms)
{
	const struct event_record ev = {
		.at_ms = at_ms,
		.kind = strchr(act, '.') != NULL ? "audit" : "job",
		.act = act,
		.resource = resource,
		.name = "Nightly",
		.result = "ok",
		.who = "admin",
		.address = "127.0.0.1",
	};

	catalog_event_add(r->catalog, &ev);
}

#define BAK "bak_00000000000000000000000001"

static void test_newest_first(void **state)
{
	const struct catalog_query q = {0};
	struct rig *r = *state;

	add(r, "backup.create", BAK, 2000);
	add(r, "backup.cancel", BAK, 1000); /* the clock was set back */
	add(r, "completed", BAK, 3000);
	assert_true(list(r, &q));
	assert_int_equal(got.n, 3);
	assert_int_equal(got.total, 3);
	assert_string_equal(got.next, "");
	assert_string_equal(got.acts[0], "completed");
	assert_string_equal(got.acts[1], "backup.cancel");
	assert_string_equal(got.acts[2], "backup.create");
	assert_int_equal(got.ids[0], 3);
	assert_int_equal(got.ids[2], 1);
	assert_int_equal(got.at[2], 2000);
}

static void on_event(void *arg, const struct event_record *r)
{
	(void)arg;
	got.heard[got.nheard] = r->id;
	(void)str_copy(got.heard_acts[got.nheard++], 40, r->act);
}

/* In order, each once, after it is in the catalog. */
static void test_listener(void **state)
{
	struct rig *r = *state;
	char act[16];

	catalog_event_listen(r->catalog, on_event, r);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(act, sizeof(act), "act.%d", i);
		add(r, act, BAK, 1000);
	}
	assert_int_equal(got.nheard, 0);
	assert_true(since(r, 0));
	assert_int_equal(got.n, 20);
	assert_int_equal(got.nheard, 20);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(act, sizeof(act), "act.%d", i);
		assert_int_equal(got.heard[i], i + 1);
		assert_string_equal(got.heard_acts[i], act);
	}
	catalog_event_listen(r->catalog, NULL, NULL);
	add(r, "act.more", BAK, 1000);
	assert_true(since(r, 20));
	assert_int_equal(got.n, 1);
	assert_int_equal(got.nheard, 20);
}

static void test_since(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 510; i++)
		add(r, "act.x", BAK, 1000);
	assert_true(since(r, 0));
	assert_int_equal(got.n, 500);
	assert_int_equal(got.ids[0], 1);
	assert_int_equal(got.ids[499], 500);
	assert_true(since(r, 500));
	assert_int_equal(got.n, 10);
	assert_int_equal(got.ids[9], 510);
	assert_true(since(r, 510));
	assert_int_equal(got.n, 0);
}

static void test_filters(void **state)
{
	struct rig *r = *state;
	struct event_record denied = {.kind = "audit",
				      .act = "source.delete",
				      .name = "shop",
				      .result = "denied",
				      .at_ms = 9000};

	add(r, "backup.create", BAK, 1000);
	add(r, "completed", BAK, 2000);
	add(r, "plan.create", "plan_00000000000000000000000001", 3000);
	catalog_event_add(r->catalog, &denied);
	assert_true(list(r, &(struct catalog_query){.resource = BAK}));
	assert_int_equal(got.total, 2);
	assert_true(list(r, &(struct catalog_query){.resource = "SHOP"}));
	assert_int_equal(got.total, 1);
	assert_true(list(r, &(struct catalog_query){.kind = "job"}));
	assert_int_equal(got.total, 1);
	assert_string_equal(got.acts[0], "completed");
	assert_true(list(r, &(struct catalog_query){.result = "denied"}));
	assert_int_equal(got.total, 1);
	assert_string_equal(got.acts[0], "source.delete");
	assert_true(
		list(r, &(struct catalog_query){.since = 2000, .until = 9000}));
	assert_int_equal(got.total, 2);
	assert_false(list(r, &(struct catalog_query){.sort = "who"}));
	rig_refused(r, ERR_INVALID, "invalid_sort");
}

static void test_pages(void **state)
{
	struct catalog_query q = {.limit = 4};
	struct rig *r = *state;
	char cursor[256];
	int64_t want = 10;

	for (int i = 0; i < 10; i++)
		add(r, "act.x", BAK, 5000);
	for (int page = 0; page < 3; page++) {
		assert_true(list(r, &q));
		assert_int_equal(got.n, page < 2 ? 4 : 2);
		for (size_t i = 0; i < got.n; i++)
			assert_int_equal(got.ids[i], want--);
		(void)str_copy(cursor, sizeof(cursor), got.next);
		q.after = cursor;
	}
	assert_string_equal(cursor, "");
	q.after = "2d69640a780a78"; /* "-id", "x", "x" */
	assert_false(list(r, &q));
	rig_refused(r, ERR_INVALID, "invalid_cursor");
}

/* Only the newest are kept, and the next one goes on counting. */
static void test_trimmed(void **state)
{
	struct rig *r = *state;

	rig_close(r);
	rig_sql(r,
		"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
		" SELECT i + 1 FROM n WHERE i < 100005)"
		" INSERT INTO events SELECT i, 1, 'audit', 'x', '', '', 'ok',"
		" '', '', '', 'x', 'w' FROM n");
	rig_open(r);
	add(r, "act.new", BAK, 1000);
	assert_true(list(r, &(struct catalog_query){.limit = 1}));
	assert_int_equal(got.total, EVENTS_KEPT);
	assert_int_equal(got.ids[0], 100006);
	assert_true(list(r, &(struct catalog_query){.limit = 1, .sort = "id"}));
	assert_int_equal(got.ids[0], 7);
	assert_true(list(r, &(struct catalog_query){.limit = 1}));
	assert_string_equal(got.before[0], "x");
}

/* Those of since(), oldest first, from one that begins a chain. */
static void assert_linked(size_t n)
{
	assert_int_equal(got.n, n);
	assert_string_equal(got.before[0], EVENT_LINK_BEGIN);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(strlen(got.hashes[i]), SHA256_HEX_MAX - 1);
		if (i > 0)
			assert_string_equal(got.before[i], got.hashes[i - 1]);
	}
}

/* The hash is the one that a person gets with sha256sum. */
static void test_linked(void **state)
{
	struct event_record ev = {
		.at_ms = INT64_C(1795255200000),
		.kind = "audit",
		.act = "pool.create",
		.resource = "pool_01",
		.name = "p",
		.result = "ok",
		.who = "admin",
		.address = "127.0.0.1",
		.detail = "POST /v1/pools: 201",
	};
	struct rig *r = *state;

	catalog_event_add(r->catalog, &ev);
	add(r, "act.2", BAK, 2000);
	assert_true(since(r, 0));
	rig_close(r);
	rig_open(r);
	add(r, "act.3", BAK, 1000);
	assert_true(since(r, 0));
	assert_linked(3);
	assert_string_equal(got.hashes[0], "e5fb26af2fb29fb2ba06180f961a1b1d"
					   "df98ae37931952fb8436362b22f62990");
}

static void on_event_hash(void *arg, const struct event_record *r)
{
	(void)arg;
	(void)str_copy(got.heard_hash, SHA256_HEX_MAX, r->hash);
}

/* Who listens hears what is read later. */
static void test_link_is_heard(void **state)
{
	char heard[SHA256_HEX_MAX];
	struct rig *r = *state;

	catalog_event_listen(r->catalog, on_event_hash, r);
	add(r, "act.1", BAK, 1000);
	assert_true(list(r, &(struct catalog_query){.limit = 1}));
	(void)str_copy(heard, sizeof(heard), got.heard_hash);
	catalog_event_listen(r->catalog, NULL, NULL);
	assert_true(since(r, 0));
	assert_string_equal(got.hashes[0], heard);
}

/* Of a server that made no links, and of one that was killed: what SQL alone
 * writes when the catalog is opened. */
static void test_linked_when_opened(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 5; i++)
		add(r, "act.x", BAK, 1000);
	rig_close(r);
	rig_sql(r, "UPDATE events SET hash = '', previous_hash = '';"
		   "INSERT INTO jobs (id, kind, status, resource, fence,"
		   " created_at) VALUES ('job_1', 'verify', 'running', 'bak_1',"
		   " 1, 1)");
	rig_open(r);
	assert_true(rig_recover(r));
	add(r, "act.x", BAK, 1000);
	assert_true(since(r, 0));
	assert_linked(7);
	assert_string_equal(got.acts[5], "verify.failed");
}

/* What comes from others is bounded and can be written as JSON. */
static void test_odd_texts(void **state)
{
	struct rig *r = *state;
	struct event_record ev = {.kind = "audit", .act = "x.y"};
	char longer[1400];

	memset(longer, 'a', sizeof(longer));
	memcpy(longer + 999, "\xc3\xa4", 2); /* the bound is in the middle */
	longer[sizeof(longer) - 1] = '\0';
	ev.name = longer;
	catalog_event_add(r->catalog, &ev);
	ev.name = "a\nb\xff";
	catalog_event_add(r->catalog, &ev);
	ev.name = NULL;
	catalog_event_add(r->catalog, &ev);
	assert_true(since(r, 0));
	assert_int_equal(strlen(got.names[0]), 999);
	assert_string_equal(got.names[1], "a b?");
	assert_string_equal(got.names[2], "");
	assert_true(got.at[2] > INT64_C(1600000000000));
}

/* The close writes what waits. */
static void test_closed_at_once(void **state)
{
	struct rig *r = *state;

	for (int i = 0; i < 50; i++)
		add(r, "act.x", BAK, 1000);
	rig_close(r);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM events"), 50);
	rig_open(r);
}

#define RIGGED(t) cmocka_unit_test_setup_teardown(t, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_newest_first),
		RIGGED(test_listener),
		RIGGED(test_since),
		RIGGED(test_filters),
		RIGGED(test_pages),
		RIGGED(test_trimmed),
		RIGGED(test_odd_texts),
		RIGGED(test_closed_at_once),
		RIGGED(test_linked),
		RIGGED(test_link_is_heard),
		RIGGED(test_linked_when_opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
