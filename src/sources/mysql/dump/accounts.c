/*
 * accounts.c - phase "accounts": accounts, roles and what is granted to them.
 *
 * Each is an item of its own: it is made if it is not there, then comes what
 * it is granted. One that is granted as a role comes before those who have
 * it. In MariaDB who makes a role becomes its administrator; the last item
 * takes that back from whoever restores, unless it was so at the source.
 *
 * The phase follows the programs, since a grant on a routine or a table needs
 * it to be there, and ends the dump.
 */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/dump/account.h"
#include "sources/mysql/dump/account_list.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/settings.h"

enum accounts_state {
	ACCOUNTS_NAMES,	 /* names come as utf8mb4 */
	ACCOUNTS_HEX,	 /* MySQL: hashes come as digits */
	ACCOUNTS_LIST,	 /* who there is */
	ACCOUNTS_ROLES,	 /* which is granted to which */
	ACCOUNTS_CREATE, /* the next one's definition */
	ACCOUNTS_GRANTS, /* what it is granted */
	ACCOUNTS_DONE,
	ACCOUNTS_STATE_COUNT,
};

static const char *const state_names[] = {
	"names", "hex", "list", "roles", "create", "grants", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       ACCOUNTS_STATE_COUNT,
	       "one name per state");

/* Numbers of the answer that somebody is not there (any more):
 * ER_PASSWORD_NO_MATCH, ER_NONEXISTING_GRANT, ER_CANNOT_USER. */
enum { NO_MATCH = 1133, NO_GRANT = 1141, CANNOT_USER = 1396 };

enum { NAMES_MAX = 5 };

/* What deserves a warning: how many, and the first names. */
struct some {
	unsigned n;
	struct text names;
};

struct accounts {
	struct my_part part; /* comes first */
	enum accounts_state state;
	struct my_accounts all;
	size_t at;	   /* in their order */
	struct text text;  /* of the item at hand */
	struct text roles; /* MySQL: DEFAULT ROLE of the one at hand */
	struct some gone, dangling, quoted;
};

static struct accounts *accounts_of(void *part)
{
	return part;
}

static bool is_mariadb(const struct accounts *p)
{
	return p->part.dump->server.is_mariadb;
}

static struct my_account *account_of(struct accounts *p)
{
	return &p->all.list[p->all.order[p->at]];
}

static void set_state(struct accounts *p, enum accounts_state next)
{
	if (p->state < ACCOUNTS_CREATE || next == ACCOUNTS_DONE)
		log_debug("sources", "mysql accounts: %s -> %s",
			  state_names[p->state], state_names[next]);
	p->state = next;
}

static void some_add(struct some *some, const char *name)
{
	char clean[MY_TEXT_MAX];

	if (some->n++ < NAMES_MAX)
		text_printf(&some->names, "%s%s", some->n > 1 ? ", " : "",
			    my_clean(clean, sizeof(clean), name));
}

static const char *some_text(const struct some *some)
{
	return some->names.data != NULL ? some->names.data : "";
}

static const char *some_more(const struct some *some)
{
	return some->n > NAMES_MAX ? " and more" : "";
}

static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	(void)c;
	(void)e;
	set_state(p, p->state + 1);
	return true;
}

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SET NAMES utf8mb4");
	return true;
}

/* The salt of caching_sha2_password holds any bytes. */
static bool ask_hex(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (!is_mariadb(accounts_of(arg)))
		text_str(sql, "SET SESSION print_identified_with_as_hex = 1");
	return true;
}

/* Before 8.0.17. */
static bool no_hex(void *arg, struct my_conn *c, unsigned number, struct err *e)
{
	return number == MY_ERR_UNKNOWN_VARIABLE && go_on(arg, c, e);
}

/* In MySQL a role is an account that nobody can log in with. Its SHOW CREATE
 * USER puts these three between quotes just as they are. */
static bool ask_list(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (is_mariadb(accounts_of(arg)))
		text_str(sql, "SELECT User, Host, is_role = 'Y', default_role, "
			      "0 FROM mysql.user");
	else
		text_str(sql, "SELECT User, Host, account_locked = 'Y' AND "
			      "password_expired = 'Y' AND "
			      "COALESCE(authentication_string, '') = '', NULL, "
			      "CONCAT(ssl_cipher, x509_issuer, x509_subject) "
			      "REGEXP '[\\'\\\\\\\\]' FROM mysql.user");
	return true;
}

