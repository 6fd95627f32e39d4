/*
 * preflight_objects.c - of a backup of a bucket: where it goes, and which of
 * its objects a restore wants.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/object_facts.h"

#define SUPERSEDED "superseded"

enum { KEY_MAX_BYTES = 1024 };

/* --- where it goes */

bool preflight_check_objects(struct preflight *p, struct err *e)
{
	const json_t *rename = json_object_get(p->request, "rename");

	if (p->is_new || p->target_path != NULL)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "a backup of a bucket is restored into one: "
			       "name a source of objects in \"target\", with "
			       "\"bucket\" and \"prefix\" where it goes "
			       "somewhere else there");
	if (rename != NULL && !json_is_null(rename))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"rename\" is for databases: restore objects "
			       "into another bucket or prefix");
	return true;
}

/* The bucket and the prefix in the place of those of the target's source. */
static bool read_place(struct preflight *p, struct err *e)
{
	const json_t *place = json_object_get(p->request, "place");
	const char *bucket =
		json_string_value(json_object_get(place, "bucket"));
	const char *prefix =
		json_string_value(json_object_get(place, "prefix"));

	if (place == NULL)
		return true;
	if (!p->is_flat)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "\"bucket\" and \"prefix\" in \"target\" are "
			       "for backups of buckets; this one is of %s",
			       p->manifest.engine);
	if (bucket != NULL)
		p->address.a.bucket = bucket;
	if (prefix != NULL)
		p->address.a.prefix = p->front = prefix;
	return true;
}

/* Else what lies at the target under the prefix says nothing of what would be
 * written there. */
static bool check_prefix(const struct preflight *p, struct err *e)
{
	const char *prefix = p->address.a.prefix;

	if (p->front != NULL || prefix == NULL || p->common == NULL ||
	    strncmp(p->common, prefix, strlen(prefix)) == 0)
		return true;
	return err_set(e, ERR_CONFLICT, "target_incompatible",
		       "the target's prefix is \"%.100s\", and keys of the "
		       "backup begin otherwise: say in \"target\" which "
		       "\"prefix\" is put before them, \"\" for none",
		       prefix);
}

bool preflight_place_objects(struct preflight *p, struct err *e)
{
	return read_place(p, e) && (!p->is_flat || check_prefix(p, e));
}

/* --- what of it */

/* A key as patterns of paths take it, as a backup does: slashes at its ends are
 * left out, and one that ends so is a folder's. */
static bool fits(const struct globs *g, const char *key)
{
	char path[KEY_MAX_BYTES + 1];
	size_t len;

	while (*key == '/')
		key++;
	len = strlen(key);
	if (g->n == 0 || len > KEY_MAX_BYTES)
		return false;
	memcpy(path, key, len + 1);
	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	return globs_fit(g, path, key[len] == '/');
}

static bool is_wanted(const struct preflight *p, const struct index_line *l)
{
	const struct globs wanted = {(const char *const *)p->scope.wanted,
				     p->scope.nwanted};
	const struct globs unwanted = {(const char *const *)p->scope.unwanted,
				       p->scope.nunwanted};

	if (p->selection == NULL)
		return true;
	return (wanted.n == 0 || fits(&wanted, l->name)) &&
	       !fits(&unwanted, l->name);
}

/* What is compared after the restore, and no more: there may be millions. */
static bool keep(struct preflight *p, const struct index_line *l,
		 struct object_facts *f, struct err *e)
{
	struct load_item item = {
		.name = l->name,
		.type = l->type,
		.digest = l->digest,
		.size = f->size,
	};
	struct text facts = {0};
	bool ok;

	if (f->headers.bytes.len + f->metadata.bytes.len + f->tags.bytes.len >
	    0) {
		const struct object_facts short_facts = {
			.headers = f->headers,
			.metadata = f->metadata,
			.tags = f->tags,
		};

		object_facts_format(&short_facts, &facts);
		item.facts = facts.data;
	}
	ok = facts.is_broken ? err_nomem(e, "a list of objects")
			     : file_list_add(&p->files, &item, e);
	text_free(&facts);
	return ok;
}

/* To what both begin with. */
static void shorten(char *common, const char *key)
{
	while (*common != '\0' && *common == *key) {
		common++;
		key++;
	}
	*common = '\0';
}

static bool add_object(struct preflight *p, const struct index_line *l,
		       struct object_facts *f, struct err *e)
{
	struct index_line line = *l; /* borrows */

	/* Nobody reads them from the marks: the load knows objects by key. */
	line.facts = NULL;
	if (p->common == NULL && (p->common = strdup(l->name)) == NULL)
		return err_nomem(e, "a list of objects");
	shorten(p->common, l->name);
	p->plain_bytes += l->plain_bytes;
	p->nselected++;
	return (p->selection == NULL ||
		selection_add(p->selection, &line, e)) &&
	       keep(p, l, f, e);
}

/* What was superseded is in the archive, and so is to be expected where all of
 * that is read. */
bool preflight_pick_object(struct preflight *p, const struct index_line *l,
			   struct err *e)
{
	struct object_facts f;
	bool ok;

	if (l->kind != ITEM_DATA || !is_wanted(p, l) ||
	    (p->selection != NULL && strcmp(l->type, SUPERSEDED) == 0))
		return true;
	if (l->facts == NULL)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the index tells nothing of \"%.100s\"",
			       l->name);
	if (!object_facts_parse(&f, l->facts, e))
		return false;
	ok = add_object(p, l, &f, e);
	object_facts_fini(&f);
	return ok;
}

bool preflight_expect(void *arg, size_t *at, struct load_item *item)
{
	struct preflight *p = arg;

	return file_list_next(&p->files, at, item);
}
