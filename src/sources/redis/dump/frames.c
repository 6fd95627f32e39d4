/* frames.c - lays a snapshot into frames. */
#include "sources/redis/dump/frames.h"

#include <string.h>

size_t redis_frame_room(const struct frame *f)
{
	size_t brim = f->cap - FRAME_SPARE_BYTES;

	return f->len < brim ? brim - f->len : 0;
}

bool redis_frames_room(struct redis_frames *f, struct err *e)
{
	if (f->frame == NULL) {
		f->frame = frame_new(FRAME_BYTES);
		f->span_at = 0;
	}
	return f->frame != NULL || err_nomem(e, "a frame");
}

static bool close_span(struct redis_frames *f, size_t at, bool ends_run,
		       struct err *e)
{
	struct span *s;

	if (f->item == NULL || (at == f->span_at && f->rows == 0 && !ends_run))
		return true;
	s = frame_add_span(f->frame, f->item);
	if (s == NULL)
		return err_nomem(e, "a frame");
	s->plain_offset = f->span_at;
	s->plain_len = at - f->span_at;
	s->rows = f->rows;
	s->digest = f->digest;
	s->ends_run = ends_run;
	f->span_at = at;
	f->rows = 0;
	f->digest = (struct digest){0};
	return true;
}

static bool end_item(struct redis_frames *f, size_t at, struct err *e)
{
	bool ok = close_span(f, at, true, e);

	item_unref(f->item);
	f->item = NULL;
	return ok;
}

bool redis_frames_item(struct redis_frames *f, const char *type,
		       const char *group, size_t at, struct err *e)
{
	if (at < f->span_at)
		at = f->span_at;
	if (!end_item(f, at, e))
		return false;
	f->item = item_new(f->next_number, ITEM_DATA, type, group, "");
	if (f->item == NULL)
		return err_nomem(e, "an item");
	f->next_number++;
	f->span_at = at;
	return true;
}

void redis_frames_key(struct redis_frames *f, const struct digest *digest)
{
	f->rows++;
	digest_add(&f->digest, digest);
}

static void push(struct redis_frames *f, bool is_open)
{
	f->frame->is_open = is_open;
	*f->plain_bytes += f->frame->len;
	link_push(f->link, f->frame);
	f->frame = NULL;
	f->span_at = 0;
}

bool redis_frames_cut(struct redis_frames *f, size_t len, struct err *e)
{
	struct frame *full = f->frame, *next = frame_new(FRAME_BYTES);
	size_t rest = full->len - len;

	if (next == NULL || !close_span(f, len, false, e)) {
		frame_free(next);
		return err_nomem(e, "a frame");
	}
	memcpy(next->data, full->data + len, rest);
	next->len = rest;
	full->len = len;
	push(f, true);
	f->frame = next;
	return true;
}

bool redis_frames_add(struct redis_frames *f, const void *bytes, size_t len,
		      struct err *e)
{
	const unsigned char *from = bytes;

	while (len > 0) {
		size_t room, n;

		if (!redis_frames_room(f, e))
			return false;
		room = redis_frame_room(f->frame);
		if (room == 0) {
			if (!redis_frames_cut(f, f->frame->len, e))
				return false;
			continue;
		}
		n = len < room ? len : room;
		memcpy(f->frame->data + f->frame->len, from, n);
		f->frame->len += n;
		from += n;
		len -= n;
	}
	return true;
}

bool redis_frames_end(struct redis_frames *f, struct err *e)
{
	if (!end_item(f, f->frame->len, e))
		return false;
	push(f, false);
	return true;
}

void redis_frames_fini(struct redis_frames *f)
{
	frame_free(f->frame);
	item_unref(f->item);
	f->frame = NULL;
	f->item = NULL;
}
