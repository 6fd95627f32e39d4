/* test_catalog_search.c - pages of backups beside what a plain loop finds. */
#include "config.h" /* for strcasestr() */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "effort.h"
#include "test_catalog_rig.h"

enum { MANY = 6000, PAGE = 40, QUERIES = 400 };

/*
 * Names that share parts with one another and with the numbers they have in
 * blocks; times that rise, but for the second half, which is scattered.
 */
#define FILL                                                                   \
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"      \
	" WHERE i < 6000)"                                                     \
	" INSERT INTO backups (id, name, name_key, type, started_by, method,"  \
	" status, server_id, source_id, source_name, source_engine, pool_id,"  \
	" created_at, started_at, finished_at, expires_at, source_bytes,"      \
	" stored_bytes, job_id)"                                               \
	" SELECT printf('bak_%026d', (i * 7919) % 6007),"                      \
	" printf('%s-%d', CASE i % 5 WHEN 0 THEN 'Night' WHEN 1 THEN"          \
	"  'night' WHEN 2 THEN 'KNIGHT' WHEN 3 THEN 'day' ELSE 'by-hand' END," \
	"  (i * 31) % 6000), printf('key-%d', i),"                             \
	" CASE i % 7 WHEN 0 THEN 'manual' ELSE 'automated' END, 'user',"       \
	" CASE i % 11 WHEN 0 THEN 'physical' ELSE 'logical' END,"              \
	" 'queued', 'srv', s.id, s.name, 'mysql', p.id,"                       \
	" CASE WHEN i < 3000 THEN 1000 + i / 3"                                \
	"  ELSE 1000 + (i * 7907) % 2000 END,"                                 \
	" 2000 + i / 7, 3000 + (i * 13) % 500, 4000 + i % 9, i % 11,"          \
	" (i * 17) % 1300, 'job'"                                              \
	" FROM n, sources s, pools p"                                          \
	" WHERE s.name = CASE i % 3 WHEN 0 THEN 'shop' ELSE 'Blog' END"        \
	" AND p.name = CASE WHEN i % 4 THEN 'one' ELSE 'two' END"

/* What happens to backups: they end, are renamed by an adoption, go. */
static const char *const changes[] = {
	"UPDATE backups SET status = 'completed', stored_bytes = 7 * rowid"
	" % 900 WHERE rowid % 3",
	"UPDATE backups SET status = 'failed' WHERE rowid % 19 = 0",
	"UPDATE backups SET name = name || '-day' WHERE rowid % 23 = 0",
	"DELETE FROM backups WHERE rowid % 29 = 0 OR rowid BETWEEN 256 AND 400",
	"UPDATE backups SET pool_id = (SELECT id FROM pools WHERE name = 'two')"
	" WHERE rowid % 31 = 0",
	"UPDATE backups SET created_at = 5000 WHERE rowid % 997 = 0"};

static const char *const sorts[] = {
	"created_at", "started_at",   "finished_at", "expires_at",
	"name",	      "status",	      "type",	     "method",
	"source",     "source_bytes", "stored_bytes"};

enum { NSORTS = sizeof(sorts) / sizeof(sorts[0]) };

struct row {
	char id[ID_MAX], name[NAME_BUF], status[16], type[16], method[16];
	char source[NAME_BUF], pool[NAME_BUF];
	int64_t created_at;
	char text[NSORTS][NAME_BUF]; /* what it is sorted by */
	int64_t number[NSORTS];
};

#define ALL                                                                    \
	"SELECT b.id, b.name, b.status, b.type, b.method, b.source_name,"      \
	" p.name, b.created_at, b.started_at, b.finished_at, b.expires_at,"    \
	" b.name, b.status, b.type, b.method, b.source_name, b.source_bytes,"  \
	" b.stored_bytes FROM backups b JOIN pools p ON p.id = b.pool_id"

static struct row rows[MANY];
static size_t nrows;

static void read_text(sqlite3_stmt *st, int column, char *to, size_t cap)
{
	assert_true(str_copy(to, cap,
			     (const char *)sqlite3_column_text(st, column)));
}

