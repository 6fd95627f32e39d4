/* backups.c - see backups.h. */
#include "ctl/pool/backups.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static void add(void *arg, const struct listing_entry *entry)
{
	struct reach *r = arg;
	struct pool_backups *b = r->arg;
	size_t cap = b->cap > 0 ? b->cap * 2 : 64;
	struct pool_backup *more, *to;

	if (!entry->has_manifest)
		return;
	if (b->n == b->cap) {
		more = realloc(b->list, cap * sizeof(*more));
		if (more == NULL) {
			b->is_broken = true;
			return;
		}
		b->list = more;
		b->cap = cap;
	}
	to = &b->list[b->n++];
	(void)str_copy(to->source_id, ID_MAX, entry->source_id);
	(void)str_copy(to->backup_id, ID_MAX, entry->backup_id);
}

bool pool_backups_list(struct reach *r, struct pool_backups *out, struct err *e)
{
	r->arg = out;
	return reach_list(r, add, e) &&
	       (!out->is_broken || err_nomem(e, "a list"));
}

void pool_backups_fini(struct pool_backups *b)
{
	free(b->list);
	*b = (struct pool_backups){0};
}

static bool tell_several(struct err *e, const char *name)
{
	return err_set(e, ERR_INVALID, "usage",
		       "several backups are called %.80s: give the id, which "
		       "ls --json shows",
		       name);
}

/* The one of that name; those that cannot be read are none. */
static bool find_named(struct reach *r, const struct pool_backups *b,
		       const char *name, struct manifest *out, struct err *e)
{
	bool has_found = false;

	for (size_t i = 0; i < b->n; i++) {
		struct manifest m = {0};
		struct err why = {0};
		bool ok = reach_manifest(r, b->list[i].source_id,
					 b->list[i].backup_id, &m, &why);

		if (!ok &&
		    (why.code == ERR_DAMAGED || why.code == ERR_NOT_FOUND))
			continue;
		if (!ok) {
			*e = why;
			return false;
		}
		if (strcmp(m.name, name) != 0) {
			manifest_fini(&m);
		} else if (has_found) {
			manifest_fini(&m);
			return tell_several(e, name);
		} else {
			*out = m;
			has_found = true;
		}
	}
	return has_found ||
	       err_set(e, ERR_NOT_FOUND, "not_found",
		       "there is no backup %.80s in the pool", name);
}

static bool find_id(struct reach *r, const struct pool_backups *b,
		    const char *id, struct manifest *out, struct err *e)
{
	for (size_t i = 0; i < b->n; i++) {
		if (strcmp(b->list[i].backup_id, id) == 0)
			return reach_manifest(r, b->list[i].source_id, id, out,
					      e);
	}
	return err_set(e, ERR_NOT_FOUND, "not_found",
		       "there is no backup %.80s in the pool", id);
}

bool pool_backup_find(struct reach *r, const char *name, struct manifest *m,
		      struct err *e)
{
	struct pool_backups b = {0};
	bool ok = pool_backups_list(r, &b, e) &&
		  (id_has_prefix(name, "bak") ? find_id(r, &b, name, m, e)
					      : find_named(r, &b, name, m, e));

	if (!ok)
		manifest_fini(m);
	pool_backups_fini(&b);
	return ok;
}

static json_t *read_or_null(const char *text)
{
	json_t *doc =
		text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	return doc != NULL ? doc : json_null();
}

json_t *pool_backup_show(const struct manifest *m)
{
	char started[CLOCK_TEXT_MAX], finished[CLOCK_TEXT_MAX], form[16];
	json_t *doc = json_pack(
		"{s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:s, s:s}",
		"id", m->backup_id, "name", m->name, "description",
		m->description, "source", "id", m->source_id, "name",
		m->source_name, "engine", m->engine, "version", m->version,
		"method", m->method, "type", m->type, "started_at",
		clock_format(m->started_at, started), "finished_at",
		clock_format(m->finished_at, finished));

	(void)json_object_set_new(doc, "form",
				  json_string(pool_backup_form(m, form)));
	(void)json_object_set_new(doc, "plain_bytes",
				  json_integer((json_int_t)m->plain_bytes));
	(void)json_object_set_new(doc, "stored_bytes",
				  json_integer((json_int_t)m->stored_bytes));
	(void)json_object_set_new(doc, "part_count",
				  json_integer((json_int_t)m->part_count));
	(void)json_object_set_new(doc, "encrypted",
				  json_boolean(m->recipients.n > 0));
	(void)json_object_set_new(doc, "counts", read_or_null(m->counts_json));
	(void)json_object_set_new(doc, "physical",
				  read_or_null(m->physical_json));
	(void)json_object_set_new(doc, "server_id", json_string(m->server_id));
	(void)json_object_set_new(doc, "digest", json_string(m->digest));
	(void)json_object_set_new(doc, "public_key",
				  json_string(m->public_key));
	return doc;
}

const char *pool_backup_form(const struct manifest *m, char out[16])
{
	const char *dot =
		m->parts.n > 0 ? strrchr(m->parts.list[0].key, '/') : NULL;
	size_t n;

	out[0] = '\0';
	dot = dot != NULL ? strchr(dot, '.') : NULL;
	if (dot == NULL)
		return out;
	n = strcspn(dot + 1, ".");
	if (n < 16) {
		memcpy(out, dot + 1, n);
		out[n] = '\0';
	}
	return out;
}
