/*
 * check.c - looks at a target before a restore; changes nothing, and
 * goes on after what it finds, so that all is told at once. What the account
 * may not see is not judged.
 */
#include "sources/mysql/load/check_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/quote.h"

static const char *const state_names[] = {
	"connect",  "server", "cores",	   "role",   "collation", "grants",
	"accounts", "space",  "databases", "tables", "programs",  "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       CHECK_STATE_COUNT,
	       "one name per state");

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

/* Not known then; the next question. */
static bool skip(void *arg, struct my_conn *c, unsigned number, struct err *e)
{
	struct check *k = check_of(arg);

	(void)c;
	(void)number;
	(void)e;
	set_state(k, (enum check_state)(k->state + 1));
	return true;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	if (!my_server_read(&k->server, c, e))
		return false;
	my_check_server(k);
	set_state(k, CHECK_CORES);
	return true;
}

static bool ask_cores(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_cores_ask(&check_of(arg)->server, sql);
	return true;
}

static bool take_cores(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	k->load->cores = my_cores_read(&k->server, c);
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

	(void)e;
	my_role_read(&k->server, c);
	if (k->server.role == MY_ROLE_REPLICA)
		findings_block(&k->report, "target_incompatible",
			       "the target replicates from another server: "
			       "restore into its primary");
	set_state(k, CHECK_COLLATION);
	return true;
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	return my_is_denial(number) && skip(arg, c, number, e);
}

/* The names are the source's, and quoted. */
static bool ask_collation(void *arg, struct text *sql, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	if (k->source.charset[0] == '\0' || k->source.collation[0] == '\0')
		return true;
	text_str(sql, "SELECT CONVERT('' USING ");
	my_quote_name(sql, k->source.charset);
	text_str(sql, ") COLLATE ");
	my_quote_name(sql, k->source.collation);
	return true;
}

static bool take_collation(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(check_of(arg), CHECK_GRANTS);
	return true;
}

/* What uses it is not known here: it may be nothing. */
static bool no_collation(void *arg, struct my_conn *c, unsigned number,
			 struct err *e)
{
	struct check *k = check_of(arg);
	char clean[MY_TEXT_MAX];

	if (number == MY_ERR_UNKNOWN_CHARSET ||
	    number == MY_ERR_UNKNOWN_COLLATION)
		findings_warn(
			&k->report, "collation_missing",
			"the source's default collation %s is unknown "
			"to the target: what uses it cannot be made "
			"there; choose a newer target",
			my_clean(clean, sizeof(clean), k->source.collation));
	return skip(arg, c, number, e);
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	while (my_next_row(c))
		if (my_value(c, 0) != NULL)
			text_printf(&k->grants, "%s\n", my_value(c, 0));
	my_check_grants(k);
	set_state(k, CHECK_ACCOUNTS);
	return true;
}

/* A role has no host. */
static bool ask_accounts(void *arg, struct text *sql, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	if (k->load->ndefiners > 0 && k->load->definer == LOAD_DEFINER_KEEP)
		text_str(sql, "SELECT User, Host FROM mysql.user");
	return true;
}

static bool is_account(const char *definer, const char *user, const char *host)
{
	size_t n = strlen(user);

	if (strncmp(definer, user, n) != 0)
		return false;
	if (definer[n] == '\0')
		return host[0] == '\0';
	return definer[n] == '@' && strcasecmp(definer + n + 1, host) == 0;
}

static bool take_accounts(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	set_state(k, CHECK_SPACE);
	if (k->load->ndefiners == 0 || k->load->definer != LOAD_DEFINER_KEEP)
		return true;
	while (my_next_row(c)) {
		const char *user = my_value(c, 0), *host = my_value(c, 1);

		for (size_t i = 0; i < k->load->ndefiners; i++)
			if (user != NULL && host != NULL &&
			    is_account(k->load->definers[i], user, host))
				k->accounts[i] = true;
	}
	my_check_definers(k);
	return true;
}

/* The disk of a server elsewhere is told by MariaDB's plugin DISKS alone; no
 * other way is there over a connection, so without it nothing is said. */
static bool ask_space(void *arg, struct text *sql, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	if (k->server.is_mariadb && k->load->plain_bytes > 0)
		text_str(sql, "SELECT Available FROM information_schema.DISKS "
			      "WHERE @@datadir LIKE CONCAT(Path, '%') "
			      "ORDER BY LENGTH(Path) DESC LIMIT 1");
	return true;
}