/* One that cannot be read back is told, and left out. */
static bool add_account(struct accounts *p, const struct my_conn *c)
{
	const char *user = my_value(c, 0), *is_quoted = my_value(c, 4);

	if (user != NULL && is_quoted != NULL && is_quoted[0] == '1' &&
	    !my_account_is_servers_own(user)) {
		some_add(&p->quoted, user);
		return true;
	}
	return my_accounts_add(&p->all, c, is_mariadb(p));
}

static bool take_list(void *arg, struct my_conn *c, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	while (my_next_row(c))
		if (!add_account(p, c))
			return err_nomem(e, "the list of accounts");
	my_accounts_sort(&p->all);
	p->part.dump->facts.items_total += p->all.n;
	return go_on(arg, c, e);
}

static bool ask_roles(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (is_mariadb(accounts_of(arg)))
		text_str(sql, "SELECT Role, '', User, Host, Admin_option "
			      "FROM mysql.roles_mapping");
	else
		text_str(sql, "SELECT FROM_USER, FROM_HOST, TO_USER, TO_HOST, "
			      "WITH_ADMIN_OPTION FROM mysql.role_edges");
	return true;
}

static bool take_roles(void *arg, struct my_conn *c, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	while (my_next_row(c))
		if (!my_accounts_map(&p->all, c))
			return err_nomem(e, "the order of roles");
	if (!my_accounts_order(&p->all))
		return err_nomem(e, "the order of roles");
	set_state(p, p->all.n > 0 ? ACCOUNTS_CREATE : ACCOUNTS_DONE);
	return true;
}

static bool ask_create(void *arg, struct text *sql, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	(void)e;
	if (!account_of(p)->is_nowhere)
		my_account_ask_create(sql, account_of(p));
	return true;
}

/* Tells whether the role was there: "coffer_role_7". */
static void role_variable(struct accounts *p, const struct my_account *role,
			  struct text *out)
{
	text_printf(out, "coffer_role_%zu", (size_t)(role - p->all.list));
}

static void write_role(struct accounts *p, const struct my_account *role)
{
	struct text variable = {0}, sql = {0};

	if (my_account_is_public(role))
		return;
	role_variable(p, role, &variable);
	text_str(&sql, "CREATE ROLE IF NOT EXISTS ");
	my_account_quote(&sql, role);
	if (variable.is_broken || sql.is_broken) {
		p->text.is_broken = true;
	} else {
		my_account_write_is_new(&p->text, variable.data, role);
		my_statement(&p->text, sql.data, sql.len, false);
	}
	text_free(&variable);
	text_free(&sql);
}

static bool no_definition(struct err *e)
{
	return err_set(e, ERR_REMOTE, "source_failed",
		       "the server describes it in an unknown way");
}

/* MariaDB says on a second line what does not go into the first. */
static bool write_user(struct accounts *p, struct my_conn *c, struct err *e)
{
	const char *line = my_next_row(c) ? my_value(c, 0) : NULL;
	struct text create = {0};
	bool is_first = true, ok;

	ok = line != NULL && my_account_write_create(&create, &p->roles, line);
	while (ok && my_next_row(c) && (line = my_value(c, 0)) != NULL) {
		if (is_first)
			my_account_write_is_new(&p->text, "coffer_is_new",
						account_of(p));
		if (is_first && !create.is_broken)
			text_add(&p->text, create.data, create.len);
		is_first = false;
		my_account_write_if(&p->text, "coffer_is_new", "", line);
	}
	if (ok && is_first && !create.is_broken)
		text_add(&p->text, create.data, create.len);
	p->text.is_broken = p->text.is_broken || create.is_broken;
	text_free(&create);
	return ok || no_definition(e);
}

static bool take_create(void *arg, struct my_conn *c, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	text_reset(&p->text);
	text_reset(&p->roles);
	if (account_of(p)->is_nowhere)
		write_role(p, account_of(p));
	else if (!write_user(p, c, e))
		return false;
	return go_on(arg, c, e);
}

static void next_account(struct accounts *p)
{
	p->at++;
	set_state(p, p->at < p->all.n ? ACCOUNTS_CREATE : ACCOUNTS_DONE);
}

/* It went meanwhile, or is in the tables but not in use. */
static bool gone(void *arg, struct my_conn *c, unsigned number, struct err *e)
{
	struct accounts *p = accounts_of(arg);
	struct text name = {0};

	(void)c;
	if (number != NO_MATCH && number != NO_GRANT && number != CANNOT_USER)
		return false;
	my_account_name(&name, account_of(p));
	if (name.is_broken)
		return err_nomem(e, "an account");
	some_add(&p->gone, name.data);
	text_free(&name);
	p->part.dump->facts.items_total--;
	next_account(p);
	return true;
}

