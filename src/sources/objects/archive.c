/* archive.c - see archive.h. */
#include "sources/objects/archive.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/frame.h"
#include "sources/objects/object.h"
#include "sources/pax.h"

enum {
	NAME_MAX_BYTES = 40 + ARCHIVE_FRONT_MAX,
	ZEROS = 64 * 1024,
	MODE = 0644,
	MS = 1000,
	NS_OF_MS = 1000000,
};

static const char zeros[ZEROS];

bool archive_init(struct archive *a, const char *backup)
{
	if (backup != NULL)
		(void)snprintf(a->front, sizeof(a->front), "%s-", backup);
	a->row = digest_row_new();
	return a->row != NULL;
}

void archive_fini(struct archive *a)
{
	frame_free(a->frame);
	item_unref(a->item);
	text_free(&a->header);
	text_free(&a->json);
	digest_row_free(a->row);
	*a = (struct archive){0};
}

bool archive_is_within(const struct archive *a)
{
	return a->item != NULL;
}

/* --- frames */

bool archive_open_frame(struct archive *a, struct err *e)
{
	if (a->frame == NULL)
		a->frame = frame_new(FRAME_BYTES);
	return a->frame != NULL || err_nomem(e, "a frame");
}

struct frame *archive_take_frame(struct archive *a)
{
	struct frame *f = a->frame;

	if (f == NULL || (f->len == 0 && f->nspans == 0))
		return NULL;
	f->is_open = archive_is_within(a);
	frame_slim(f);
	a->plain_bytes += f->len;
	a->nlines = a->line_bytes = 0;
	a->frame = NULL;
	return f;
}

static size_t room(const struct archive *a)
{
	const size_t max = FRAME_BYTES - FRAME_SPARE_BYTES;

	return a->frame->len < max ? max - a->frame->len : 0;
}

static bool must_wait(const struct archive *a, size_t bytes)
{
	return a->frame->len > 0 && bytes > room(a);
}

static bool put(struct archive *a, const void *bytes, size_t len, struct err *e)
{
	if (!frame_reserve(a->frame, len))
		return err_nomem(e, "a frame");
	memcpy(a->frame->data + a->frame->len, bytes, len);
	a->frame->len += len;
	return true;
}

/* The member's span in this frame, made when it is asked for first. */
static struct span *span_of(struct archive *a, struct err *e)
{
	struct frame *f = a->frame;
	struct span *span = f->nspans > 0 ? &f->spans[f->nspans - 1] : NULL;

	if (span != NULL && span->item == a->item)
		return span;
	span = frame_add_span(f, a->item);
	if (span == NULL)
		(void)err_nomem(e, "a frame");
	else
		span->plain_offset = f->len;
	return span;
}

/* Bytes of the member. */
static bool put_own(struct archive *a, const void *bytes, size_t len,
		    struct err *e)
{
	struct span *span = span_of(a, e);

	if (span == NULL || !put(a, bytes, len, e))
		return false;
	span->plain_len += len;
	return true;
}

/* --- headers */

static bool describe(struct archive *a, const struct object *o, struct err *e)
{
	text_reset(&a->json);
	object_facts_format(&o->facts, &a->json);
	return !a->json.is_broken || err_nomem(e, "an object's facts");
}

static struct file_time time_of(int64_t ms)
{
	struct file_time t = {.seconds = ms / MS};
	int64_t rest = ms % MS;

	if (rest < 0) {
		t.seconds--;
		rest += MS;
	}
	t.nanoseconds = (uint32_t)(rest * NS_OF_MS);
	return t;
}

static bool make_header(struct archive *a, const struct object *o,
			struct err *e)
{
	char name[NAME_MAX_BYTES];
	const struct file_facts facts = {.size = o->facts.size,
					 .mode = MODE,
					 .mtime =
						 time_of(o->facts.modified_ms)};
	struct text records = {0};
	const struct pax_member m = {.type = PAX_FILE,
				     .path = name,
				     .facts = &facts,
				     .records = &records};

