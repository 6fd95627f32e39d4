/* contents_list.c - see contents_list.h. */
#include "jobs/verify/contents_list.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void database_fini(struct contents_database *db)
{
	text_free(&db->name);
	text_free(&db->tables);
	text_free(&db->objects);
}

void contents_fini(struct contents_list *c)
{
	for (size_t i = 0; i < c->n; i++)
		database_fini(&c->list[i]);
	free(c->list);
	json_decref(c->numbers);
	memset(c, 0, sizeof(*c));
}

/* Takes one; a value that could not be made breaks the text. */
static void add_value(struct text *t, json_t *one)
{
	char *value = json_dumps(one, JSON_COMPACT | JSON_ENCODE_ANY);

	if (t->len > 0)
		text_char(t, ',');
	if (value == NULL)
		t->is_broken = true;
	text_str(t, value);
	free(value);
	json_decref(one);
}

static bool grow(struct contents_list *c)
{
	size_t more = c->cap == 0 ? 16 : 2 * c->cap;
	struct contents_database *list;

	if (c->numbers == NULL)
		c->numbers = json_object();
	if (c->n < c->cap)
		return c->numbers != NULL;
	list = realloc(c->list, more * sizeof(*list));
	if (list == NULL)
		return false;
	c->list = list;
	c->cap = more;
	return c->numbers != NULL;
}

/* The entry of a database, made when it is met first. NULL: no memory. */
static struct contents_database *database_of(struct contents_list *c,
					     const char *name)
{
	const json_t *number = json_object_get(c->numbers, name);
	struct contents_database *db;

	if (number != NULL)
		return &c->list[json_integer_value(number)];
	if (!grow(c) || json_object_set_new(c->numbers, name,
					    json_integer((json_int_t)c->n)))
		return NULL;
	db = &c->list[c->n++];
	memset(db, 0, sizeof(*db));
	add_value(&db->name, json_string(name));
	return db;
}

static json_t *table_of(const struct index_line *l)
{
	char digest[DIGEST_HEX_MAX];

	return json_pack("{s:s,s:I,s:I,s:s}", "name", l->name, "rows",
			 (json_int_t)l->rows, "bytes",
			 (json_int_t)l->plain_bytes, "digest",
			 digest_format(&l->digest, digest));
}

/* Redis has no tables: the keys are the database's own. */
static void count_keys(struct contents_database *db, const struct index_line *l)
{
	if (l->kind != ITEM_DATA)
		return;
	db->has_keys = true;
	db->keys += l->rows;
	db->bytes += l->plain_bytes;
	digest_add(&db->digest, &l->digest);
}

static void write_keys(struct text *all, const struct contents_database *db)
{
	char digest[DIGEST_HEX_MAX];

	if (db->has_keys)
		text_printf(all,
			    ",\"keys\":%" PRIu64 ",\"bytes\":%" PRIu64
			    ",\"digest\":\"%s\"",
			    db->keys, db->bytes,
			    digest_format(&db->digest, digest));
}

bool contents_add(struct contents_list *c, const struct index_line *l,
		  struct err *e)
{
	bool is_table = strcmp(l->type, "table") == 0;
	struct contents_database *db;
	struct text *to;

	if (l->group[0] == '\0')
		return true; /* of the whole instance: session settings */
	db = database_of(c, l->group);
	if (db == NULL || db->name.is_broken)
		return err_nomem(e, "the contents of a backup");
	if (strcmp(l->type, "database") == 0) {
		count_keys(db, l);
		return true;
	}
	if (is_table && l->kind != ITEM_DATA)
		return true;
	to = is_table ? &db->tables : &db->objects;
	add_value(to, is_table ? table_of(l)
			       : json_pack("{s:s,s:s}", "kind", l->type, "name",
					   l->name));
	return !to->is_broken || err_nomem(e, "the contents of a backup");
}

char *contents_take(struct contents_list *c, struct err *e)
{
	struct text all = {0};
	char *taken;

	text_char(&all, '[');
	for (size_t i = 0; i < c->n; i++) {
		struct contents_database *db = &c->list[i];

		text_str(&all, i > 0 ? ",{\"name\":" : "{\"name\":");
		text_str(&all, db->name.data);
		write_keys(&all, db);
		text_str(&all, ",\"tables\":[");
		text_str(&all, db->tables.data);
		text_str(&all, "],\"objects\":[");
		text_str(&all, db->objects.data);
		text_str(&all, "]}");
		database_fini(db);
	}
	text_char(&all, ']');
	taken = text_take(&all);
	text_free(&all);
	if (taken == NULL)
		(void)err_nomem(e, "the contents of a backup");
	return taken;
}
