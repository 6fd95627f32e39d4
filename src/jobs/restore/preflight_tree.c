/*
 * preflight_tree.c - which files of a backup a restore wants: all, or what fits
 * the globs of its scope, with the folders that hold it.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/jobs_int.h"
#include "manifest/parts.h"
#include "sources/file_facts.h"

/* --- where it goes */

/* The one of restore_dirs that the path lies in, its length in *n; or NULL. */
static const char *find_above(const char *dirs, const char *path, size_t *n)
{
	for (const char *at = dirs; *at != '\0';) {
		*n = strcspn(at, ":");
		if (strncmp(at, path, *n) == 0 && path[*n] == '/')
			return at;
		at += *n + (at[*n] == ':');
	}
	return NULL;
}

static bool find_folder(struct preflight *p, struct err *e)
{
	const char *dirs = p->jobs->config.restore_dirs, *above;
	size_t n;

	if (dirs == NULL || dirs[0] == '\0')
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "no folder may be restored into: name those "
			       "that may in the setting restore_dirs of "
			       "cofferd, or restore into a source");
	free(p->beneath);
	p->beneath = NULL;
	above = find_above(dirs, p->target_path, &n);
	if (above == NULL)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "\"%.200s\" does not lie in one of the folders "
			       "of the setting restore_dirs: %.200s",
			       p->target_path, dirs);
	p->beneath = strndup(above, n);
	return p->beneath != NULL || err_nomem(e, "a restore");
}

bool preflight_check_tree(struct preflight *p, struct err *e)
{
	const json_t *rename = json_object_get(p->request, "rename");

	if (!p->is_tree && p->target_path != NULL)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "a backup of %s is no files: restore it into a "
			       "source, or into a new instance",
			       p->manifest.engine);
	if (!p->is_tree)
		return true;
	if (p->is_flat)
		return preflight_check_objects(p, e);
	if (p->is_new)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "a backup of %s is restored into a folder "
			       "(\"target\":{\"path\":...}) or a source",
			       p->manifest.engine);
	if (rename != NULL && !json_is_null(rename))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"rename\" is for databases: restore files "
			       "into another folder");
	return p->target_path == NULL || find_folder(p, e);
}

/* --- what of it */

bool preflight_begin_increment(struct preflight *p, struct err *e)
{
	if (!p->is_tree || !manifest_has_foreign_parts(&p->manifest))
		return true;
	p->selection = selection_new(&p->manifest, e);
	if (p->selection != NULL)
		selection_read_in_order(p->selection);
	return p->selection != NULL;
}

static bool is_wanted(const struct preflight *p, const struct index_line *l)
{
	const struct globs wanted = {(const char *const *)p->scope.wanted,
				     p->scope.nwanted};
	const struct globs unwanted = {(const char *const *)p->scope.unwanted,
				       p->scope.nunwanted};
	bool is_folder = strcmp(l->type, "directory") == 0;

	if (p->selection == NULL)
		return true;
	return (wanted.n == 0 || globs_fit(&wanted, l->name, is_folder)) &&
	       !globs_fit(&unwanted, l->name, is_folder);
}

static bool add_file(struct preflight *p, const struct index_line *l,
		     const struct file_facts *f, struct err *e)
{
	const struct load_item item = {
		.name = l->name,
		.type = l->type,
		.digest = l->digest,
		.size = f->size,
		.target = f->target,
	};

	struct index_line line = *l; /* borrows */

	/* The load needs them where the archive tells older ones. */
	if (!f->is_amended)
		line.facts = NULL;
	p->plain_bytes += l->plain_bytes;
	p->nselected++;
	return (p->selection == NULL ||
		selection_add(p->selection, &line, e)) &&
	       file_list_add(&p->files, &item, e);
}

/* Names of files are bytes: the calls that do not look whether it is UTF-8. */
static bool remember(json_t *set, const char *path, const char *as,
		     struct err *e)
{
	json_t *value =
		as != NULL ? json_stringn_nocheck(as, strlen(as)) : json_true();

