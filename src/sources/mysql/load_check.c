/* load_check.c - looks at a target before a restore; changes nothing. */
#include "sources/mysql/load_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/op.h"
#include "sources/mysql/quote.h"

enum check_state {
	CHECK_CONNECT,	 /* no connection yet */
	CHECK_SERVER,	 /* version and limits */
	CHECK_ROLE,	 /* whether it replicates from another */
	CHECK_DATABASES, /* which of ours are there */
	CHECK_TABLES,	 /* whether the one at hand holds tables */
	CHECK_PROGRAMS,	 /* or routines or events */
	CHECK_DONE,
	CHECK_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "role", "databases", "tables", "programs", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       CHECK_STATE_COUNT,
	       "one name per state");

enum { MAJOR = 10000 }; /* what a version's first number counts */

struct check {
	struct my_op op; /* comes first */
	struct my_load *load;
	enum check_state state;
	struct my_server server;
	bool *exists;	    /* for each of load->databases */
	size_t at;	    /* the one at hand */
	struct text taken;  /* those that hold something */
	struct text silent; /* those that must be confirmed */
	load_check_cb *done;
	void *arg;
};

static struct check *check_of(void *op)
{
	return op;
}

static void set_state(struct check *k, enum check_state next)
{
	log_debug("sources", "mysql load check: %s -> %s",
		  state_names[k->state], state_names[next]);
	k->state = next;
}

static bool ask_server(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_server_ask(sql);
	return true;
}

static bool incompatible(struct err *e, const char *what)
{
	return err_set(e, ERR_CONFLICT, "target_incompatible", "%s", what);
}

static bool check_versions(const struct my_server *from,
			   const struct my_server *to, struct err *e)
{
	if (from->is_mariadb != to->is_mariadb)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the backup is from %s and the target is %s: "
			       "choose a target of the same family",
			       from->is_mariadb ? "MariaDB" : "MySQL",
			       to->is_mariadb ? "MariaDB" : "MySQL");
	if (from->number / MAJOR > to->number / MAJOR)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the backup is from version %.40s and the "
			       "target is older, %.40s",
			       from->version, to->version);
	return true;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);
	const struct my_load *l = k->load;

	if (!my_server_read(&k->server, c, e))
		return false;
	if (l->has_source && !check_versions(&l->source, &k->server, e))
		return false;
	if (k->server.is_read_only)
		return incompatible(e, "the target is read-only");
	if (l->max_statement_bytes > k->server.max_packet_bytes)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the backup has a row of %" PRIu64 " bytes and "
			       "the target's max_allowed_packet is %" PRIu64
			       ": raise it there",
			       l->max_statement_bytes,
			       k->server.max_packet_bytes);
	set_state(k, CHECK_ROLE);
	return true;
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&check_of(arg)->server, sql);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	my_role_read(&k->server, c);
	if (k->server.role == MY_ROLE_REPLICA)
		return incompatible(e, "the target replicates from another "
				       "server: restore into its primary");
	set_state(k, CHECK_DATABASES);
	return true;
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)c;
	(void)e;
	set_state(check_of(arg), CHECK_DATABASES);
	return my_is_denial(number);
}

static bool ask_databases(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA");
	return true;
}

static void mark(struct check *k, const char *name)
{
	for (size_t i = 0; i < k->load->ndatabases; i++) {
		const char *ours = k->load->databases[i];

		if (k->server.name_case != 0 ? strcasecmp(ours, name) == 0
					     : strcmp(ours, name) == 0)
			k->exists[i] = true;
	}
}

static void add_name(struct text *t, const char *name)
{
	char clean[MY_TEXT_MAX];

	text_printf(t, "%s%s", t->len > 0 ? ", " : "",
		    my_clean(clean, sizeof(clean), name));
}

static bool verdict(struct check *k, struct err *e)
{
	if (k->taken.len > 0)
		return err_set(e, ERR_CONFLICT, "target_not_empty",
			       "these databases exist at the target and are "
			       "not empty: %s; set overwrite and confirm them, "
			       "or rename",
			       k->taken.data);
	if (k->silent.len > 0)
		return err_set(e, ERR_CONFLICT, "confirm_required",
			       "these databases would be replaced: %s; name "
			       "each of them in confirm",
			       k->silent.data);
	return true;
}

