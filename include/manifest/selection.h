/*
 * selection.h - some items of a backup: which frames hold them, and which
 * bytes of those frames are theirs.
 *
 * Lines of the index that are wanted are added; then each section gives a feed
 * for part readers, which mark the frames as they come. An item that is not
 * apart, and all that shares frames with it, goes to one reader in order, so
 * its bytes are found by counting; the extents of one that is apart go
 * anywhere.
 */
#ifndef COFFER_MANIFEST_SELECTION_H
#define COFFER_MANIFEST_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "manifest/index.h"
#include "manifest/manifest.h"
#include "manifest/part_feed.h"

struct selection;

/* m is borrowed for its life. NULL with *e filled. */
struct selection *selection_new(const struct manifest *m,
				struct err *e) MUST_CHECK;

/* One reader gets all of it, in the order of the parts: what lies close
 * together is fetched in one piece. Marks of data that is not apart tell facts
 * alone, no names: of a million files each takes some 70 bytes so. Before the
 * first item. */
void selection_read_in_order(struct selection *s);

/* Selects an item. Its facts, if the line has any, are in the marks' items.
 * Numbers count from 0, as items are added. "damaged_backup"
 * when its extents lie outside of the parts. */
bool selection_add(struct selection *s, const struct index_line *l,
		   struct err *e) MUST_CHECK;

/* The item of that number is not wanted after all. */
void selection_forget(struct selection *s, size_t number);

/*
 * What must be fetched of a section: every frame once, neighbours in one
 * piece. f is empty; part_feed_fini() ends it. One section at a time: marking
 * is for the last one asked for.
 */
bool selection_feed(struct selection *s, enum item_kind section,
		    struct part_feed *f, struct err *e) MUST_CHECK;

/* Stored bytes that a restore of the selection fetches; 0: none, or no
 * memory to tell. Not while a section is read. */
uint64_t selection_bytes(struct selection *s);

/* Gives the stored frame, which lies at that place, a span for each selected
 * item that has bytes in it, in order. "damaged_backup". */
bool selection_mark(struct selection *s, uint32_t part, uint64_t offset,
		    struct frame *f, struct err *e) MUST_CHECK;

/* After a section: all bytes of its items were marked. "damaged_backup". */
bool selection_is_through(const struct selection *s, struct err *e) MUST_CHECK;

/* For who marks all twice: selection_rewind() takes back what was marked since.
 * 16 bytes for each item, until then. False: no memory. */
bool selection_keep(struct selection *s, struct err *e) MUST_CHECK;

/* Nothing, if nothing was kept. Not while a section is read. */
void selection_rewind(struct selection *s);

/* NULL is fine. */
void selection_free(struct selection *s);

#endif
