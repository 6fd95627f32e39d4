/* rename.c - databases that are restored under another name. */
#include "config.h" /* for memmem() */
#include "sources/mysql/load/rename.h"

#include <stdlib.h>
#include <string.h>

#include "sources/mysql/quote.h"

bool my_renames_add(struct my_renames *r, const char *from, const char *to)
{
	struct my_rename *grown =
		reallocarray(r->list, r->n + 1, sizeof(*grown));

	if (grown == NULL)
		return false;
	r->list = grown;
	grown += r->n;
	*grown = (struct my_rename){strdup(from), strdup(to)};
	r->n++; /* also a half one: fini() frees it */
	return grown->from != NULL && grown->to != NULL;
}

const char *my_renames_find(const struct my_renames *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->list[i].from, name) == 0)
			return r->list[i].to;
	return name;
}

void my_renames_fini(struct my_renames *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->list[i].from);
		free(r->list[i].to);
	}
	free(r->list);
	*r = (struct my_renames){0};
}

static bool begins(const char *sql, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len >= n && memcmp(sql, with, n) == 0;
}

/* Length of the words before a database's name, 0: not such a statement. */
static size_t before_name(const char *sql, size_t len)
{
	static const char *const words[] = {
		"USE ",
		"CREATE DATABASE IF NOT EXISTS ",
		"ALTER DATABASE ",
		NULL,
	};

	for (const char *const *w = words; *w != NULL; w++)
		if (begins(sql, len, *w) && len > strlen(*w) &&
		    sql[strlen(*w)] == '`')
			return strlen(*w);
	return 0;
}

static bool is_printed_definition(const char *sql, size_t len)
{
	return begins(sql, len, "CREATE TABLE ") ||
	       begins(sql, len, "CREATE ALGORITHM=");
}

static const char *skip_string(const char *s, const char *end)
{
	char quote = *s++;

	while (s < end && *s != quote)
		s += *s == '\\' && s + 1 < end ? 2 : 1;
	return s < end ? s + 1 : end;
}

struct rewrite {
	const struct my_renames *renames;
	struct text *out;
	struct text name;
	const char *copied; /* what comes before is in out */
	bool is_changed, is_view;
};

static void replace(struct rewrite *w, const char *from, const char *to,
		    const char *name)
{
	text_add(w->out, w->copied, (size_t)(from - w->copied));
	my_quote_name(w->out, name);
	w->copied = to;
	w->is_changed = true;
}

static bool is_behind(const char *begin, const char *at, const char *words)
{
	size_t n = strlen(words);

	return (size_t)(at - begin) >= n && memcmp(at - n, words, n) == 0;
}

/* Stands alone somewhere, and not as a column's name: a table goes by it. */
static bool is_alias(const char *begin, const char *end, const char *name)
{
	struct text found = {0};
	bool is = false;

	for (const char *s = begin, *from; s < end && !is;) {
		if (*s == '\'' || *s == '"') {
			s = skip_string(s, end);
		} else if (*s != '`') {
			s++;
		} else {
			from = s;
			if (!my_unquote_name(&s, end, &found))
				break;
			is = strcmp(found.data, name) == 0 &&
			     (s == end || *s != '.') &&
			     is_behind(begin, from, " ") &&
			     !is_behind(begin, from, "AS ");
		}
	}
	text_free(&found);
	return is;
}

/* "`x`.`y`" in a view where `x` is what a table goes by, and no database: all
 * else that is of a database stands behind these words, before a bracket, or
 * before a third name. */
static bool is_column(const char *begin, const char *from, const char *dot,
		      const char *end, const char *name)
{
	static const char *const tables[] = {"VIEW ",	"from ",   "join ",
					     "nextval", "lastval", NULL};
	struct text second = {0};
	const char *s = dot + 1, *before = from;
	bool is_two = my_unquote_name(&s, end, &second) &&
		      (s == end || (*s != '.' && *s != '('));

	text_free(&second);
	while (before > begin && before[-1] == '(')
		before--;
	for (const char *const *w = tables; *w != NULL; w++)
		is_two = is_two && !is_behind(begin, before, *w);
	return is_two && is_alias(begin, end, name);
}

/* A name at s: replaced when it is a database's. Returns what is behind. */
static const char *take_name(struct rewrite *w, const char *begin,
			     const char *s, const char *end, bool is_chain_only)
{
	const char *from = s;
	const char *name;

	if (!my_unquote_name(&s, end, &w->name))
		return end;
	if (is_chain_only && (end - s < 2 || s[0] != '.' || s[1] != '`' ||
			      (from > begin && from[-1] == '.')))
		return s;
	name = my_renames_find(w->renames, w->name.data);
	if (name == w->name.data)
		return s;
	if (!w->is_view || !is_column(begin, from, s, end, w->name.data))
		replace(w, from, s, name);
	return s;
}

static void rewrite_definition(struct rewrite *w, const char *sql,
			       const char *end)
{
	const char *begin = sql;

	while (sql < end) {
		if (*sql == '\'' || *sql == '"')
			sql = skip_string(sql, end);
		else if (*sql == '`')
			sql = take_name(w, begin, sql, end, true);
		else
			sql++;
	}
}

bool my_renames_apply(const struct my_renames *r, const char *sql, size_t len,
		      struct text *out)
{
	struct rewrite w = {.renames = r, .out = out, .copied = sql};
	const char *end = sql + len;
	size_t before;

	if (r->n == 0)
		return false;
	text_reset(out);
	w.is_view = begins(sql, len, "CREATE ALGORITHM=");
	before = before_name(sql, len);
	if (before > 0)
		(void)take_name(&w, sql, sql + before, end, false);
	else if (is_printed_definition(sql, len))
		rewrite_definition(&w, sql, end);
	if (w.is_changed)
		text_add(out, w.copied, (size_t)(end - w.copied));
	out->is_broken = out->is_broken || w.name.is_broken;
	text_free(&w.name);
	return w.is_changed || out->is_broken;
}
