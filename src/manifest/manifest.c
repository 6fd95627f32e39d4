/* manifest.c - the document in memory. */
#include "manifest/manifest_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Punctuation and digits around the text of one entry. */
enum { ENTRY_BYTES = 170 };

bool manifest_damaged(struct err *e, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_set(e, ERR_DAMAGED, "damaged_backup", "%s", msg);
}

void manifest_objects_fini(struct manifest_objects *os)
{
	for (size_t i = 0; i < os->n; i++) {
		free(os->list[i].key);
		free(os->list[i].first_item);
	}
	free(os->list);
	*os = (struct manifest_objects){0};
}

void manifest_objects_move(struct manifest_objects *to,
			   struct manifest_objects *from)
{
	manifest_objects_fini(to);
	*to = *from;
	*from = (struct manifest_objects){0};
}

size_t manifest_objects_weight(const struct manifest_objects *os)
{
	size_t sum = 0;

	for (size_t i = 0; i < os->n; i++) {
		const struct manifest_object *o = &os->list[i];

		sum += ENTRY_BYTES + strlen(o->key);
		if (o->first_item != NULL)
			sum += strlen(o->first_item);
	}
	return sum;
}

void manifest_fini(struct manifest *m)
{
	char *const strings[] = {
		m->name,	m->description,	     m->source_name,
		m->engine,	m->version,	     m->method,
		m->type,	m->region,	     m->plan_json,
		m->scope_json,	m->consistency_json, m->session_json,
		m->counts_json, m->warnings_json,    m->compression,
		m->hidden_json, m->physical_json,    m->names_digest,
	};

	for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
		free(strings[i]);
	manifest_objects_fini(&m->parts);
	manifest_objects_fini(&m->index);
	manifest_objects_fini(&m->part_lists);
	manifest_objects_fini(&m->meta);
	*m = (struct manifest){0};
}

static bool grow(struct manifest_objects *os)
{
	size_t cap = os->cap > 0 ? os->cap + os->cap / 2 : 16;
	struct manifest_object *list;

	if (os->n < os->cap)
		return true;
	list = realloc(os->list, cap * sizeof(*list));
	if (list == NULL)
		return false;
	os->list = list;
	os->cap = cap;
	return true;
}

bool manifest_add(struct manifest_objects *to, const struct manifest_object *o,
		  struct err *e)
{
	struct manifest_object copy = *o;

	if (!grow(to))
		return err_nomem(e, "the list of objects");
	copy.key = strdup(o->key);
	copy.first_item = o->first_item != NULL ? strdup(o->first_item) : NULL;
	if (copy.key == NULL ||
	    (o->first_item != NULL && copy.first_item == NULL)) {
		free(copy.key);
		free(copy.first_item);
		return err_nomem(e, "the list of objects");
	}
	to->list[to->n++] = copy;
	return true;
}

/* No statement is cut by the end, or by that of a section. */
static bool check_joints(const struct manifest *m, struct err *e)
{
	const struct manifest_object *parts = m->parts.list;
	bool is_cut = m->parts.n > 0 && parts[m->parts.n - 1].is_open;

	for (unsigned i = 1; i < m->nsections; i++)
		is_cut = is_cut || parts[m->sections[i].first_part - 2].is_open;
	return !is_cut || manifest_damaged(e, "the manifest ends a section "
					      "within a statement");
}

bool manifest_check_parts(const struct manifest *m, struct err *e)
{
	uint64_t plain = 0;
	uint64_t stored = 0;

	for (size_t i = 0; i < m->parts.n; i++) {
		const struct manifest_object *o = &m->parts.list[i];

		if (i > 0 && strcmp(o[-1].key, o->key) >= 0)
			return manifest_damaged(
				e, "the manifest lists %s out of order",
				o->key);
		plain += o->plain_bytes;
		stored += o->stored_bytes;
	}
	if (m->parts.n != m->part_count || plain != m->plain_bytes ||
	    stored != m->stored_bytes)
		return manifest_damaged(
			e, "the list of parts is not what the manifest says "
			   "of it");
	return check_joints(m, e) && manifest_check_sealed(m, &m->parts, e) &&
	       manifest_check_sealed(m, &m->index, e) &&
	       manifest_check_sealed(m, &m->meta, e);
}
