/*
 * frame.h - the unit that flows through a pipeline: a run of bytes that is
 * compressed on its own, and what those bytes are.
 *
 * A source fills frames of about FRAME_BYTES; stages replace their bytes
 * (compressed, sealed); the part writer lays them into parts and learns from
 * their spans where each item lies. A frame is owned by one place at a time.
 */
#ifndef COFFER_PIPELINE_FRAME_H
#define COFFER_PIPELINE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/digest.h"
#include "base/err.h"

enum {
	FRAME_BYTES = 1024 * 1024,
	/* Who fills frames to the brim leaves so many bytes, in which a stage
	 * can frame the others without another buffer. */
	FRAME_SPARE_BYTES = 64,
	/* Of lines of items that earlier backups have stored, so many to a
	 * frame, by whoever fills it. */
	FRAME_LINES_MAX = 1024,
	FRAME_LINES_BYTES = 256 * 1024,
};

/* In the order in which they are restored. */
enum item_kind {
	ITEM_SCHEMA,
	ITEM_DATA,
	ITEM_POST,
	ITEM_ACCOUNT, /* accounts, roles, grants: restored when asked for */
	ITEM_KIND_COUNT,
};

/* "schema" "data" "post" "account" */
const char *item_kind_name(enum item_kind kind);

/*
 * What the index knows by name: a table's definition, a table's rows, a
 * trigger. Counted references, because its frames outlive the source. Numbers
 * rise by one from 0 over the whole backup, in the order of the index; that
 * order is by kind, then as the source sorts.
 *
 * Most items are written in one run by one pipeline. One that several
 * pipelines write (a table in ranges) is_apart: it is written in runs, each
 * in frames of its own, and it is over when it is no more is_growing and
 * nruns of its spans have said ends_run.
 */
struct item {
	_Atomic unsigned refs; /* frames may be filled on a worker */
	uint64_t number;
	enum item_kind kind;
	char *type;	 /* "database" "table" "view" "trigger" ... */
	char *group;	 /* database; may be empty, never NULL */
	char *name;	 /* may be empty, never NULL; a file's path need not
			  * be UTF-8 */
	char *on;	 /* a trigger's table; or NULL */
	char *definer;	 /* account that a program runs as; or NULL */
	char *facts;	 /* of a file: a JSON object; or NULL */
	char *line;	 /* of one that earlier backups have stored: its line of
			  * the index as it will be, and no bytes; or NULL */
	bool is_apart;	 /* no frame of it holds another item */
	bool is_growing; /* more runs may be begun */
	unsigned nruns;	 /* begun until now; 1 unless is_apart */
};

/* Copies the strings; one reference is the caller's. NULL: no memory. */
struct item *item_new(uint64_t number, enum item_kind kind, const char *type,
		      const char *group, const char *name) MUST_CHECK;

/* A trigger's table, the account that a program runs as; copied. False: no
 * memory, the item unchanged. */
bool item_set_on(struct item *it, const char *on) MUST_CHECK;
bool item_set_definer(struct item *it, const char *definer) MUST_CHECK;

/* What is known of a file beside its name: compact JSON of an object, which
 * goes into the index as it is. Copied. False: no memory, the item unchanged.
 */
bool item_set_facts(struct item *it, const char *facts) MUST_CHECK;

/* The finished line of the index, without its end, of an item that an earlier
 * backup has stored. Copied. False: no memory, the item unchanged. */
bool item_set_line(struct item *it, const char *line) MUST_CHECK;

/* One reference more. Returns it. */
struct item *item_ref(struct item *it);

/* One reference less; the last one frees. NULL is fine. */
void item_unref(struct item *it);

/* A run of plain bytes in a frame that belongs to one item. */
struct span {
	struct item *item; /* a reference of the frame's own */
	size_t plain_offset;
	size_t plain_len;
	uint64_t rows;
	struct digest digest; /* of those rows */
	bool ends_run;	      /* the run of spans that it is in ends here */
};

struct frame {
	TAILQ_ENTRY(frame) entry;
	unsigned char *data; /* malloc()ed */
	size_t len;
	size_t cap;
	size_t plain_len; /* length before compression; set by the stage */
	bool is_open;	  /* its last statement goes on in the next frame of
			   * the same pipeline, which must follow at once */
	bool is_checked;  /* restoring: its bytes were proven by a digest */
	struct span *spans;
	size_t nspans;
	size_t weight; /* memory of its lines; kept by frame_add_line() */
};

TAILQ_HEAD(frame_list, frame);

/* An empty frame with room for cap bytes. NULL: no memory. */
struct frame *frame_new(size_t cap) MUST_CHECK;

/* Makes room for more bytes behind len; false: no memory, frame unchanged. */
bool frame_reserve(struct frame *f, size_t more) MUST_CHECK;

/* Adds a span with a new reference to it. False: no memory. The pointer stays
 * valid until the next call. */
struct span *frame_add_span(struct frame *f, struct item *it) MUST_CHECK;

/* Adds an item of kind "data" that has a line of the index and no bytes. False:
 * no memory, the frame unchanged. */
bool frame_add_line(struct frame *f, uint64_t number, const char *type,
		    const char *name, const char *line) MUST_CHECK;

/* Gives the room for bytes away if there are none in it. */
void frame_slim(struct frame *f);

/* Whether it has no bytes and items with a line alone: stages let it pass as it
 * is, and nothing of it is stored but those lines. */
bool frame_is_bare(const struct frame *f);

/* Forgets the spans, with their references: the bytes are nobody's then. */
void frame_drop_spans(struct frame *f);

/* Frees the bytes, the spans and their references. NULL is fine. */
void frame_free(struct frame *f);

#endif