/* To the next database that exists, or the end. */
static bool next_database(struct check *k, struct err *e)
{
	while (k->at < k->load->ndatabases && !k->exists[k->at])
		k->at++;
	if (k->at < k->load->ndatabases) {
		set_state(k, CHECK_TABLES);
		return true;
	}
	set_state(k, CHECK_DONE);
	return verdict(k, e);
}

static bool take_databases(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL)
			mark(k, my_value(c, 0));
	return next_database(k, e);
}

static const char *name_of(const struct check *k)
{
	return k->load->databases[k->at];
}

static bool ask_tables(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_str(sql, "SHOW TABLES FROM ");
	my_quote_name(sql, name_of(check_of(arg)));
	return true;
}

static bool is_taken(struct check *k, struct err *e)
{
	const char *name = name_of(k);

	if (!k->load->is_overwrite)
		add_name(&k->taken, name);
	else if (!my_load_may_drop(k->load, name))
		add_name(&k->silent, name);
	k->at++;
	return next_database(k, e);
}

static bool take_tables(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	if (my_next_row(c))
		return is_taken(k, e);
	set_state(k, CHECK_PROGRAMS);
	return true;
}

static bool ask_programs(void *arg, struct text *sql, struct err *e)
{
	const char *name = name_of(check_of(arg));

	(void)e;
	text_str(sql, "SELECT 1 FROM information_schema.ROUTINES "
		      "WHERE ROUTINE_SCHEMA = ");
	my_quote_value(sql, name, strlen(name));
	text_str(sql, " UNION ALL SELECT 1 FROM information_schema.EVENTS "
		      "WHERE EVENT_SCHEMA = ");
	my_quote_value(sql, name, strlen(name));
	text_str(sql, " LIMIT 1");
	return true;
}

static bool take_programs(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	if (my_next_row(c))
		return is_taken(k, e);
	k->at++;
	return next_database(k, e);
}

static const struct my_ask asks[CHECK_STATE_COUNT] = {
	[CHECK_SERVER] = {"read the server's variables", ask_server,
			  take_server, NULL},
	[CHECK_ROLE] = {"read the replication status", ask_role, take_role,
			no_role},
	[CHECK_DATABASES] = {"list the databases", ask_databases,
			     take_databases, NULL},
	[CHECK_TABLES] = {"list the tables", ask_tables, take_tables, NULL},
	[CHECK_PROGRAMS] = {"list routines and events", ask_programs,
			    take_programs, NULL},
};

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct check *k = check_of(op);
	enum my_flow f = MY_DONE;

	while (f == MY_DONE && k->state != CHECK_DONE) {
		if (k->state != CHECK_CONNECT) {
			f = my_dialog_step(&op->dialog, &asks[k->state], e);
			continue;
		}
		f = my_dialog_connect(&op->dialog, e);
		if (f == MY_DONE)
			set_state(k, CHECK_SERVER);
	}
	if (f == MY_FAIL)
		my_load_blame(e);
	return f;
}

static void tell(struct my_op *op, const struct err *e)
{
	struct check *k = check_of(op);
	struct load_finding found = {.is_blocker = true};
	struct load_report report = {.findings = &found, .nfindings = 1};

	if (!err_is(e) || e->code == ERR_CONFLICT) {
		report.nfindings = err_is(e) ? 1 : 0;
		(void)str_copy(found.code, sizeof(found.code), e->api);
		(void)str_copy(found.detail, sizeof(found.detail), e->msg);
		k->done(k->arg, &report, NULL);
		return;
	}
	k->done(k->arg, NULL, e);
}

static void check_free(struct my_op *op)
{
	struct check *k = check_of(op);

	my_op_fini(op);
	text_free(&k->taken);
	text_free(&k->silent);
	free(k->exists);
	free(k);
}

static const struct my_op_ops check_ops = {
	.step = step,
	.tell = tell,
	.free = check_free,
};

struct source_op *my_load_check(struct load *load, load_check_cb *done,
				void *arg, struct err *e)
{
	struct check *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_nomem(e, "a check");
		return NULL;
	}
	k->load = (struct my_load *)(void *)load; /* base comes first */
	k->done = done;
	k->arg = arg;
	k->exists = calloc(k->load->ndatabases + 1, sizeof(*k->exists));
	if (k->exists == NULL)
		(void)err_nomem(e, "a check");
	else if (my_op_init(&k->op, &check_ops, k->load->env,
			    &k->load->address.view, e))
		return &k->op.base;
	check_free(&k->op);
	return NULL;
}
