/* scope_pattern.c - reads patterns of a scope, and finds what fits. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/scope_int.h"

static bool invalid(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "%s", text);
}

bool scope_is_identifier(const char *name, size_t len)
{
	size_t points = 0;

	return len > 0 && len <= IDENTIFIER_MAX_BYTES &&
	       utf8_check(name, len, &points) &&
	       points <= IDENTIFIER_MAX_POINTS;
}

/* One part in backquotes, without them into out; NULL: they do not end, or
 * the part is too long. */
static const char *read_quoted(const char *s, char *out, size_t *len)
{
	for (s++; *s != '\0' && *len < IDENTIFIER_MAX_BYTES + 1; s++) {
		if (*s == '`' && *++s != '`')
			return s;
		out[(*len)++] = *s;
	}
	return NULL;
}

static const char *read_plain(const char *s, char *out, size_t *len)
{
	size_t n = strcspn(s, ".`");

	*len = n <= IDENTIFIER_MAX_BYTES ? n : IDENTIFIER_MAX_BYTES + 1;
	memcpy(out, s, *len);
	return s + n;
}

/* A part ends at a dot or at the end; what follows, or NULL with *e filled. */
static const char *read_part(const char *s, char **to, struct err *e)
{
	char name[IDENTIFIER_MAX_BYTES + 2];
	bool is_quoted = *s == '`';
	size_t len = 0;

	s = is_quoted ? read_quoted(s, name, &len) : read_plain(s, name, &len);
	if (s == NULL || (*s != '.' && *s != '\0')) {
		(void)invalid(e, "a pattern is DB or DB.TABLE; a name with a "
				 "dot is written in backquotes, and a "
				 "backquote in there twice");
		return NULL;
	}
	if (!scope_is_identifier(name, len)) {
		(void)invalid(e, "each part of a pattern has 1 to 64 "
				 "characters");
		return NULL;
	}
	*to = str_of(name, len);
	if (*to == NULL) {
		(void)err_nomem(e, "a scope");
		return NULL;
	}
	return s;
}

static bool is_wildcard(char c)
{
	return c == '*' || c == '%';
}

static bool is_everything(const char *pattern)
{
	while (is_wildcard(*pattern))
		pattern++;
	return *pattern == '\0';
}

bool scope_pattern_parse(struct scope_pattern *p, const char *text,
			 struct err *e)
{
	*p = (struct scope_pattern){0};
	text = read_part(text, &p->database, e);
	if (text == NULL || *text == '\0')
		return text != NULL;
	text = read_part(text + 1, &p->table, e);
	if (text == NULL)
		return false;
	if (*text != '\0')
		return invalid(e, "a pattern has at most one dot; a name with "
				  "a dot is written in backquotes");
	if (is_everything(p->table)) {
		free(p->table);
		p->table = NULL;
	}
	return true;
}

bool scope_pattern_is_all(const struct scope_pattern *p)
{
	return p->table == NULL && is_everything(p->database);
}

void scope_pattern_fini(struct scope_pattern *p)
{
	free(p->database);
	free(p->table);
	*p = (struct scope_pattern){0};
}

/* --- what fits */

/* After a mismatch only the last wildcard takes one character more: those
 * before it have nothing to gain. */
static bool fits(const char *pattern, const char *name)
{
	const char *wildcard = NULL, *taken = NULL;

	while (*name != '\0') {
		if (is_wildcard(*pattern)) {
			wildcard = pattern++;
			taken = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (wildcard != NULL) {
			pattern = wildcard + 1;
			name = ++taken;
		} else {
			return false;
		}
	}
	return is_everything(pattern);
}

enum reach {
	REACH_NONE,
	REACH_SOME, /* tables that fit, if there are any */
	REACH_ALL,
};

/* What of a database the patterns of a list reach. */
static enum reach reach_of(const struct scope_pattern *list, size_t n,
			   const char *db)
{
	enum reach reach = REACH_NONE;

	for (size_t i = 0; i < n; i++) {
		if (!fits(list[i].database, db))
			continue;
		if (list[i].table == NULL)
			return REACH_ALL;
		reach = REACH_SOME;
	}
	return reach;
}

static bool is_reached(const struct scope_pattern *list, size_t n,
		       const char *db, const char *table)
{
	for (size_t i = 0; i < n; i++) {
		if (fits(list[i].database, db) &&
		    (list[i].table == NULL || fits(list[i].table, table)))
			return true;
	}
	return false;
}

static const struct scope_database *find_named(const struct scope *s,
					       const char *db)
{
	for (size_t i = 0; i < s->ndatabases; i++) {
		if (strcmp(s->databases[i].name, db) == 0)
			return &s->databases[i];
	}
	return NULL;
}

static enum reach included(const struct scope *s, const char *db)
{
	const struct scope_database *named;

	if (s->ninclude > 0)
		return reach_of(s->include, s->ninclude, db);
	if (s->ndatabases == 0)
		return REACH_ALL;
	named = find_named(s, db);
	if (named == NULL)
		return REACH_NONE;
	return named->tables == NULL ? REACH_ALL : REACH_SOME;
}

bool scope_has_database(const struct scope *s, const char *db, bool *whole)
{
	enum reach in = included(s, db);
	enum reach out = reach_of(s->exclude, s->nexclude, db);

	if (whole != NULL)
		*whole = in == REACH_ALL && out == REACH_NONE;
	return in != REACH_NONE && out != REACH_ALL;
}

static bool is_named(const struct scope *s, const char *db, const char *table)
{
	const struct scope_database *named = find_named(s, db);

	if (named == NULL || named->tables == NULL)
		return named != NULL;
	for (size_t i = 0; i < named->ntables; i++) {
		if (strcmp(named->tables[i], table) == 0)
			return true;
	}
	return false;
}

bool scope_has_table(const struct scope *s, const char *db, const char *table)
{
	if (is_reached(s->exclude, s->nexclude, db, table))
		return false;
	if (s->ninclude > 0)
		return is_reached(s->include, s->ninclude, db, table);
	return s->ndatabases == 0 || is_named(s, db, table);
}
