/* test_catalog_packs.c - who holds which packs, and what goes with whom. */
#include "test_catalog_plan_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "catalog/adopted.h"
#include "catalog/packs.h"
#include "effort.h"
#include "model/packs.h"

enum { FULL_EVERY = 3, LONG = 1000, STEPS = 40, MANY = 64 };
enum { HISTORIES = 200, IN_VALGRIND = 20 };

static int setup(void **state)
{
	return rig_setup_with(state, "shop blog", "store");
}

static void create_plan(struct rig *r)
{
	char options[] = "{\"incremental\": true}";
	const struct plan_record p = {.name = "nightly",
				      .is_enabled = true,
				      .source_id = "shop",
				      .pool_id = "store",
				      .strategy = "manual",
				      .method = "snapshot",
				      .options_json = options,
				      .retention_days = 7,
				      .grace_seconds = PLAN_GRACE_SECONDS};

	assert_true(rig_add_plan(r, &p));
}

static void on_base(void *arg, const struct backup_record *b,
		    const struct err *e)
{
	struct rig *r = arg;

	if (b != NULL)
		assert_true(backup_record_copy(&r->a.backup, b));
	rig_on_done(arg, e);
}

static char *told; /* by the last release */

static void on_packs(void *arg, const char *packs, const struct err *e)
{
	free(told);
	told = packs != NULL ? strdup(packs) : NULL;
	rig_on_done(arg, e);
}

/* Begins a run of the plan; "" into base: it is to be a full one. */
static struct backup_record begin(struct rig *r, int64_t full_every,
				  char base[ID_MAX])
{
	struct backup_record b = {0};
	struct err e = {0};

	assert_true(rig_execute(r, "nightly", NULL));
	(void)str_copy(b.id, ID_MAX, r->a.backup.id);
	(void)str_copy(b.source_id, ID_MAX, r->a.backup.source_id);
	b.fence = r->a.backup.fence;
	assert_true(rig_start_backup(r, &b));
	assert_true(rig_wait(r, catalog_packs_hold(r->catalog, b.id, full_every,
						   on_base, r, &e)));
	(void)str_copy(base, ID_MAX, r->a.backup.id);
	b.increments = base[0] != '\0' ? r->a.backup.increments + 1 : 0;
	return b;
}

static void end(struct rig *r, struct backup_record *b,
		enum backup_status status, char *packs)
{
	struct err e = {0};

	b->status = status;
	b->source_bytes = 100;
	b->packs = packs;
	assert_true(rig_wait(r, catalog_backup_finish(r->catalog, b, NULL,
						      rig_on_done, r, &e)));
}

/* "ID NUMBERS\n" */
static char *line(char out[128], const char *id, const char *numbers)
{
	(void)snprintf(out, 128, "%s %s\n", id, numbers);
	return out;
}

static void make(struct rig *r, char id[ID_MAX], const char *numbers)
{
	char base[ID_MAX], packs[128];
	struct backup_record b = begin(r, 1, base);

	(void)str_copy(id, ID_MAX, b.id);
	end(r, &b, BACKUP_COMPLETED, line(packs, id, numbers));
}

/* An increment that needs some of its base, and some of its own. */
static void increment(struct rig *r, char id[ID_MAX], const char *theirs,
		      const char *own)
{
	char base[ID_MAX], one[128], packs[300];
	struct backup_record b = begin(r, LONG, base);

	assert_string_not_equal(base, "");
	(void)str_copy(id, ID_MAX, b.id);
	(void)snprintf(packs, sizeof(packs), "%s %s\n%s", base, theirs,
		       line(one, id, own));
	end(r, &b, BACKUP_COMPLETED, packs);
}

static bool release(struct rig *r, const char *id, const char *there)
{
	char ids[1][ID_MAX] = {""};
	struct packs_release what = {.backup_id = id,
				     .source_id = r->a.source.id,
				     .there = (const char(*)[ID_MAX])ids,
				     .n = there != NULL ? 1 : 0};
	struct err e = {0};

	assert_true(rig_get_source(r, "shop"));
	what.source_id = strdup(r->a.source.id);
	if (there != NULL)
		(void)str_copy(ids[0], ID_MAX, there);
	rig_wait(r, catalog_packs_release(r->catalog, &what, on_packs, r, &e));
	free((char *)(uintptr_t)what.source_id);
	return !err_is(&r->a.err);
}

/* The numbers of that writer that are to go with id; "" none. */
static void goes(struct rig *r, const char *id, const char *writer,
		 const char *numbers)
{
	struct pack_set set = {0};
	struct err e = {0};
	char *found = NULL;

	assert_true(release(r, id, NULL));
	assert_true(pack_set_parse(&set, told, &e));
	for (size_t i = 0; i < set.n; i++) {
		if (strcmp(set.writers[i].id, writer) == 0)
			found = pack_writer_format(&set.writers[i]);
	}
	assert_string_equal(found != NULL ? found : "", numbers);
	free(found);
	pack_set_fini(&set);
}