static bool ask_grants(void *arg, struct text *sql, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	(void)e;
	my_account_ask_grants(sql, account_of(p));
	return true;
}

/* A role's list tells what it has through others, too. */
static bool is_anothers(struct accounts *p, const struct my_grant_line *g)
{
	struct text own = {0};
	bool is_same;

	if (!account_of(p)->is_nowhere)
		return false;
	my_account_quote(&own, account_of(p));
	is_same = own.is_broken || (own.len == g->grantee_len &&
				    memcmp(own.data, g->grantee, own.len) == 0);
	text_free(&own);
	return !is_same;
}

/* Rights outlive the table that they are on, but cannot be granted anew. */
static bool is_dangling(struct accounts *p, const struct my_grant_line *g,
			const char *line)
{
	const struct my_database *db;
	const struct my_table *table = NULL;

	if (g->table.len == 0 || my_is_system_database(g->database.data) ||
	    my_grant_line_is_lasting(line))
		return false;
	db = my_objects_find(&p->part.dump->objects, g->database.data);
	if (db != NULL)
		table = my_database_find(db, g->table.data);
	return table == NULL || table->is_left_out;
}

static void leave_out(struct accounts *p, const struct my_grant_line *g)
{
	struct text name = {0};

	my_account_name(&name, account_of(p));
	text_printf(&name, " on %s.%s", g->database.data, g->table.data);
	some_add(&p->dangling, name.is_broken ? "" : name.data);
	text_free(&name);
}

static void write_membership(struct accounts *p, const struct my_grant_line *g,
			     const char *line)
{
	my_account_write_is_apart(&p->text, "coffer_is_new", account_of(p),
				  g->role.data, g->is_admin);
	my_account_write_if(&p->text, "coffer_is_new", "", line);
}

static void write_grant(struct accounts *p, const char *line)
{
	struct my_grant_line g;

	if (!my_grant_line_read(&g, line))
		return;
	p->text.is_broken = p->text.is_broken || g.database.is_broken ||
			    g.table.is_broken || g.role.is_broken;
	if (!p->text.is_broken && !is_anothers(p, &g)) {
		if (is_dangling(p, &g, line))
			leave_out(p, &g);
		else if (g.role.len > 0 && is_mariadb(p))
			write_membership(p, &g, line);
		else
			my_grant_line_write(&p->text, &g, line);
	}
	my_grant_line_fini(&g);
}

static void write_default_roles(struct accounts *p)
{
	const struct my_account *a = account_of(p);
	struct text sql = {0};

	if (a->default_role != NULL) {
		text_str(&sql, "SET DEFAULT ROLE ");
		my_quote_name(&sql, a->default_role);
		text_str(&sql, " FOR ");
		my_account_quote(&sql, a);
	} else if (p->roles.len > 0) {
		text_str(&sql, "ALTER USER ");
		my_account_quote(&sql, a);
		text_printf(&sql, " %s", p->roles.data);
	}
	p->text.is_broken =
		p->text.is_broken || sql.is_broken || p->roles.is_broken;
	if (sql.len > 0 && !p->text.is_broken)
		my_statement(&p->text, sql.data, sql.len, false);
	text_free(&sql);
}

static void write_revoke(struct accounts *p, const struct my_account *role)
{
	struct text variable = {0}, sql = {0}, more = {0};

	role_variable(p, role, &variable);
	if (role->admins.len > 0)
		text_printf(&more, " AND CURRENT_USER() NOT IN (%s)",
			    role->admins.data);
	text_str(&sql, "REVOKE ");
	my_account_quote(&sql, role);
	text_str(&sql, " FROM CURRENT_USER");
	if (variable.is_broken || sql.is_broken || more.is_broken)
		p->text.is_broken = true;
	else
		my_account_write_if(&p->text, variable.data,
				    more.len > 0 ? more.data : "", sql.data);
	text_free(&variable);
	text_free(&sql);
	text_free(&more);
}

static void write_revokes(struct accounts *p)
{
	for (size_t i = 0; i < p->all.n && p->all.list[i].is_nowhere; i++)
		if (!my_account_is_public(&p->all.list[i]))
			write_revoke(p, &p->all.list[i]);
}

