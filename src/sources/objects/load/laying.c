/* laying.c - see laying.h. Of an object that is uploaded in parts the store is
 * told to make it only when its digest was compared. */
#include "sources/objects/load/laying.h"

#include <stdlib.h>
#include <string.h>

#include "sources/clean_int.h"
#include "sources/load_item.h"
#include "sources/objects/load/target.h"
#include "sources/objects/load/known.h"
#include "sources/objects/load/meta.h"
#include "sources/objects/load/uploads.h"

enum { KEY_SHOWN = 160 };

struct laying {
	struct target *target;
	struct known known;	 /* what has not come yet */
	struct known superseded; /* what comes, and shall not be there */
	struct uploads *uploads;
	struct unpack *unpack;
	void (*wake)(void *arg);
	void *arg;

	/* the member at hand */
	struct object_reading reading;
	uint64_t size;
	struct digest_row *row;
};

static bool damaged(const struct laying *l, const char *what, struct err *e)
{
	char shown[KEY_SHOWN];

	return err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the archive's object \"%s\" %s; verify the backup, or "
		       "restore another one",
		       source_clean(shown, sizeof(shown), l->reading.key),
		       what);
}

static bool on_record(void *arg, const struct pax_record *r, struct err *e)
{
	struct laying *l = arg;

	return object_reading_record(&l->reading, r, e);
}

static bool begin_upload(struct laying *l, uint64_t size, struct err *e)
{
	const char *name = l->reading.key;
	char *key = target_key(l->target, name, e);
	bool ok = key != NULL &&
		  uploads_begin(l->uploads, key, &l->reading.facts, size, e);

	free(key);
	l->size = size;
	digest_row_begin(l->row);
	digest_row_open(l->row, size);
	return ok;
}

static enum unpack_flow on_begin(void *arg, uint64_t size, struct err *e)
{
	struct laying *l = arg;

	if (!uploads_have_room(l->uploads, size))
		return UNPACK_WAIT;
	if (!object_reading_check(&l->reading, e) || !begin_upload(l, size, e))
		return UNPACK_FAIL;
	return UNPACK_ON;
}

static bool on_data(void *arg, const unsigned char *bytes, size_t *len,
		    struct err *e)
{
	struct laying *l = arg;

	if (!uploads_add(l->uploads, bytes, len, e))
		return false;
	digest_row_bytes(l->row, bytes, *len);
	return true;
}

static bool on_end(void *arg, struct err *e)
{
	struct laying *l = arg;
	struct digest found = {0};

	digest_row_end(l->row, &found);
	if (known_take(&l->superseded, l->reading.key, l->size, &found)) {
		object_reading_fini(&l->reading);
		uploads_forget(l->uploads);
		return true;
	}
	if (!known_take(&l->known, l->reading.key, l->size, &found))
		return damaged(
			l,
			"is not in the index with that size and content, "
			"or comes twice",
			e);
	object_reading_fini(&l->reading);
	return uploads_end(l->uploads, e);
}

static void on_uploads(void *arg)
{
	struct laying *l = arg;

	if (l->wake != NULL)
		l->wake(l->arg);
}

struct laying *laying_new(const struct laying_config *c, struct err *e)
{
	static const struct unpack_ops ops = {
		.record = on_record,
		.begin = on_begin,
		.data = on_data,
		.end = on_end,
	};
	struct laying *l = calloc(1, sizeof(*l));
	const struct uploads_config uploads = {
		.target = c->target,
		.partings = c->partings,
		.at_once = c->at_once,
		.wake = on_uploads,
		.arg = l,
	};

	if (l != NULL) {
		l->target = c->target;
		l->row = digest_row_new();
	}
	if (l == NULL || l->row == NULL)
		(void)err_nomem(e, "a restore");
	else
		l->uploads = uploads_new(&uploads, e);
	if (l != NULL && l->uploads != NULL)
		l->unpack = unpack_new(&ops, l, e);
	if (l != NULL && l->unpack != NULL)
		return l;
	laying_free(l);
	return NULL;
}

void laying_watch(struct laying *l, void (*wake)(void *arg), void *arg)
{
	l->wake = wake;
	l->arg = arg;
}

bool laying_expect(struct laying *l, const struct load_item *item,
		   struct err *e)
{
	bool is_old =
		item->type != NULL && strcmp(item->type, "superseded") == 0;

	return known_add(is_old ? &l->superseded : &l->known, item->name,
			 item->size, &item->digest, e);
}

enum unpack_flow laying_push(struct laying *l, const unsigned char *bytes,
			     size_t len, size_t *used, struct err *e)
{
	return unpack_push(l->unpack, bytes, len, used, e);
}

const struct err *laying_error(const struct laying *l)
{
	return uploads_error(l->uploads);
}

bool laying_is_through(const struct laying *l)
{
	return uploads_are_through(l->uploads);
}

bool laying_finish(const struct laying *l, struct err *e)
{
	if (!unpack_finish(l->unpack, e))
		return false;
	return l->known.n == 0 ||
	       err_set(e, ERR_DAMAGED, "damaged_backup",
		       "the index tells of %zu objects that the archive does "
		       "not hold; verify the backup, or restore another one",
		       l->known.n);
}

struct laying_facts laying_facts(const struct laying *l)
{
	return (struct laying_facts){uploads_made(l->uploads),
				     uploads_made_bytes(l->uploads)};
}

void laying_free(struct laying *l)
{
	if (l == NULL)
		return;
	uploads_free(l->uploads);
	unpack_free(l->unpack);
	known_fini(&l->known);
	known_fini(&l->superseded);
	object_reading_fini(&l->reading);
	digest_row_free(l->row);
	free(l);
}