static void test_shared_packs_stay(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], b[ID_MAX], c[ID_MAX];

	create_plan(r);
	make(r, a, "1-9");
	increment(r, b, "1-5", "10-12");
	increment(r, c, "11", "13");
	/* c lost what b had of a. */
	assert_true(rig_delete_backup(r, a));
	goes(r, a, a, "6-99999999");
	goes(r, a, a, "6-99999999");
	assert_true(rig_swept(r, a, NULL));
	assert_true(rig_delete_backup(r, b));
	goes(r, b, a, "1-5");
	goes(r, b, b, "1-10,12-99999999");
	assert_true(rig_swept(r, b, NULL));
	assert_true(rig_delete_backup(r, c));
	goes(r, c, b, "11");
	goes(r, c, a, "");
	assert_true(rig_swept(r, c, NULL));
	rig_close(r);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_packs"),
			 0);
	rig_open(r);
}

static void test_a_running_one_holds(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], base[ID_MAX], packs[300];
	struct backup_record b;

	create_plan(r);
	make(r, a, "1-9");
	b = begin(r, LONG, base);
	assert_string_equal(base, a);
	assert_true(rig_delete_backup(r, a));
	goes(r, a, a, "10-99999999");
	assert_true(rig_swept(r, a, NULL));
	/* It needs 2 alone; the rest is nobody else's and goes with it. */
	line(packs, a, "2");
	end(r, &b, BACKUP_COMPLETED, packs);
	assert_true(rig_delete_backup(r, b.id));
	goes(r, b.id, a, "1-9");
}

static void test_one_that_fails_gives_back(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], base[ID_MAX];
	struct backup_record b;

	create_plan(r);
	make(r, a, "1-9");
	b = begin(r, LONG, base);
	assert_true(rig_delete_backup(r, a));
	goes(r, a, a, "10-99999999");
	assert_true(rig_swept(r, a, NULL));
	end(r, &b, BACKUP_FAILED, NULL);
	/* It left nothing, but for what it held. */
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 1);
	goes(r, b.id, a, "1-9");
	goes(r, b.id, b.id, "1-99999999");
	assert_true(rig_swept(r, b.id, NULL));
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 0);
}

/* One of two is the last to give up, whatever the order of what happens. */
static void test_two_go_at_once(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], b[ID_MAX];

	create_plan(r);
	make(r, a, "1-9");
	increment(r, b, "1-5", "10");
	assert_true(rig_delete_backup(r, a));
	assert_true(rig_delete_backup(r, b));
	goes(r, a, a, "6-99999999");
	goes(r, b, a, "1-5");
	goes(r, a, a, "6-99999999");
	assert_true(rig_swept(r, a, NULL));
	goes(r, b, a, "1-5");
}

static void test_choice_of_a_base(void **state)
{
	struct rig *r = *state;
	char ids[5][ID_MAX], base[ID_MAX], packs[128];
	struct backup_record b;

	create_plan(r);
	for (int i = 0; i < 5; i++) {
		b = begin(r, FULL_EVERY, base);
		assert_string_equal(base, i % FULL_EVERY ? ids[i - 1] : "");
		(void)str_copy(ids[i], ID_MAX, b.id);
		end(r, &b, BACKUP_COMPLETED, line(packs, b.id, "1"));
	}
	/* One that is on its way out, one that is damaged, one without packs:
	 * after each comes a full one. */
	assert_true(rig_delete_backup(r, ids[4]));
	b = begin(r, LONG, base);
	assert_string_equal(base, ids[3]);
	end(r, &b, BACKUP_COMPLETED, NULL);
	rig_close(r);
	rig_sql(r, "DELETE FROM backup_packs WHERE backup_id ="
		   " (SELECT max(id) FROM backups)");
	rig_open(r);
	b = begin(r, LONG, base);
	assert_string_equal(base, "");
	end(r, &b, BACKUP_COMPLETED, line(packs, b.id, "1"));
	rig_close(r);
	rig_sql(r, "UPDATE backups SET verify_status = 'failed'");
	rig_open(r);
	b = begin(r, LONG, base);
	assert_string_equal(base, "");
}

/* What shares with a damaged one may be damaged, too. */
static void test_not_upon_what_shares_with_a_damaged_one(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], b[ID_MAX], base[ID_MAX], packs[128];
	struct backup_record c;

	create_plan(r);
	make(r, a, "1-9");
	increment(r, b, "1-5", "10");
	rig_close(r);
	rig_sql(r, "UPDATE backups SET verify_status = 'failed' WHERE id ="
		   " (SELECT min(id) FROM backups)");
	rig_open(r);
	c = begin(r, LONG, base);
	assert_string_equal(base, "");
	end(r, &c, BACKUP_COMPLETED, line(packs, c.id, "1"));
	c = begin(r, LONG, base);
	assert_string_not_equal(base, "");
}