	return json_object_set_new_nocheck(set, path, value) == 0 ||
	       err_nomem(e, "a scope");
}

/* All folders above it, but for those that are known with what is above
 * them. */
static bool need_folders(struct preflight *p, const char *path, struct err *e)
{
	char *above = strdup(path), *slash;
	bool ok = true;

	if (above == NULL)
		return err_nomem(e, "a scope");
	while (ok && (slash = strrchr(above, '/')) != NULL) {
		*slash = '\0';
		if (json_object_get(p->extra.folders, above) != NULL)
			break;
		ok = remember(p->extra.folders, above, NULL, e);
	}
	free(above);
	return ok;
}

static bool need_target(struct preflight *p, const struct index_line *l,
			const struct file_facts *f, struct err *e)
{
	const struct index_line of = {.type = "file", .name = f->target};

	if (strcmp(l->type, "hardlink") != 0 || f->target == NULL ||
	    is_wanted(p, &of) ||
	    json_object_get(p->extra.links, f->target) != NULL)
		return true;
	return remember(p->extra.links, f->target, l->name, e);
}

static bool pick_wanted(struct preflight *p, const struct index_line *l,
			const struct file_facts *f, struct err *e)
{
	if (p->extra.is_reading || !is_wanted(p, l))
		return true;
	return add_file(p, l, f, e) &&
	       (!p->is_scoped ||
		(need_folders(p, l->name, e) && need_target(p, l, f, e)));
}

/* In the second reading. */
static bool pick_needed(struct preflight *p, const struct index_line *l,
			const struct file_facts *f, struct err *e)
{
	const json_t *set = strcmp(l->type, "directory") == 0 ? p->extra.folders
							      : p->extra.links;

	if (is_wanted(p, l) || json_object_get(set, l->name) == NULL)
		return true;
	return add_file(p, l, f, e);
}

bool preflight_pick_file(struct preflight *p, const struct index_line *l,
			 struct err *e)
{
	struct file_facts f;
	bool ok;

	if (p->is_flat)
		return preflight_pick_object(p, l, e);
	if (l->facts == NULL)
		return l->kind != ITEM_DATA ||
		       err_set(e, ERR_DAMAGED, "damaged_backup",
			       "the index tells nothing of \"%.100s\"",
			       l->name);
	if (strcmp(l->type, "superseded") == 0)
		return true;
	if (!file_facts_parse(&f, l->facts, e))
		return false;
	ok = p->extra.is_reading ? pick_needed(p, l, &f, e)
				 : pick_wanted(p, l, &f, e);
	file_facts_fini(&f);
	return ok;
}

static int by_from(const void *a, const void *b)
{
	return strcmp(((const struct load_rename *)a)->from,
		      ((const struct load_rename *)b)->from);
}

static bool make_renames(struct preflight *p, struct err *e)
{
	struct preflight_extra *x = &p->extra;
	const char *from;
	json_t *to;

	x->renames =
		calloc(json_object_size(x->links) + 1, sizeof(*x->renames));
	if (x->renames == NULL)
		return err_nomem(e, "a scope");
	json_object_foreach(x->links, from, to)
	{
		x->renames[x->nrenames++] =
			(struct load_rename){from, json_string_value(to)};
	}
	if (x->nrenames > 1)
		qsort(x->renames, x->nrenames, sizeof(*x->renames), by_from);
	return true;
}

bool preflight_end_files(struct preflight *p, bool *again, struct err *e)
{
	*again = false;
	if (!p->is_scoped || p->extra.is_reading)
		return true;
	if (p->files.n == 0)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "nothing in the backup is in the scope: look "
			       "at its contents");
	if (p->is_flat)
		return true;
	p->extra.is_reading = *again = true;
	return make_renames(p, e);
}
