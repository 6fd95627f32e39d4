/*
 * index.h - what lies where: one line of JSON per item, sorted by item, in
 * objects of bounded size.
 *
 * {"kind":"data","type":"table","group":"shop","name":"orders",
 *  "extents":[[part,offset,length],...],"rows":n,"plain_bytes":n,
 *  "digest":"..."} - extents are runs of whole stored frames; an item that
 * shares its first frame with others has "skip": plain bytes before its own.
 */
#ifndef COFFER_MANIFEST_INDEX_H
#define COFFER_MANIFEST_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"
#include "pipeline/frame.h"

struct index_builder;

/* Runs when a piece of about 4 MiB of lines is ready; lines is valid during
 * the call. first_item is "GROUP/NAME" of its first line. */
typedef bool index_piece_cb(void *arg, const char *lines, size_t len,
			    const char *first_item, struct err *e);

/* NULL with *e filled. */
struct index_builder *index_builder_new(index_piece_cb *piece, void *arg,
					struct err *e) MUST_CHECK;

/* f's stored bytes lie in that part at that offset. Frames of several
 * pipelines may come in any order; lines go out in order of item numbers. */
bool index_builder_add(struct index_builder *b, const struct frame *f,
		       unsigned part, uint64_t offset,
		       struct err *e) MUST_CHECK;

/* The rest goes out; false when an item was never ended (ERR_BUG). */
bool index_builder_finish(struct index_builder *b, struct err *e) MUST_CHECK;

/* NULL is fine. */
void index_builder_free(struct index_builder *b);

struct index_extent {
	uint64_t part, offset, length;
};

/* One line, read. Strings and extents belong to it. */
struct index_line {
	enum item_kind kind;
	char *type, *group, *name;
	struct index_extent *extents;
	size_t nextents;
	uint64_t rows, plain_bytes;
	struct digest digest;
};

/* Reads one line (without its end); bounds are checked. */
bool index_line_parse(struct index_line *l, const char *line, size_t len,
		      struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void index_line_fini(struct index_line *l);

#endif