/* Nor when the damaged one is gone, or was found to be so meanwhile. */
static void test_a_damaged_one_is_remembered(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], b[ID_MAX], base[ID_MAX], packs[128];
	struct backup_record c;

	create_plan(r);
	make(r, a, "1-9");
	increment(r, b, "1-5", "10");
	c = begin(r, LONG, base);
	assert_string_equal(base, b);
	rig_close(r);
	rig_sql(r, "UPDATE backups SET verify_status = 'failed' WHERE id ="
		   " (SELECT min(id) FROM backups)");
	rig_sql(r, "DELETE FROM backups WHERE id ="
		   " (SELECT min(id) FROM backups)");
	rig_open(r);
	end(r, &c, BACKUP_COMPLETED, line(packs, c.id, "11"));
	c = begin(r, LONG, base);
	assert_string_equal(base, "");
	end(r, &c, BACKUP_COMPLETED, line(packs, c.id, "1"));
	c = begin(r, LONG, base);
	assert_string_not_equal(base, "");
}

static void test_what_lives_releases_nothing(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX];

	create_plan(r);
	make(r, a, "1-9");
	assert_false(release(r, a, NULL));
	assert_true(rig_delete_backup(r, a));
	assert_false(release(r, a, "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ"));
	rig_refused(r, ERR_CONFLICT, "pool_unread");
	assert_true(release(r, a, a));
	/* What is in no record at all: all that it wrote, if all is known. */
	goes(r, "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ",
	     "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ", "1-99999999");
	assert_false(release(r, "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ",
			     "bak_01HAAAAAAAAAAAAAAAAAAAAAAA"));
}

static void test_after_a_crash(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], base[ID_MAX];
	struct backup_record b;

	create_plan(r);
	make(r, a, "1-9");
	b = begin(r, LONG, base);
	assert_true(rig_delete_backup(r, a));
	rig_close(r);
	rig_open(r);
	assert_true(rig_recover(r));
	assert_true(rig_sweepable(r));
	assert_int_equal(r->a.n, 2);
	goes(r, a, a, "10-99999999");
	goes(r, b.id, a, "1-9");
}

static void test_adopted(void **state)
{
	struct rig *r = *state;
	char a[ID_MAX], b[ID_MAX], packs[128];
	struct backup_record rec;
	struct err e = {0};

	create_plan(r);
	make(r, a, "1-9");
	increment(r, b, "1-5", "10");
	assert_true(rig_get_backup(r, b));
	assert_true(backup_record_copy(&rec, &r->a.backup));
	rig_close(r);
	rig_sql(r, "DELETE FROM backups WHERE id ="
		   " (SELECT max(id) FROM backups)");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_packs"),
			 1);
	rig_open(r);
	rec.packs = strdup(line(packs, a, "1-5"));
	rec.increments = 3; /* as its manifest shows */
	for (int i = 0; i < 2; i++)
		assert_true(rig_wait(r, catalog_backup_adopt(r->catalog, &rec,
							     on_base, r, &e)));
	backup_record_fini(&rec);
	assert_int_equal(rig_sql_int(r, "SELECT max(increments) FROM backups"),
			 3);
	assert_true(rig_delete_backup(r, a));
	goes(r, a, a, "6-99999999");
}

/* ---- histories */

struct made {
	char id[ID_MAX];
	bool is_live, is_dying, is_running;
	struct pack_set needs;
	struct backup_record record;
};

struct history {
	struct rig *r;
	struct made list[MANY];
	size_t n;
	struct pack_set stored; /* the pool */
	uint32_t last;
};

static struct made *any(struct history *h, bool live, bool dying, bool running)
{
	size_t at = h->n > 0 ? (size_t)rand() % h->n : 0;

	for (size_t i = 0; i < h->n; i++) {
		struct made *m = &h->list[(at + i) % h->n];

		if (m->is_live == live && m->is_dying == dying &&
		    m->is_running == running)
			return m;
	}
	return NULL;
}

static struct made *find(struct history *h, const char *id)
{
	for (size_t i = 0; i < h->n; i++)
		if (strcmp(h->list[i].id, id) == 0)
			return &h->list[i];
	return NULL;
}

