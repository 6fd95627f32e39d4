/*
 * prepare.c - what a restore does before the dump's first statement, and
 * what it remembers of the tables that the dump makes.
 *
 * A whole database that is overwritten is dropped. Of one that is restored in
 * part only the tables named are, and the database itself is made when it is
 * not there; nothing else in it is touched.
 */
#include "sources/mysql/load/load_int.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "sources/mysql/quote.h"

static void next_database(struct my_prepare *p)
{
	*p = (struct my_prepare){.database = p->database + 1};
}

/* A name may be a table, a sequence or a view: each is tried. */
static void drop_table(const struct my_load *l, struct my_prepare *p,
		       struct text *sql)
{
	const char *database = l->databases[p->database];
	const char *table = l->partials[p->database].tables[p->table];

	if (!my_load_may_drop_table(l, database, table)) {
		p->table++;
		return;
	}
	text_str(sql, p->is_a_view ? "DROP VIEW IF EXISTS "
				   : "DROP TABLE IF EXISTS ");
	my_quote_names(sql, database, table);
	if (p->is_a_view)
		p->table++;
	p->is_a_view = !p->is_a_view;
}

static void prepare_part(const struct my_load *l, struct my_prepare *p,
			 struct text *sql)
{
	if (!p->is_begun) {
		p->is_begun = true;
		text_str(sql, "CREATE DATABASE IF NOT EXISTS ");
		my_quote_name(sql, l->databases[p->database]);
	} else if (p->table < l->partials[p->database].n) {
		drop_table(l, p, sql);
	} else {
		next_database(p);
	}
}

void my_prepare_next(const struct my_load *l, struct my_prepare *p,
		     struct text *sql)
{
	while (sql->len == 0 && !sql->is_broken &&
	       p->database < l->ndatabases) {
		const char *name = l->databases[p->database];

		if (l->partials[p->database].is_partial) {
			prepare_part(l, p, sql);
			continue;
		}
		if (my_load_may_drop(l, name)) {
			text_str(sql, "DROP DATABASE IF EXISTS ");
			my_quote_name(sql, name);
		}
		next_database(p);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* "USE `db``t`": no two tables share it, since both are quoted. */
static char *key_of(const struct text *use, const char *name, size_t len)
{
	struct text key = {0};

	text_add(&key, use->data, use->len);
	text_add(&key, name, len);
	if (!key.is_broken && (key.len == 0 || strlen(key.data) == key.len))
		return text_take(&key);
	text_free(&key);
	return NULL;
}

bool my_plain_add(struct my_load *l, const struct text *use, const char *name,
		  size_t len)
{
	char *key = key_of(use, name, len);
	char **found = key != NULL ? tsearch(key, &l->plain, compare) : NULL;

	if (found == NULL || *found != key)
		free(key);
	return found != NULL;
}

bool my_plain_has(const struct my_load *l, const struct text *use,
		  const char *name, size_t len)
{
	void *const *root = &l->plain;
	char *key;
	bool has;

	if (l->plain == NULL)
		return false;
	key = key_of(use, name, len);
	/* Without memory it stands alone: slower, never wrong. */
	has = key == NULL || tfind(key, root, compare) != NULL;
	free(key);
	return has;
}

void my_plain_fini(struct my_load *l)
{
	while (l->plain != NULL) {
		char *key = *(char **)l->plain;

		(void)tdelete(key, &l->plain, compare);
		free(key);
	}
}
