/* pattern.c - which databases and tables a scope's patterns fit. */
#include "sources/mysql/dump/pattern.h"

#include <stdlib.h>
#include <string.h>

static bool is_wild(char c)
{
	return c == '*' || c == '%';
}

static int folded(int c, bool is_caseless)
{
	return is_caseless && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Only the last wildcard is ever tried again: no pattern takes long. */
bool my_pattern_fits(const char *pattern, const char *name, bool is_caseless)
{
	const char *wild = NULL, *retry = NULL;

	while (*name != '\0') {
		if (is_wild(*pattern)) {
			wild = ++pattern;
			retry = name;
		} else if (folded(*pattern, is_caseless) ==
			   folded(*name, is_caseless)) {
			pattern++;
			name++;
		} else if (wild != NULL) {
			pattern = wild;
			name = ++retry;
		} else {
			return false;
		}
	}
	while (is_wild(*pattern))
		pattern++;
	return *pattern == '\0';
}

bool my_pattern_is_plain(const char *pattern)
{
	return strpbrk(pattern, "*%") == NULL;
}

static bool copy(struct my_pattern **to, size_t *n,
		 const struct source_pattern *from, size_t nfrom)
{
	if (nfrom == 0)
		return true;
	*to = calloc(nfrom, sizeof(**to));
	if (*to == NULL)
		return false;
	for (; *n < nfrom; (*n)++) {
		struct my_pattern *p = &(*to)[*n];

		p->database = strdup(from[*n].database);
		if (from[*n].table != NULL)
			p->table = strdup(from[*n].table);
		if (p->database == NULL ||
		    (from[*n].table != NULL && p->table == NULL)) {
			free(p->database);
			return false;
		}
	}
	return true;
}

bool my_patterns_init(struct my_patterns *p, const struct source_scope *scope,
		      struct err *e)
{
	memset(p, 0, sizeof(*p));
	return (copy(&p->include, &p->ninclude, scope->include,
		     scope->ninclude) &&
		copy(&p->exclude, &p->nexclude, scope->exclude,
		     scope->nexclude)) ||
	       err_nomem(e, "the scope");
}

static void list_fini(struct my_pattern *list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(list[i].database);
		free(list[i].table);
	}
	free(list);
}

void my_patterns_fini(struct my_patterns *p)
{
	list_fini(p->include, p->ninclude);
	list_fini(p->exclude, p->nexclude);
	memset(p, 0, sizeof(*p));
}

enum my_reach my_patterns_database(struct my_patterns *p, const char *database)
{
	enum my_reach reach = p->ninclude > 0 ? MY_REACH_NONE : MY_REACH_ALL;

	for (size_t i = 0; i < p->nexclude; i++)
		if (p->exclude[i].table == NULL &&
		    my_pattern_fits(p->exclude[i].database, database,
				    p->is_caseless))
			return MY_REACH_NONE;
	for (size_t i = 0; i < p->ninclude; i++) {
		struct my_pattern *in = &p->include[i];

		if (!my_pattern_fits(in->database, database, p->is_caseless))
			continue;
		in->is_database_found = true;
		in->is_found = in->is_found || in->table == NULL;
		if (in->table == NULL)
			reach = MY_REACH_ALL;
		else if (reach == MY_REACH_NONE)
			reach = MY_REACH_SOME;
	}
	return reach;
}

static bool fits(const struct my_patterns *p, const struct my_pattern *one,
		 const char *database, const char *table)
{
	return my_pattern_fits(one->database, database, p->is_caseless) &&
	       (one->table == NULL ||
		my_pattern_fits(one->table, table, p->is_caseless));
}

bool my_patterns_table(struct my_patterns *p, const char *database,
		       const char *table)
{
	bool is_in = p->ninclude == 0;

	for (size_t i = 0; i < p->ninclude; i++)
		if (fits(p, &p->include[i], database, table))
			is_in = p->include[i].is_found = true;
	for (size_t i = 0; is_in && i < p->nexclude; i++)
		is_in = !fits(p, &p->exclude[i], database, table);
	return is_in;
}

bool my_patterns_are_wild(const struct my_patterns *p, const char *database)
{
	for (size_t i = 0; i < p->ninclude; i++) {
		const struct my_pattern *in = &p->include[i];

		if (my_pattern_fits(in->database, database, p->is_caseless) &&
		    (in->table == NULL || !my_pattern_is_plain(in->table)))
			return true;
	}
	return p->ninclude == 0;
}

const struct my_pattern *my_patterns_missing(const struct my_patterns *p)
{
	for (size_t i = 0; i < p->ninclude; i++) {
		const struct my_pattern *in = &p->include[i];

		if (!my_pattern_is_plain(in->database))
			continue;
		if (!in->is_database_found ||
		    (in->table != NULL && my_pattern_is_plain(in->table) &&
		     !in->is_found))
			return in;
	}
	return NULL;
}
