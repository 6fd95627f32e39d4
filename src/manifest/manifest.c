/* manifest.c - the document in memory. */
#include "manifest/manifest_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/layout.h"
#include "manifest/parts.h"

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
	copy.number = layout_number(o->key);
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

/* What the part at that place ends within must go on with the next number. */
static bool is_torn(const struct manifest *m, size_t at)
{
	const struct manifest_object *o = &m->parts.list[at];

	return o->is_open &&
	       (at + 1 == m->parts.n || o[1].number != o->number + 1);
}

/* No statement is cut by the end, by a gap, or by the end of a section; and
 * every section has parts. */
static bool check_joints(const struct manifest *m, struct err *e)
{
	bool is_cut = false;
	size_t before = 0;

	for (size_t i = 0; i < m->parts.n; i++)
		is_cut = is_cut || is_torn(m, i);
	for (unsigned i = 0; i < m->nsections; i++) {
		size_t at = manifest_part_from(m, m->sections[i].first_part);

		if (at == m->parts.n || (i > 0 && at == before))
			return manifest_damaged(
				e, "the manifest's sections are not in order");
		is_cut = is_cut || (i > 0 && m->parts.list[at - 1].is_open);
		before = at;
	}
	return !is_cut || manifest_damaged(e, "the manifest ends a section "
					      "within a statement");
}

bool manifest_check_parts(const struct manifest *m, struct err *e)
{
	uint64_t plain = 0;
	uint64_t stored = 0;

	for (size_t i = 0; i < m->parts.n; i++) {
		const struct manifest_object *o = &m->parts.list[i];

		if (o->number <= (i > 0 ? o[-1].number : 0))
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
