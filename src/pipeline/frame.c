/* frame.c - items and the frames that carry their bytes. */
#include "pipeline/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/buffer.h"

/* The heap's own, of the item of a line and its four texts. */
enum { LINE_HEAP_BYTES = 5 * 16 };

static const char *const kind_names[] = {"schema", "data", "post", "account"};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == ITEM_KIND_COUNT,
	       "one name per kind");

const char *item_kind_name(enum item_kind kind)
{
	assert(kind < ITEM_KIND_COUNT);
	return kind_names[kind];
}

static void item_free(struct item *it)
{
	free(it->type);
	free(it->group);
	free(it->name);
	free(it->on);
	free(it->definer);
	free(it->facts);
	free(it->line);
	free(it);
}

struct item *item_new(uint64_t number, enum item_kind kind, const char *type,
		      const char *group, const char *name)
{
	struct item *it = calloc(1, sizeof(*it));

	if (it == NULL)
		return NULL;
	it->refs = 1;
	it->number = number;
	it->nruns = 1;
	it->kind = kind;
	it->type = strdup(type);
	it->group = strdup(group);
	it->name = strdup(name);
	if (it->type == NULL || it->group == NULL || it->name == NULL) {
		item_free(it);
		return NULL;
	}
	return it;
}

static bool set_text(char **text, const char *value)
{
	char *copy = strdup(value);

	if (copy == NULL)
		return false;
	free(*text);
	*text = copy;
	return true;
}

bool item_set_on(struct item *it, const char *on)
{
	return set_text(&it->on, on);
}

bool item_set_definer(struct item *it, const char *definer)
{
	return set_text(&it->definer, definer);
}

bool item_set_facts(struct item *it, const char *facts)
{
	return set_text(&it->facts, facts);
}

bool item_set_line(struct item *it, const char *line)
{
	return set_text(&it->line, line);
}

struct item *item_ref(struct item *it)
{
	it->refs++;
	return it;
}

void item_unref(struct item *it)
{
	if (it == NULL)
		return;
	assert(it->refs > 0);
	if (--it->refs == 0)
		item_free(it);
}

struct frame *frame_new(size_t cap)
{
	struct frame *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->cap = cap > 0 ? cap : 1;
	f->data = buffer_take(f->cap);
	if (f->data == NULL) {
		free(f);
		return NULL;
	}
	return f;
}

/* Doubles at least, so that many small adds cost no more than a few moves. */
bool frame_reserve(struct frame *f, size_t more)
{
	unsigned char *grown;
	size_t cap;

	if (more <= f->cap - f->len)
		return true;
	if (more > SIZE_MAX / 2 - f->len)
		return false;
	cap = f->len + more;
	if (cap < f->cap * 2)
		cap = f->cap * 2;
	grown = realloc(f->data, cap);
	if (grown == NULL)
		return false;
	f->data = grown;
	f->cap = cap;
	return true;
}

/* The array's room is the power of two at or above its length. */
static bool has_room(size_t n)
{
	return n > 0 && (n & (n - 1)) != 0;
}

struct span *frame_add_span(struct frame *f, struct item *it)
{
	struct span *grown = f->spans;

	if (!has_room(f->nspans)) {
		size_t room = f->nspans > 0 ? f->nspans * 2 : 1;

		grown = reallocarray(f->spans, room, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		f->spans = grown;
	}
	grown += f->nspans++;
	memset(grown, 0, sizeof(*grown));
	grown->item = item_ref(it);
	return grown;
}

bool frame_add_line(struct frame *f, uint64_t number, const char *type,
		    const char *name, const char *line)
{
	struct item *it = item_new(number, ITEM_DATA, type, "", name);
	struct span *span = NULL;

	if (it != NULL && item_set_line(it, line))
		span = frame_add_span(f, it);
	item_unref(it);
	if (span == NULL) {
		/* It is counted, and item_unref() has freed it. */
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		return false;
	}
	span->plain_offset = f->len;
	span->rows = 1;
	span->ends_run = true;
	f->weight += sizeof(*span) + sizeof(*it) + LINE_HEAP_BYTES +
		     strlen(type) + strlen(name) + strlen(line);
	return true;
}

void frame_slim(struct frame *f)
{
	unsigned char *data = f->len == 0 ? malloc(1) : NULL;

	if (data == NULL)
		return;
	buffer_give(f->data, f->cap);
	f->data = data;
	f->cap = 1;
}

bool frame_is_bare(const struct frame *f)
{
	for (size_t i = 0; i < f->nspans; i++) {
		if (f->spans[i].item->line == NULL)
			return false;
	}
	return f->len == 0 && f->nspans > 0;
}

void frame_drop_spans(struct frame *f)
{
	for (size_t i = 0; i < f->nspans; i++)
		item_unref(f->spans[i].item);
	free(f->spans);
	f->spans = NULL;
	f->nspans = 0;
	f->weight = 0;
}

void frame_free(struct frame *f)
{
	if (f == NULL)
		return;
	frame_drop_spans(f);
	buffer_give(f->data, f->cap);
	free(f);
}
