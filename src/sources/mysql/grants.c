/* grants.c - reads SHOW GRANTS. */
#include "sources/mysql/grants.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/mysql/quote.h"
#include "sources/mysql/server.h"

static const struct {
	const char *word;
	unsigned privileges;
} words[] = {
	{"ALL PRIVILEGES", MY_PRIV_ALL},
	{"ALL", MY_PRIV_ALL},
	{"SELECT", MY_PRIV_SELECT},
	{"SHOW VIEW", MY_PRIV_SHOW_VIEW},
	{"TRIGGER", MY_PRIV_TRIGGER},
	{"EVENT", MY_PRIV_EVENT},
	{"EXECUTE", MY_PRIV_EXECUTE},
	{"CREATE ROUTINE", MY_PRIV_CREATE_ROUTINE},
	{"ALTER ROUTINE", MY_PRIV_ALTER_ROUTINE},
	{"SHOW_ROUTINE", MY_PRIV_SHOW_ROUTINE},
	{"SHOW CREATE ROUTINE", MY_PRIV_SHOW_ROUTINE},
	{"RELOAD", MY_PRIV_RELOAD},
	{"FLUSH_TABLES", MY_PRIV_RELOAD},
	{"PROCESS", MY_PRIV_PROCESS},
	{"BINLOG MONITOR", MY_PRIV_BINLOG},
	{"REPLICATION CLIENT", MY_PRIV_BINLOG},
	{"SUPER", MY_PRIV_BINLOG},
	{"LOCK TABLES", MY_PRIV_LOCK},
	{"BACKUP_ADMIN", MY_PRIV_BACKUP},
};

static bool begins(const char **s, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(*s, word, n) != 0)
		return false;
	*s += n;
	return true;
}

/* Behind a bracket with a list of columns. */
static const char *skip_columns(const char *s)
{
	struct text name = {0};

	while (*s != '\0' && *s != ')') {
		const char *next = s;

		if (*s == '`' && my_unquote_name(&next, s + strlen(s), &name))
			s = next;
		else
			s++;
	}
	text_free(&name);
	return *s == ')' ? s + 1 : s;
}

static unsigned privilege_of(const char *word, size_t len)
{
	while (len > 0 && word[len - 1] == ' ')
		len--;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].word) == len &&
		    strncmp(words[i].word, word, len) == 0)
			return words[i].privileges;
	return 0;
}

/* Reads "SELECT, SHOW VIEW, INSERT (`a`) ON " and stands behind it; false
 * when there is no ON. A right on some columns does not count. */
static bool read_privileges(const char **s, unsigned *privileges)
{
	const char *p = *s, *word = p;

	for (;;) {
		if (strncmp(p, " ON ", 4) == 0 || *p == ',') {
			*privileges |= privilege_of(word, (size_t)(p - word));
			if (*p != ',') {
				*s = p + 4;
				return true;
			}
			word = ++p;
			while (*word == ' ')
				p = ++word;
		} else if (*p == '(') {
			p = skip_columns(p);
			word = p;
		} else if (*p == '\0') {
			return false;
		} else {
			p++;
		}
	}
}

/* "*" or a quoted name; *out NULL for "*". */
static bool read_name(const char **s, char **out)
{
	struct text name = {0};
	bool ok;

	*out = NULL;
	if (begins(s, "*"))
		return true;
	ok = my_unquote_name(s, *s + strlen(*s), &name);
	*out = text_take(&name);
	return ok && *out != NULL;
}

static void grant_fini(struct my_grant *grant)
{
	free(grant->database);
	free(grant->table);
}

static bool append(struct my_grants *g, struct my_grant *grant)
{
	struct my_grant *grown =
		reallocarray(g->list, g->n + 1, sizeof(*grown));

	if (grown == NULL) {
		grant_fini(grant);
		return false;
	}
	g->list = grown;
	g->list[g->n++] = *grant;
	return true;
}

bool my_grants_add(struct my_grants *g, const char *line)
{
	struct my_grant grant = {0};

	grant.is_revoked = begins(&line, "REVOKE ");
	if (!grant.is_revoked && !begins(&line, "GRANT "))
		return true;
	if (!read_privileges(&line, &grant.privileges) ||
	    grant.privileges == 0 || begins(&line, "FUNCTION ") ||
	    begins(&line, "PROCEDURE ") || begins(&line, "PACKAGE "))
		return true;
	(void)begins(&line, "TABLE ");
	if (!read_name(&line, &grant.database) || !begins(&line, ".") ||
	    !read_name(&line, &grant.table)) {
		grant_fini(&grant);
		return true;
	}
	return append(g, &grant);
}

bool my_like(const char *pattern, const char *s)
{
	for (; *pattern != '\0'; pattern++, s++) {
		if (*pattern == '%') {
			while (*s != '\0' && !my_like(pattern + 1, s))
				s++;
			return my_like(pattern + 1, s);
		}
		if (*s == '\0')
			return false;
		if (*pattern == '_')
			continue;
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		if (*pattern != *s)
			return false;
	}
	return *s == '\0';
}

static bool covers(const struct my_grant *grant, const char *database,
		   const char *table)
{
	if (grant->database == NULL)
		return true;
	if (database == NULL)
		return false;
	/* A grant on a table names its database as it is. */
	if (grant->table != NULL)
		return table != NULL && strcmp(grant->table, table) == 0 &&
		       strcmp(grant->database, database) == 0;
	return my_like(grant->database, database);
}

/* All databases does not mean the server's own. */
static bool is_of_users(const struct my_grant *grant)
{
	return grant->database == NULL ||
	       !my_is_system_database(grant->database);
}

bool my_grants_have(const struct my_grants *g, unsigned any,
		    const char *database, const char *table)
{
	unsigned global = 0, local = 0, revoked = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct my_grant *grant = &g->list[i];

		/* What is revoked anywhere is not granted everywhere. */
		if (grant->is_revoked) {
			if (database == NULL ? is_of_users(grant)
					     : covers(grant, database, table))
				revoked |= grant->privileges;
		} else if (grant->database == NULL) {
			global |= grant->privileges;
		} else if (covers(grant, database, table)) {
			local |= grant->privileges;
		}
	}
	return (((global & ~revoked) | local) & any) != 0;
}

void my_grants_fini(struct my_grants *g)
{
	for (size_t i = 0; i < g->n; i++)
		grant_fini(&g->list[i]);
	free(g->list);
	*g = (struct my_grants){0};
}
