/*
 * account.c - one account or role as text. Both families quote names with
 * backquotes and everything else with apostrophes, under the session that a
 * dump has.
 */
#include "sources/mysql/dump/account.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/dump/out.h"
#include "sources/mysql/quote.h"

static const char CREATE[] = "CREATE USER ";

bool my_account_init(struct my_account *a, const char *user, const char *host,
		     const char *default_role)
{
	*a = (struct my_account){0};
	a->user = strdup(user);
	a->host = strdup(host);
	if (default_role != NULL && default_role[0] != '\0')
		a->default_role = strdup(default_role);
	return a->user != NULL && a->host != NULL &&
	       (a->default_role != NULL || default_role == NULL ||
		default_role[0] == '\0');
}

void my_account_fini(struct my_account *a)
{
	free(a->user);
	free(a->host);
	free(a->default_role);
	text_free(&a->admins);
	*a = (struct my_account){0};
}

bool my_account_is_servers_own(const char *user)
{
	static const char *const own[] = {
		"mariadb.sys",
		"mysql.sys",
		"mysql.session",
		"mysql.infoschema",
	};

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strcmp(user, own[i]) == 0)
			return true;
	return false;
}

bool my_account_is_public(const struct my_account *a)
{
	return a->is_nowhere && strcmp(a->user, "PUBLIC") == 0;
}

void my_account_quote(struct text *t, const struct my_account *a)
{
	if (my_account_is_public(a)) {
		text_str(t, "PUBLIC");
		return;
	}
	my_quote_name(t, a->user);
	if (a->is_nowhere)
		return;
	text_char(t, '@');
	my_quote_name(t, a->host);
}

void my_account_name(struct text *t, const struct my_account *a)
{
	text_str(t, a->user);
	if (!a->is_nowhere)
		text_printf(t, "@%s", a->host);
}

void my_account_ask_create(struct text *sql, const struct my_account *a)
{
	text_str(sql, "SHOW CREATE USER ");
	my_account_quote(sql, a);
}

void my_account_ask_grants(struct text *sql, const struct my_account *a)
{
	text_str(sql, "SHOW GRANTS FOR ");
	my_account_quote(sql, a);
}

/* Behind what stands at s: a quoted piece, or one byte. A doubled quote is
 * two pieces. */
static const char *skip(const char *s)
{
	char quote = *s;

	if (quote != '`' && quote != '\'' && quote != '"')
		return s + 1;
	for (s++; *s != '\0' && *s != quote; s++)
		if (*s == '\\' && quote != '`' && s[1] != '\0')
			s++;
	return *s != '\0' ? s + 1 : s;
}

const char *my_account_find(const char *s, const char *words)
{
	size_t n = strlen(words);

	while (*s != '\0' && strncmp(s, words, n) != 0)
		s = skip(s);
	return *s != '\0' ? s : NULL;
}

/* The end of `u`@`h`, or PUBLIC. */
static const char *name_end(const char *s)
{
	while (*s != '\0' && *s != ' ')
		s = skip(s);
	return s;
}

/* All that follows the name, but for the default roles. */
static void add_rest(struct text *sql, struct text *roles, const char *rest)
{
	const char *begin = my_account_find(rest, " DEFAULT ROLE "), *end;

	if (begin == NULL) {
		text_str(sql, rest);
		return;
	}
	end = my_account_find(begin + 1, " REQUIRE ");
	if (end == NULL)
		end = begin + strlen(begin);
	text_add(sql, rest, (size_t)(begin - rest));
	text_add(roles, begin + 1, (size_t)(end - begin - 1));
	text_str(sql, end);
}

bool my_account_write_create(struct text *out, struct text *roles,
			     const char *line)
{
	struct text sql = {0};
	const char *name, *end;

	if (strncmp(line, CREATE, sizeof(CREATE) - 1) != 0)
		return false;
	name = line + sizeof(CREATE) - 1;
	end = name_end(name);
	text_printf(&sql, "%sIF NOT EXISTS ", CREATE);
	text_add(&sql, name, (size_t)(end - name));
	if (*end != '\0')
		text_char(&sql, '\n');
	add_rest(&sql, roles, end);
	out->is_broken = out->is_broken || sql.is_broken;
	if (!out->is_broken)
		my_statement(out, sql.data, sql.len, false);
	text_free(&sql);
	return true;
}