	if (!describe(a, o, e))
		return false;
	(void)snprintf(name, sizeof(name), "objects/%s%08" PRIu64, a->front,
		       a->number + 1);
	pax_record(&records, "COFFER.key", o->key, strlen(o->key));
	pax_record(&records, "COFFER.object", a->json.data, a->json.len);
	text_reset(&a->header);
	pax_header(&a->header, &m);
	a->header.is_broken |= records.is_broken;
	text_free(&records);
	return !a->header.is_broken || err_nomem(e, "a header");
}

enum archive_step archive_begin(struct archive *a, const struct object *o,
				struct err *e)
{
	size_t whole;

	if (!make_header(a, o, e))
		return ARCHIVE_FAIL;
	whole = a->header.len;
	if (o->facts.size <= FRAME_BYTES - FRAME_SPARE_BYTES)
		whole += (size_t)o->facts.size + pax_padding(o->facts.size);
	if (must_wait(a, a->header.len) ||
	    (whole <= FRAME_BYTES - FRAME_SPARE_BYTES && must_wait(a, whole)))
		return ARCHIVE_FULL;
	a->item = item_new(a->number, ITEM_DATA, "object", "", o->key);
	if (a->item == NULL) {
		(void)err_nomem(e, "an item of the index");
		return ARCHIVE_FAIL;
	}
	a->number++;
	a->at = 0;
	a->size = o->facts.size;
	digest_row_begin(a->row);
	digest_row_open(a->row, a->size);
	return put_own(a, a->header.data, a->header.len, e) ? ARCHIVE_DONE
							    : ARCHIVE_FAIL;
}

/* --- content */

enum archive_step archive_put(struct archive *a, const char *bytes, size_t len,
			      size_t *taken, struct err *e)
{
	size_t n = room(a);

	*taken = 0;
	if (n == 0)
		return ARCHIVE_FULL;
	if (n > len)
		n = len;
	if (!put_own(a, bytes, n, e))
		return ARCHIVE_FAIL;
	digest_row_bytes(a->row, bytes, n);
	a->at += n;
	*taken = n;
	return ARCHIVE_DONE;
}

enum archive_step archive_fill(struct archive *a, struct err *e)
{
	enum archive_step s = ARCHIVE_DONE;

	while (s == ARCHIVE_DONE && a->at < a->size) {
		uint64_t left = a->size - a->at;
		size_t taken;

		s = archive_put(a, zeros, left < ZEROS ? (size_t)left : ZEROS,
				&taken, e);
	}
	return s;
}

static bool name_item(struct archive *a, const char *word, struct err *e)
{
	char *type = strdup(word);

	if (type == NULL || !item_set_facts(a->item, a->json.data)) {
		free(type);
		return err_nomem(e, "an item of the index");
	}
	free(a->item->type);
	a->item->type = type;
	return true;
}

enum archive_step archive_end_member(struct archive *a, const struct object *o,
				     const char *word, struct err *e)
{
	size_t padding = pax_padding(a->size);
	struct span *span;

	if (must_wait(a, padding))
		return ARCHIVE_FULL;
	if (!put_own(a, zeros, padding, e) || !describe(a, o, e) ||
	    !name_item(a, word, e))
		return ARCHIVE_FAIL;
	span = span_of(a, e);
	if (span == NULL)
		return ARCHIVE_FAIL;
	digest_row_end(a->row, &span->digest);
	span->rows = strcmp(word, "object") == 0 ? 1 : 0;
	span->ends_run = true;
	item_unref(a->item);
	a->item = NULL;
	return ARCHIVE_DONE;
}

enum archive_step archive_carry(struct archive *a, const char *key,
				const char *line, struct err *e)
{
	if (a->nlines >= FRAME_LINES_MAX || a->line_bytes >= FRAME_LINES_BYTES)
		return ARCHIVE_FULL;
	if (!frame_add_line(a->frame, a->number, "object", key, line)) {
		(void)err_nomem(e, "an item of the index");
		return ARCHIVE_FAIL;
	}
	a->number++;
	a->nlines++;
	a->line_bytes += strlen(line);
	return ARCHIVE_DONE;
}

enum archive_step archive_end(struct archive *a, struct err *e)
{
	if (must_wait(a, PAX_END_BYTES))
		return ARCHIVE_FULL;
	return put(a, zeros, PAX_END_BYTES, e) ? ARCHIVE_DONE : ARCHIVE_FAIL;
}
