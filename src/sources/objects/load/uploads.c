/* uploads.c - see uploads.h. */
#include "sources/objects/load/uploads.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "sources/objects/load/upload.h"

enum { MIB = 1024 * 1024 };

/* One that goes. */
struct going {
	TAILQ_ENTRY(going) entry;
	struct uploads *owner;
	struct upload *upload;
	uint64_t size;
	size_t parts_held; /* of buffers that the upload has */
};

struct uploads {
	struct uploads_config config;
	TAILQ_HEAD(, going) list; /* the one that is filled is the last */
	unsigned ngoing;
	size_t held; /* bytes of buffers */
	uint64_t made, made_bytes;
	struct err err;

	/* the one that is filled */
	struct going *at; /* NULL: none */
	uint64_t left;	  /* of its content, to be added */
	size_t part_bytes;
	bool is_whole;	      /* it goes in one */
	unsigned char *bytes; /* of the part at hand, or NULL */
	size_t len, cap;
};

struct uploads *uploads_new(const struct uploads_config *c, struct err *e)
{
	struct uploads *u = calloc(1, sizeof(*u));

	if (u == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	u->config = *c;
	if (u->config.at_once == 0)
		u->config.at_once = UPLOADS_DEFAULT;
	TAILQ_INIT(&u->list);
	return u;
}

static void going_free(struct going *g)
{
	struct uploads *u = g->owner;

	TAILQ_REMOVE(&u->list, g, entry);
	u->ngoing--;
	upload_drop(g->upload);
	free(g);
}

static size_t part_bytes_of(uint64_t size)
{
	uint64_t least = size / UPLOADS_PARTS_MAX + 1;

	if (least <= UPLOADS_PART_BYTES)
		return UPLOADS_PART_BYTES;
	return (size_t)((least + MIB - 1) / MIB * MIB);
}

static bool has_memory(const struct uploads *u, size_t bytes)
{
	return u->held == 0 || bytes == 0 ||
	       u->held + bytes <= UPLOADS_HELD_BYTES;
}

/* Of its first part. */
static size_t first_bytes(uint64_t size)
{
	size_t part = part_bytes_of(size);

	return size < part ? (size_t)size : part;
}

bool uploads_have_room(const struct uploads *u, uint64_t size)
{
	return u->ngoing < u->config.at_once &&
	       has_memory(u, first_bytes(size));
}

static void on_freed(void *arg, size_t len)
{
	struct going *g = arg;
	struct uploads *u = g->owner;

	u->held -= len;
	g->parts_held -= len;
	u->config.wake(u->config.arg);
}

static void on_over(struct upload *up, void *arg, const struct err *e)
{
	struct going *g = arg;
	struct uploads *u = g->owner;

	(void)up;
	if (e == NULL) {
		u->made++;
		u->made_bytes += g->size;
		going_free(g);
	} else if (!err_is(&u->err)) {
		u->err = *e; /* dropped with all others */
	}
	u->config.wake(u->config.arg);
}

bool uploads_begin(struct uploads *u, const char *key,
		   struct object_facts *facts, uint64_t size, struct err *e)
{
	struct going *g = calloc(1, sizeof(*g));
	const struct upload_config c = {
		.target = u->config.target,
		.partings = u->config.partings,
		.key = key,
		.facts = facts,
		.freed = on_freed,
		.over = on_over,
		.arg = g,
	};

	if (g == NULL)
		return err_nomem(e, "an upload");
	g->owner = u;
	g->size = size;
	TAILQ_INSERT_TAIL(&u->list, g, entry);
	u->ngoing++;
	g->upload = upload_new(&c, e);
	if (g->upload == NULL) {
		going_free(g);
		return false;
	}
	u->at = g;
	u->left = size;
	u->part_bytes = part_bytes_of(size);
	u->is_whole = size <= UPLOADS_PART_BYTES;
	return true;
}

/* A buffer for the next part, if there may be one now. */
static bool open_part(struct uploads *u, struct err *e)
{
	size_t cap = u->left < u->part_bytes ? (size_t)u->left : u->part_bytes;

	if (!has_memory(u, cap))
		return true;
	u->bytes = malloc(cap);
	if (u->bytes == NULL)
		return err_nomem(e, "a part of an object");
	u->cap = cap;
	u->len = 0;
	u->held += cap;
	return true;
}

/* The last part of one that goes in parts waits for uploads_end(): so nothing
 * of it can become an object before its digest was compared; nor can it, for
 * the store is not told to make one. */
static bool close_part(struct uploads *u, struct err *e)
{
	unsigned char *bytes = u->bytes;

	u->bytes = NULL;
	u->at->parts_held += u->cap;
	return upload_part(u->at->upload, bytes, u->len, e);
}

bool uploads_add(struct uploads *u, const unsigned char *bytes, size_t *len,
		 struct err *e)
{
	if (u->bytes == NULL && !open_part(u, e))
		return false;
	if (u->bytes == NULL) {
		*len = 0;
		return true;
	}
	if (*len > u->cap - u->len)
		*len = u->cap - u->len;
	memcpy(u->bytes + u->len, bytes, *len);
	u->len += *len;
	u->left -= *len;
	return u->len < u->cap || u->is_whole || close_part(u, e);
}

bool uploads_end(struct uploads *u, struct err *e)
{
	struct upload *up = u->at->upload;
	unsigned char *bytes = u->bytes;
	size_t len = u->bytes != NULL ? u->len : 0;

	if (u->is_whole) {
		u->at->parts_held += len;
		u->at = NULL;
		u->bytes = NULL;
		return upload_whole(up, bytes, len, e);
	}
	u->at = NULL;
	upload_finish(up);
	return true;
}

/* Parts that were on their way give nothing back when they are dropped. */
void uploads_forget(struct uploads *u)
{
	u->held -= u->at->parts_held + (u->bytes != NULL ? u->cap : 0);
	free(u->bytes);
	u->bytes = NULL;
	going_free(u->at);
	u->at = NULL;
}

const struct err *uploads_error(const struct uploads *u)
{
	return err_is(&u->err) ? &u->err : NULL;
}

bool uploads_are_through(const struct uploads *u)
{
	return TAILQ_EMPTY(&u->list);
}

uint64_t uploads_made(const struct uploads *u)
{
	return u->made;
}

uint64_t uploads_made_bytes(const struct uploads *u)
{
	return u->made_bytes;
}

void uploads_free(struct uploads *u)
{
	struct going *g, *next;

	if (u == NULL)
		return;
	for (g = TAILQ_FIRST(&u->list); g != NULL; g = next) {
		next = TAILQ_NEXT(g, entry);
		going_free(g);
	}
	free(u->bytes);
	free(u);
}