static void read_row(sqlite3_stmt *st, struct row *r)
{
	read_text(st, 0, r->id, sizeof(r->id));
	read_text(st, 1, r->name, sizeof(r->name));
	read_text(st, 2, r->status, sizeof(r->status));
	read_text(st, 3, r->type, sizeof(r->type));
	read_text(st, 4, r->method, sizeof(r->method));
	read_text(st, 5, r->source, sizeof(r->source));
	read_text(st, 6, r->pool, sizeof(r->pool));
	r->created_at = sqlite3_column_int64(st, 7);
	for (int i = 0; i < NSORTS; i++) {
		read_text(st, 7 + i, r->text[i], NAME_BUF);
		r->number[i] = sqlite3_column_int64(st, 7 + i);
	}
}

static void read_all(struct rig *r)
{
	sqlite3_stmt *st;
	sqlite3 *db;

	nrows = 0;
	assert_int_equal(sqlite3_open(r->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, ALL, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		assert_true(nrows < MANY);
		read_row(st, &rows[nrows++]);
	}
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
}

static int setup(void **state)
{
	struct rig *r;

	(void)rig_setup(state);
	r = *state;
	assert_true(rig_create_source(r, "shop"));
	assert_true(rig_create_source(r, "Blog"));
	assert_true(rig_create_pool(r, "one"));
	assert_true(rig_create_pool(r, "two"));
	rig_close(r);
	rig_sql(r, FILL);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		rig_sql(r, changes[i]);
	read_all(r);
	rig_open(r);
	return 0;
}

static bool is_equal(const char *filter, const char *value)
{
	return filter == NULL || strcasecmp(filter, value) == 0;
}

static bool fits(const struct row *r, const struct catalog_query *q)
{
	return is_equal(q->status, r->status) && is_equal(q->type, r->type) &&
	       is_equal(q->method, r->method) &&
	       is_equal(q->source, r->source) && is_equal(q->pool, r->pool) &&
	       (q->q == NULL || strcasestr(r->name, q->q) != NULL) &&
	       (q->since == 0 || r->created_at >= q->since) &&
	       (q->until == 0 || r->created_at < q->until);
}

/* What qsort() sorts by. */
static int by;
static bool is_down;

static int compare(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a;
	const struct row *y = *(const struct row *const *)b;
	int64_t p = x->number[by], q = y->number[by];
	int way = strcmp(sorts[by], "name") == 0 ||
				  strcmp(sorts[by], "source") == 0
			  ? strcasecmp(x->text[by], y->text[by])
			  : strcmp(x->text[by], y->text[by]);

	/* Numbers are no words. */
	if (strstr(sorts[by], "_at") != NULL ||
	    strstr(sorts[by], "_bytes") != NULL)
		way = p < q ? -1 : p > q;
	if (way == 0)
		way = strcmp(x->id, y->id);
	return is_down ? -way : way;
}

/* Those that fit, in order. */
static size_t pick(const struct catalog_query *q, const struct row *found[])
{
	size_t n = 0;

	for (size_t i = 0; i < nrows; i++)
		if (fits(&rows[i], q))
			found[n++] = &rows[i];
	qsort(found, n, sizeof(found[0]), compare);
	return n;
}

static uint64_t seed = 88172645463325252U;

/* xorshift64: the same queries each time. */
static size_t dice(size_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (size_t)(seed % n);
}

static const char *maybe(size_t one_in, const char *a, const char *b)
{
	if (dice(one_in) != 0)
		return NULL;
	return dice(2) == 0 ? a : b;
}

/* Parts of many names, of some, of one, of none; and of what stands beside
 * names in blocks. */
static const char *const parts[] = {
	"night", "NIGHT-", "knight", "day", "-day", "hand-1",  "ight-59",
	"9",	 "41",	   "4711",   "y-7", "",	    "nowhere", "-",
	"\t",	 "\n",	   "\t4",    "1\n", "7\nk", "t-31",    "night-3"};

static void roll(struct catalog_query *q, char sort[32])
{
	*q = (struct catalog_query){.status = maybe(4, "completed", "failed"),
				    .type = maybe(5, "manual", "automated"),
				    .method = maybe(6, "physical", "logical"),
				    .source = maybe(8, "SHOP", "blog"),
				    .pool = maybe(5, "one", "TWO"),
				    .limit = PAGE};
	if (dice(3) != 0)
		q->q = parts[dice(sizeof(parts) / sizeof(parts[0]))];
	if (dice(3) == 0)
		q->since = 1000 + (int64_t)dice(2100);
	if (dice(3) == 0)
		q->until = 1000 + (int64_t)dice(2100);
	by = (int)dice(NSORTS);
	is_down = dice(2) == 0;
	(void)snprintf(sort, 32, "%s%s", is_down ? "-" : "", sorts[by]);
	q->sort = sort;
}

static void fail_at(const struct catalog_query *q, const char *what, size_t at,
		    uint64_t n)
{
	fail_msg("%s at %zu of %llu: q=%s since=%lld until=%lld status=%s"
		 " type=%s method=%s source=%s pool=%s sort=%s",
		 what, at, (unsigned long long)n, q->q, (long long)q->since,
		 (long long)q->until, q->status, q->type, q->method, q->source,
		 q->pool, q->sort);
}

/* The first pages, and what is told of all. */
static void check(struct rig *r, struct catalog_query *q)
{
	static const struct row *found[MANY];
	size_t n = pick(q, found), at = 0;
	char after[1024];

	for (int page = 0; page < 3; page++) {
		assert_true(rig_list_backups(r, q));
		if (r->a.total != n)
			fail_at(q, "total", (size_t)r->a.total, n);
		for (size_t i = 0; i < r->a.n; i++, at++)
			if (at >= n || strcmp(r->a.ids[i], found[at]->id) != 0)
				fail_at(q, "another one", at, n);
		if (r->a.next[0] == '\0') {
			assert_int_equal(at, n);
			return;
		}
		assert_int_equal(r->a.n, PAGE);
		assert_true(at < n);
		(void)str_copy(after, sizeof(after), r->a.next);
		q->after = after;
	}
}

static void test_pages_are_what_a_loop_finds(void **state)
{
	struct rig *r = *state;
	struct catalog_query q;
	char sort[32];

	for (unsigned i = 0; i < effort(QUERIES, QUERIES / 8); i++) {
		roll(&q, sort);
		check(r, &q);
	}
}

/* What is kept of blocks is what is in the backups. */
#define WRONG_BLOCKS                                                           \
	"SELECT count(*) FROM (SELECT entry / 128 AS block, pool_id, status,"  \
	" type, method, count(*) AS n, min(created_at) AS oldest,"             \
	" max(created_at) AS newest, sum(length(name || entry) + 2) AS len"    \
	" FROM backups GROUP BY 1, 2, 3, 4, 5) x FULL OUTER JOIN"              \
	" backup_blocks k USING (block, pool_id, status, type, method)"        \
	" WHERE x.n IS NOT k.n OR x.oldest < k.oldest OR x.newest > k.newest"  \
	" OR x.len IS NOT length(k.names)"

#define WRONG_NAMES                                                            \
	"SELECT count(*) FROM backups b WHERE NOT EXISTS (SELECT 1 FROM"       \
	" backup_blocks k WHERE k.block = b.entry / 128 AND"                   \
	" k.pool_id = b.pool_id AND k.status = b.status AND"                   \
	" k.type = b.type AND k.method = b.method AND"                         \
	" instr(char(10) || k.names, char(10) || lower(b.name) || char(9)"     \
	"  || b.entry || char(10)) > 0)"

static void test_blocks_are_kept(void **state)
{
	struct rig *r = *state;

	rig_close(r);
	assert_int_equal(rig_sql_int(r, WRONG_BLOCKS), 0);
	assert_int_equal(rig_sql_int(r, WRONG_NAMES), 0);
	assert_int_equal(rig_sql_int(r, "SELECT count(*) - count(DISTINCT"
					" entry) FROM backups"),
			 0);
	rig_sql(r, "DELETE FROM backups");
	assert_int_equal(rig_sql_int(r, "SELECT count(*) FROM backup_blocks"),
			 0);
	rig_open(r);
}

#define RIGGED(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIGGED(test_pages_are_what_a_loop_finds),
		RIGGED(test_blocks_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
