/*
 * prove.c - looks at each table of an instance that was made from files: the
 * names are those of the proof, and the engine itself finds nothing wrong.
 *
 * InnoDB's CHECK TABLE, unless it is told QUICK, validates the trees of all
 * indexes and compares how many entries they have; counting the rows reads the
 * table once more, from memory where it fits:
 * https://mariadb.com/kb/en/check-table/
 */
#include "sources/mysql/mysql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/mysql/census.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/op.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/server.h"
#include "sources/mysql/settings.h"

enum prove_state {
	PROVE_CONNECT,	/* no connection yet */
	PROVE_SERVER,	/* version and variables */
	PROVE_SETTINGS, /* the session becomes ours */
	PROVE_NAMES,	/* the tables that are there */
	PROVE_CHECK,	/* one table */
	PROVE_COUNT,	/* its rows */
	PROVE_DONE,
	PROVE_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "settings", "names", "check", "count", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       PROVE_STATE_COUNT,
	       "one name per state");

enum { STEPS_PER_TURN = 32, TABLE_SECONDS = 24 * 3600 };

struct prove {
	struct my_op op; /* comes first */
	enum prove_state state;
	struct my_server server;
	struct my_census census;
	struct source_proof proof;
	char **tables; /* "database", a NUL, "table" */
	size_t n, cap, at;
	uint64_t rows;
	unsigned nunchecked; /* whose engine has no check */
	bool is_unchecked;   /* the one at hand */
	source_prove_cb *done;
	void *arg;
};

static struct prove *prove_of(void *arg)
{
	return arg;
}

static void set_state(struct prove *p, enum prove_state next)
{
	if (next < PROVE_CHECK || next > PROVE_COUNT)
		log_debug("sources", "mysql prove: %s -> %s",
			  state_names[p->state], state_names[next]);
	p->state = next;
}

static const char *database_of(const struct prove *p)
{
	return p->tables[p->at];
}

static const char *table_of(const struct prove *p)
{
	return p->tables[p->at] + strlen(p->tables[p->at]) + 1;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct prove *p = prove_of(arg);

	set_state(p, PROVE_SETTINGS);
	return my_server_read(&p->server, c, e);
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&prove_of(arg)->server, sql);
	return true;
}

static bool take_settings(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(prove_of(arg), PROVE_NAMES);
	return true;
}

static bool grow(struct prove *p)
{
	size_t cap = p->cap > 0 ? p->cap * 2 : 64;
	char **list;

	if (p->n < p->cap)
		return true;
	list = reallocarray(p->tables, cap, sizeof(*list));
	if (list == NULL)
		return false;
	p->tables = list;
	p->cap = cap;
	return true;
}

/* For the census. */
static bool keep(void *arg, const char *database, const char *table,
		 struct err *e)
{
	struct prove *p = prove_of(arg);
	size_t first = strlen(database) + 1, second = strlen(table) + 1;
	char *pair = grow(p) ? malloc(first + second) : NULL;

	if (pair == NULL)
		return err_nomem(e, "a list of tables");
	memcpy(pair, database, first);
	memcpy(pair + first, table, second);
	p->tables[p->n++] = pair;
	return true;
}

static bool compare(const struct prove *p, struct err *e)
{
	const struct source_proof *proof = &p->proof;
	const struct my_census *c = &p->census;

	if (proof->names.low == 0 && proof->names.high == 0)
		return true;
	if (c->tables != proof->tables)
		return err_set(e, ERR_DAMAGED, "verification_failed",
			       "the instance has %" PRIu64 " tables, the "
			       "backup has %" PRIu64,
			       c->tables, proof->tables);
	return digest_equal(&c->names, &proof->names) ||
	       err_set(e, ERR_DAMAGED, "verification_failed",
		       "the instance has as many tables as the backup, but "
		       "not under the same names");
}

static void next_table(struct prove *p)
{
	p->nunchecked += p->is_unchecked;
	p->is_unchecked = false;
	set_state(p, p->at < p->n ? PROVE_CHECK : PROVE_DONE);
}

static enum my_flow step_names(struct prove *p, struct err *e)
{
	enum my_flow f = my_census_step(&p->census, &p->op.dialog, e);

	if (f != MY_DONE || !p->census.is_over)
		return f;
	if (!compare(p, e))
		return MY_FAIL;
	/* A check says nothing before it is over. */
	my_conn_limit(p->op.conn, TABLE_SECONDS);
	next_table(p);
	return MY_DONE;
}

static void add_name(const struct prove *p, struct text *sql)
{
	my_quote_name(sql, database_of(p));
	text_char(sql, '.');
	my_quote_name(sql, table_of(p));
}

static bool ask_check(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, "CHECK TABLE ");
	add_name(prove_of(arg), sql);
	return true;
}