static bool emit(struct accounts *p, struct err *e)
{
	const struct my_account *a = account_of(p);
	struct text name = {0};
	struct item *item;

	my_account_name(&name, a);
	if (name.is_broken)
		return err_nomem(e, "an account");
	/* PUBLIC without a grant has no text. */
	text_str(&p->text, "");
	item = my_part_item(&p->part, ITEM_ACCOUNT,
			    a->is_role ? "role" : "account", "", name.data);
	text_free(&name);
	if (!my_part_emit(&p->part, item, NULL, &p->text, e))
		return false;
	p->part.dump->facts.accounts++;
	return true;
}

static bool take_grants(void *arg, struct my_conn *c, struct err *e)
{
	struct accounts *p = accounts_of(arg);

	while (my_next_row(c))
		if (my_value(c, 0) != NULL)
			write_grant(p, my_value(c, 0));
	write_default_roles(p);
	if (p->at + 1 == p->all.n)
		write_revokes(p);
	if (!emit(p, e))
		return false;
	next_account(p);
	return true;
}

static const struct my_ask asks[ACCOUNTS_STATE_COUNT] = {
	[ACCOUNTS_NAMES] = {"set up the session", ask_names, go_on, NULL},
	[ACCOUNTS_HEX] = {"set up the session", ask_hex, go_on, no_hex},
	[ACCOUNTS_LIST] = {"list the accounts", ask_list, take_list, NULL},
	[ACCOUNTS_ROLES] = {"list the roles", ask_roles, take_roles, NULL},
	[ACCOUNTS_CREATE] = {"read its definition", ask_create, take_create,
			     gone},
	[ACCOUNTS_GRANTS] = {"read its grants", ask_grants, take_grants, gone},
};

static void warn(struct accounts *p)
{
	if (p->gone.n > 0)
		my_dump_warn(
			p->part.dump, "accounts_left_out",
			"%u accounts vanished meanwhile, or wait for FLUSH "
			"PRIVILEGES, and are left out: %s%s",
			p->gone.n, some_text(&p->gone), some_more(&p->gone));
	if (p->quoted.n > 0)
		my_dump_warn(p->part.dump, "accounts_left_out",
			     "%u accounts are left out, since MySQL does not "
			     "tell what they REQUIRE so that it could be read "
			     "(it holds a quote or a backslash): %s%s",
			     p->quoted.n, some_text(&p->quoted),
			     some_more(&p->quoted));
	if (p->dangling.n > 0)
		my_dump_warn(p->part.dump, "grants_left_out",
			     "%u grants on tables that are not there cannot be "
			     "made anew and are left out: %s%s",
			     p->dangling.n, some_text(&p->dangling),
			     some_more(&p->dangling));
}

static enum flow finish(struct accounts *p, struct err *e)
{
	warn(p);
	return my_part_end_dump(&p->part, e) ? FLOW_END : FLOW_FAIL;
}

/* Names the account in whatever went wrong with it. */
static void say_where(struct my_part *part, struct err *e)
{
	struct accounts *p = accounts_of(part);
	char clean[MY_TEXT_MAX];
	struct text name = {0};

	if (p->state < ACCOUNTS_CREATE || p->at >= p->all.n)
		return;
	my_account_name(&name, account_of(p));
	if (!name.is_broken)
		err_prefix(e, "%s %s",
			   account_of(p)->is_role ? "role" : "account",
			   my_clean(clean, sizeof(clean), name.data));
	text_free(&name);
}

static bool is_over(struct my_part *p)
{
	return accounts_of(p)->state == ACCOUNTS_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return my_dialog_step(&p->dialog, &asks[accounts_of(p)->state], e);
}

static enum flow end(struct my_part *p, struct err *e)
{
	return finish(accounts_of(p), e);
}

static void accounts_destroy(struct source *source)
{
	struct accounts *p = accounts_of(source);

	my_part_fini(&p->part);
	my_accounts_fini(&p->all);
	text_free(&p->text);
	text_free(&p->roles);
	text_free(&p->gone.names);
	text_free(&p->dangling.names);
	text_free(&p->quoted.names);
	free(p);
}

static const struct source_ops accounts_ops = {
	.name = "mysql accounts",
	.read = my_part_read,
	.destroy = accounts_destroy,
};

/* A program before them may have left any sql_mode behind. */
static const char PREAMBLE[] = "SET NAMES utf8mb4;\n"
			       "SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';\n";

static const struct my_walk walk = {
	.ops = &accounts_ops,
	.size = sizeof(struct accounts),
	.preamble = PREAMBLE,
	.is_over = is_over,
	.step = step,
	.explain = say_where,
	.finish = end,
};

struct source *my_accounts_new(struct my_dump *d, struct err *e)
{
	return my_part_new(&walk, d, 0, e);
}