/* A backup that runs holds its base; it keeps some of it. */
static void start(struct history *h)
{
	struct made *m = &h->list[h->n];
	char base[ID_MAX];

	if (h->n == MANY || any(h, false, false, true) != NULL)
		return;
	*m = (struct made){.is_running = true};
	m->record = begin(h->r, 5, base);
	(void)str_copy(m->id, ID_MAX, m->record.id);
	h->n++;
	if (base[0] == '\0')
		return;
	assert_true(find(h, base)->is_live);
	for (size_t i = 0; i < find(h, base)->needs.n; i++) {
		const struct pack_writer *w = &find(h, base)->needs.writers[i];

		for (size_t k = 0; k < w->n; k++) {
			uint32_t first = w->ranges[k].first;
			uint32_t n = w->ranges[k].last - first + 1;

			if (rand() % 3 > 0)
				assert_true(pack_set_add(
					&m->needs, w->id,
					first + (uint32_t)rand() % n,
					w->ranges[k].last));
		}
	}
}

static void write_some(struct history *h, struct made *m)
{
	uint32_t n = (uint32_t)rand() % 4 + 1;

	assert_true(pack_set_add(&m->needs, m->id, h->last + 1, h->last + n));
	assert_true(pack_set_add(&h->stored, m->id, h->last + 1, h->last + n));
	h->last += n + 1;
}

static void finish(struct history *h)
{
	struct made *m = any(h, false, false, true);
	char *packs;

	if (m == NULL)
		return;
	write_some(h, m);
	m->is_running = false;
	if (rand() % 3 == 0) {
		m->is_dying = true;
		m->record.has_leftovers = true;
		end(h->r, &m->record, BACKUP_FAILED, NULL);
		return;
	}
	packs = pack_set_format(&m->needs);
	end(h->r, &m->record, BACKUP_COMPLETED, packs);
	free(packs);
	m->is_live = true;
}

static void doom(struct history *h)
{
	struct made *m = any(h, true, false, false);

	if (m == NULL)
		return;
	assert_true(rig_delete_backup(h->r, m->id));
	m->is_live = false;
	m->is_dying = true;
}

/* The release, then the store; a crash may come between any two. */
static void sweep(struct history *h)
{
	struct made *m = any(h, false, true, false);
	struct pack_set set = {0};
	struct err e = {0};

	if (m == NULL)
		return;
	assert_true(release(h->r, m->id, NULL));
	if (rand() % 4 == 0)
		return;
	assert_true(pack_set_parse(&set, told, &e));
	assert_true(pack_set_subtract(&h->stored, &set));
	pack_set_fini(&set);
	if (rand() % 4 == 0)
		return;
	assert_true(rig_swept(h->r, m->id, NULL));
	m->is_dying = false;
}

static void crash(struct history *h)
{
	struct made *m = any(h, false, false, true);

	rig_close(h->r);
	rig_open(h->r);
	assert_true(rig_recover(h->r));
	if (m == NULL)
		return;
	write_some(h, m);
	m->is_running = false;
	m->is_dying = true;
}

/* All that the living need is there. */
static void expect_whole(const struct history *h)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct made *m = &h->list[i];
		struct pack_set old = {0};

		if (!m->is_live && !m->is_running)
			continue;
		assert_true(pack_set_unite(&old, &m->needs));
		assert_true(pack_set_is_within(&old, &h->stored));
		pack_set_fini(&old);
	}
}

static void test_histories(void **state)
{
	static void (*const acts[])(struct history *) = {
		start, start, finish, finish, doom, sweep, sweep, crash};
	struct rig *r = *state;

	create_plan(r);
	for (unsigned i = 0; i < effort(HISTORIES, IN_VALGRIND); i++) {
		struct history h = {.r = r};

		srand(i);
		for (int k = 0; k < STEPS; k++) {
			acts[(size_t)rand() % (sizeof(acts) / sizeof(*acts))](
				&h);
			expect_whole(&h);
		}
		while (any(&h, false, false, true) != NULL)
			finish(&h);
		while (any(&h, true, false, false) != NULL)
			doom(&h);
		while (any(&h, false, true, false) != NULL)
			sweep(&h);
		assert_int_equal(h.stored.n, 0);
		pack_set_fini(&h.stored);
		for (size_t k = 0; k < h.n; k++)
			pack_set_fini(&h.list[k].needs);
	}
}

static int teardown(void **state)
{
	free(told);
	told = NULL;
	return rig_teardown(state);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shared_packs_stay),
		TEST(test_a_running_one_holds),
		TEST(test_one_that_fails_gives_back),
		TEST(test_two_go_at_once),
		TEST(test_choice_of_a_base),
		TEST(test_not_upon_what_shares_with_a_damaged_one),
		TEST(test_a_damaged_one_is_remembered),
		TEST(test_what_lives_releases_nothing),
		TEST(test_after_a_crash),
		TEST(test_adopted),
		TEST(test_histories),
	};

	return cmocka_run_group_tests_name("packs of backups", tests, NULL,
					   NULL);
}