static bool is_bad(const struct prove *p, const char *said, struct err *e)
{
	char database[MY_TEXT_MAX], table[MY_TEXT_MAX], what[MY_TEXT_MAX];

	return err_set(e, ERR_DAMAGED, "verification_failed",
		       "table %s.%s is not sound: %s",
		       my_clean(database, sizeof(database), database_of(p)),
		       my_clean(table, sizeof(table), table_of(p)),
		       my_clean(what, sizeof(what), said));
}

/* Rows of type "status" (OK), "note", "info", "warning", "error". */
static bool take_check(void *arg, struct my_conn *c, struct err *e)
{
	struct prove *p = prove_of(arg);
	bool is_sound = false;

	while (my_next_row(c)) {
		const char *type = my_value(c, 2), *said = my_value(c, 3);

		if (type == NULL || said == NULL)
			continue;
		if (strcasecmp(type, "error") == 0)
			return is_bad(p, said, e);
		if (strcasecmp(type, "note") == 0 &&
		    strstr(said, "doesn't support check") != NULL)
			p->is_unchecked = is_sound = true;
		if (strcasecmp(type, "status") == 0)
			is_sound = strcmp(said, "OK") == 0 ||
				   strstr(said, "up to date") != NULL;
	}
	if (!is_sound)
		return is_bad(p, "the server does not call it OK", e);
	set_state(p, PROVE_COUNT);
	return true;
}

static bool ask_count(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, "SELECT COUNT(*) FROM ");
	add_name(prove_of(arg), sql);
	return true;
}

static bool take_count(void *arg, struct my_conn *c, struct err *e)
{
	struct prove *p = prove_of(arg);
	const char *n = my_next_row(c) ? my_value(c, 0) : NULL;

	(void)e;
	if (n != NULL)
		p->rows += strtoull(n, NULL, 10);
	p->at++;
	next_table(p);
	return true;
}

/* Where the engine has no check, rows may lie elsewhere (FEDERATED). */
static bool no_count(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	struct prove *p = prove_of(arg);
	struct err why = *e;

	(void)c;
	(void)number;
	if (!p->is_unchecked) {
		err_clear(e);
		return is_bad(p, why.msg, e);
	}
	p->at++;
	next_table(p);
	return true;
}

static const struct my_ask asks[PROVE_STATE_COUNT] = {
	[PROVE_SERVER] = {"read the server's variables", my_ask_server,
			  take_server, NULL},
	[PROVE_SETTINGS] = {"set up the session", ask_settings, take_settings,
			    NULL},
	[PROVE_CHECK] = {"check a table", ask_check, take_check, no_count},
	[PROVE_COUNT] = {"count a table's rows", ask_count, take_count,
			 no_count},
};

static enum my_flow do_state(struct prove *p, struct err *e)
{
	enum my_flow f;

	if (p->state == PROVE_NAMES)
		return step_names(p, e);
	if (p->state != PROVE_CONNECT)
		return my_dialog_step(&p->op.dialog, &asks[p->state], e);
	f = my_dialog_connect(&p->op.dialog, e);
	if (f == MY_DONE)
		set_state(p, PROVE_SERVER);
	return f;
}

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct prove *p = prove_of(op);
	enum my_flow f = MY_DONE;

	for (int i = 0; f == MY_DONE && i < STEPS_PER_TURN; i++) {
		if (p->state == PROVE_DONE)
			return MY_DONE;
		f = do_state(p, e);
	}
	if (f != MY_DONE)
		return f;
	my_op_again(op);
	return MY_WAIT;
}

static void tell(struct my_op *op, const struct err *e)
{
	struct prove *p = prove_of(op);

	if (p->nunchecked > 0)
		log_warn("sources",
			 "%u tables could not be checked: their engines have "
			 "no check",
			 p->nunchecked);
	p->done(p->arg, err_is(e) ? 0 : p->rows, e);
}

static void prove_free(struct my_op *op)
{
	struct prove *p = prove_of(op);

	my_op_fini(op);
	for (size_t i = 0; i < p->n; i++)
		free(p->tables[i]);
	free(p->tables);
	free(p);
}

static const struct my_op_ops prove_ops = {
	.step = step,
	.tell = tell,
	.free = prove_free,
};

struct source_op *my_prove(const struct source_env *env,
			   const struct source_address *a,
			   const struct source_proof *proof,
			   source_prove_cb *done, void *arg, struct err *e)
{
	struct prove *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a proof");
		return NULL;
	}
	p->proof = *proof;
	p->census.each = keep;
	p->census.arg = p;
	p->done = done;
	p->arg = arg;
	if (my_op_init(&p->op, &prove_ops, env, a, e))
		return &p->op.base;
	prove_free(&p->op);
	return NULL;
}
