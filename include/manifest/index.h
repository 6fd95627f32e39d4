/*
 * index.h - what lies where: one line of JSON per item, sorted by item, in
 * objects of bounded size.
 *
 * {"kind":"data","type":"table","group":"shop","name":"orders",
 *  "extents":[[part,offset,length],...],"skip":n,"plain_bytes":n,"rows":n,
 *  "digest":"...","apart":true,"on":"...","definer":"...","facts":{...}} -
 * extents are runs of whole stored frames. Unpacked one after the other they
 * give "skip" bytes of other items (left out when 0), then "plain_bytes" of
 * this one, then perhaps more of others. With "apart" (left out when false)
 * they hold nothing else, and each extent begins and ends with a whole
 * statement. Only items of kind data have rows and a digest, only triggers "on"
 * (their table), only programs and views "definer" ("user@host"), only files
 * and objects "facts" (sources/file_facts.h). A name that is no UTF-8 is
 * "name_base64" instead of "name".
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

enum {
	INDEX_PIECE_BYTES = 1024 * 1024,
	INDEX_EXTENTS_MAX = 2000000,
	INDEX_NAME_MAX = 65535, /* bytes of a name: the longest are paths */
};

struct index_builder;

/* Runs when a piece of about INDEX_PIECE_BYTES of lines is ready; lines is
 * valid during the call. first_item is "KIND:GROUP/NAME" of its first line as
 * people read it, cut to 512 bytes. False with *e filled fails the call that
 * ran it. */
typedef bool index_piece_cb(void *arg, const char *lines, size_t len,
			    const char *first_item, struct err *e);

/* NULL with *e filled. */
struct index_builder *index_builder_new(index_piece_cb *piece, void *arg,
					struct err *e) MUST_CHECK;

/*
 * f's stored bytes lie in that part at that offset; f's plain_len is set.
 * Frames of several pipelines may come in any order. The spans of one item
 * must follow each other without a gap: it fills its frames from where it
 * begins to where it ends; those of one that is_apart may have any order, in
 * frames that hold nothing else. An item without bytes has an empty span; so
 * has one with a line, which is written as it is. Of a frame that is bare (no
 * bytes) part and offset do not matter. Lines wait in memory (some 100 bytes
 * each) until index_builder_drain().
 */
bool index_builder_add(struct index_builder *b, const struct frame *f,
		       unsigned part, uint64_t offset,
		       struct err *e) MUST_CHECK;

/* True when the line of the next item in order is there. */
bool index_builder_has_lines(const struct index_builder *b);

/* Writes up to max_lines lines in order of item numbers, and runs piece() at
 * most once, as its last act. */
bool index_builder_drain(struct index_builder *b, unsigned max_lines,
			 struct err *e) MUST_CHECK;

/* All the rest goes out; false when an item was never ended (ERR_BUG). */
bool index_builder_finish(struct index_builder *b, struct err *e) MUST_CHECK;

/* NULL is fine. */
void index_builder_free(struct index_builder *b);

struct index_extent {
	uint64_t part, offset, length;
};

/* One line, read. Strings and extents belong to it. */
struct index_line {
	enum item_kind kind;
	char *type, *group;
	char *name;	    /* its exact bytes: of a file perhaps no UTF-8 */
	char *on, *definer; /* or NULL */
	char *facts;	    /* the object as compact JSON, or NULL */
	bool is_apart;
	struct index_extent *extents;
	size_t nextents;
	uint64_t skip; /* plain bytes before its own in the first extent */
	uint64_t rows, plain_bytes;
	struct digest digest;
};

/* Reads one line (without its end); bounds are checked. *l is filled only on
 * success; index_line_fini() ends it. False: "damaged_backup". */
bool index_line_parse(struct index_line *l, const char *line, size_t len,
		      struct err *e) MUST_CHECK;

/* The way back: appends the line, without its end. False: no memory, or what is
 * known of the item is no UTF-8. */
bool index_line_format(const struct index_line *l, struct text *out) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void index_line_fini(struct index_line *l);

#endif