static bool take_space(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);
	unsigned long long kib;

	(void)e;
	set_state(k, CHECK_DATABASES);
	if (!k->server.is_mariadb || k->load->plain_bytes == 0 ||
	    !my_next_row(c) || my_value(c, 0) == NULL ||
	    !str_to_u64(my_value(c, 0), &kib) ||
	    kib >= k->load->plain_bytes / 1024)
		return true;
	findings_warn(&k->report, "space_low",
		      "the target's disk has %llu MiB left and the backup "
		      "holds %" PRIu64 " MiB: make room there",
		      kib / 1024, k->load->plain_bytes / 1024 / 1024);
	return true;
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
	struct my_load *l = k->load;

	for (size_t i = 0; i < l->ndatabases; i++)
		if (my_check_same_name(k, l->databases[i], name)) {
			k->exists[i] = true;
			l->partials[i].is_there = true;
		}
}

/* To the next database that exists, or the end. */
static void next_database(struct check *k)
{
	const struct my_load *l = k->load;

	for (; k->at < l->ndatabases && !k->exists[k->at]; k->at++) {
		if (l->partials[k->at].is_partial)
			my_check_part(k, NULL);
		else
			findings_fate(&k->report, FATE_CREATE,
				      l->databases[k->at], NULL);
	}
	set_state(k, k->at < l->ndatabases ? CHECK_TABLES : CHECK_DONE);
}

static bool take_databases(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	(void)e;
	/* One that an earlier look found may be gone. */
	for (size_t i = 0; i < k->load->ndatabases; i++)
		k->load->partials[i].is_there = false;
	while (my_next_row(c))
		if (my_value(c, 0) != NULL)
			mark(k, my_value(c, 0));
	next_database(k);
	return true;
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

static bool take_part(struct check *k, struct my_conn *c, struct err *e)
{
	const struct my_partial *p = &k->load->partials[k->at];
	bool *found = calloc(p->n + 1, sizeof(*found));

	if (found == NULL)
		return err_nomem(e, "a check");
	while (my_next_row(c))
		for (size_t i = 0; my_value(c, 0) != NULL && i < p->n; i++)
			if (my_check_same_name(k, p->tables[i], my_value(c, 0)))
				found[i] = true;
	my_check_part(k, found);
	free(found);
	k->at++;
	next_database(k);
	return true;
}

static bool take_tables(void *arg, struct my_conn *c, struct err *e)
{
	struct check *k = check_of(arg);

	if (k->load->partials[k->at].is_partial)
		return take_part(k, c, e);
	if (!my_next_row(c)) {
		set_state(k, CHECK_PROGRAMS);
		return true;
	}
	my_check_taken(k);
	k->at++;
	next_database(k);
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

	(void)e;
	if (my_next_row(c))
		my_check_taken(k);
	else
		findings_fate(&k->report, FATE_CREATE, name_of(k), NULL);
	k->at++;
	next_database(k);
	return true;
}

static const struct my_ask asks[CHECK_STATE_COUNT] = {
	[CHECK_SERVER] = {"read the server's variables", my_ask_server,
			  take_server, NULL},
	[CHECK_CORES] = {"read the server's threads", ask_cores, take_cores,
			 skip},
	[CHECK_ROLE] = {"read the replication status", ask_role, take_role,
			no_role},
	[CHECK_COLLATION] = {"look for a collation", ask_collation,
			     take_collation, no_collation},
	[CHECK_GRANTS] = {"read the privileges", my_ask_grants, take_grants,
			  skip},
	[CHECK_ACCOUNTS] = {"list the accounts", ask_accounts, take_accounts,
			    skip},
	[CHECK_SPACE] = {"read the free space", ask_space, take_space, skip},
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
	struct load_report report;
	struct err mine = {0};

	if (err_is(e))
		k->done(k->arg, NULL, e);
	else if (!findings_end(&k->report, &report, &mine))
		k->done(k->arg, NULL, &mine);
	else
		k->done(k->arg, &report, NULL);
}

static void check_free(struct my_op *op)
{
	struct check *k = check_of(op);

	my_op_fini(op);
	findings_fini(&k->report);
	text_free(&k->grants);
	free(k->exists);
	free(k->accounts);
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
	my_source_session(&k->source, k->load->session_json);
	k->exists = calloc(k->load->ndatabases + 1, sizeof(*k->exists));
	k->accounts = calloc(k->load->ndefiners + 1, sizeof(*k->accounts));
	if (k->exists == NULL || k->accounts == NULL)
		(void)err_nomem(e, "a check");
	else if (my_op_init(&k->op, &check_ops, k->load->env,
			    &k->load->address.view, e))
		return &k->op.base;
	check_free(&k->op);
	return NULL;
}