void my_account_write_is_new(struct text *out, const char *variable,
			     const struct my_account *a)
{
	text_printf(out,
		    "SET @%s = NOT EXISTS (SELECT 1 FROM mysql.user "
		    "WHERE User = ",
		    variable);
	my_quote_value(out, a->user, strlen(a->user));
	text_str(out, " AND Host = ");
	my_quote_value(out, a->host, strlen(a->host));
	text_str(out, ");\n");
}

void my_account_write_is_apart(struct text *out, const char *variable,
			       const struct my_account *a, const char *role,
			       bool is_admin)
{
	text_printf(out,
		    "SET @%s = NOT EXISTS (SELECT 1 FROM mysql.roles_mapping "
		    "WHERE Role = ",
		    variable);
	my_quote_value(out, role, strlen(role));
	text_str(out, " AND User = ");
	my_quote_value(out, a->user, strlen(a->user));
	text_str(out, " AND Host = ");
	my_quote_value(out, a->host, strlen(a->host));
	text_str(out, is_admin ? " AND Admin_option = 'Y');\n" : ");\n");
}

void my_account_write_if(struct text *out, const char *variable,
			 const char *more, const char *sql)
{
	text_printf(out, "EXECUTE IMMEDIATE IF(@%s%s, ", variable, more);
	my_quote_value(out, sql, strlen(sql));
	text_str(out, ", 'DO 0');\n");
}

/* "`db`.`table`" behind ON, with or without TABLE before it. */
static void read_table(struct my_grant_line *g, const char *s)
{
	const char *end = s + strlen(s);

	if (strncmp(s, "TABLE ", 6) == 0)
		s += 6;
	if (!my_unquote_name(&s, end, &g->database) || *s != '.')
		return;
	s++;
	if (!my_unquote_name(&s, end, &g->table))
		text_reset(&g->table);
}

/* One name: MySQL's lists of roles are none. */
static void read_role(struct my_grant_line *g, const char *s, const char *to)
{
	if (!my_unquote_name(&s, to, &g->role) || s != to)
		text_reset(&g->role);
}

bool my_grant_line_read(struct my_grant_line *g, const char *line)
{
	bool is_grant = strncmp(line, "GRANT ", 6) == 0;
	const char *word = is_grant ? " TO " : " FROM ", *on, *to;

	*g = (struct my_grant_line){0};
	if (!is_grant && strncmp(line, "REVOKE ", 7) != 0)
		return false;
	to = my_account_find(line, word);
	if (to == NULL)
		return false;
	g->grantee = to + strlen(word);
	g->grantee_len = (size_t)(name_end(g->grantee) - g->grantee);
	g->is_admin = my_account_find(g->grantee, " ADMIN OPTION") != NULL;
	on = my_account_find(line, " ON ");
	if (on == NULL || on > to)
		read_role(g, line + 6, to);
	else if (strncmp(line, "GRANT PROXY ", 12) != 0)
		read_table(g, on + 4);
	return true;
}

void my_grant_line_fini(struct my_grant_line *g)
{
	text_free(&g->database);
	text_free(&g->table);
	text_free(&g->role);
}

bool my_grant_line_is_lasting(const char *line)
{
	return my_account_find(line, " CREATE,") != NULL ||
	       my_account_find(line, " CREATE ON ") != NULL ||
	       my_account_find(line, "GRANT ALL PRIVILEGES ") == line;
}

void my_grant_line_write(struct text *out, const struct my_grant_line *g,
			 const char *line)
{
	const char *end = g->grantee + g->grantee_len;
	struct text sql = {0};

	text_add(&sql, line, (size_t)(end - line));
	if (my_account_find(end, " GRANT OPTION") != NULL)
		text_str(&sql, " WITH GRANT OPTION");
	else if (my_account_find(end, " ADMIN OPTION") != NULL)
		text_str(&sql, " WITH ADMIN OPTION");
	out->is_broken = out->is_broken || sql.is_broken;
	if (!out->is_broken)
		my_statement(out, sql.data, sql.len, false);
	text_free(&sql);
}
