/*
 * part.h - what the sources of all phases of a dump have in common: a
 * connection that is asked, and frames that items are written into.
 */
#ifndef COFFER_SOURCES_MYSQL_PART_H
#define COFFER_SOURCES_MYSQL_PART_H

#include "pipeline/pipeline.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/dump/out.h"

struct my_dump;

struct my_walk;

/* A source of one phase, on the connection of one lane. */
struct my_part {
	struct source source; /* comes first */
	const struct my_walk *walk;
	struct my_dump *dump;
	struct my_dialog dialog;
	struct my_out out;
};

/* Each state's entry and how to go on after it. */
enum { MY_STEPS_PER_READ = 64 };

/* Fills what is common; preamble is borrowed. */
void my_part_init(struct my_part *p, const struct source_ops *ops,
		  struct my_dump *d, unsigned lane, const char *preamble);

/* The same on a connection that is no lane's. */
void my_part_init_on(struct my_part *p, const struct source_ops *ops,
		     struct my_dump *d, struct my_conn *c,
		     const char *preamble);

/* The connection's events wake the part, too; until my_part_deaf(). */
void my_part_listen(struct my_part *p, struct my_conn *c);

/* And no more. */
void my_part_deaf(struct my_conn *c);

/* Frees what is common; the connection stays with the dump. */
void my_part_fini(struct my_part *p);

/* The next item, with one reference that my_out_begin() takes. */
struct item *my_part_item(struct my_part *p, enum item_kind kind,
			  const char *type, const char *group,
			  const char *name) MUST_CHECK;

/* A kind of part that walks: how it gets through its states. */
struct my_walk {
	const struct source_ops *ops; /* read is my_part_read() */
	size_t size; /* of its struct, which begins with the part */
	const char *preamble;
	bool (*is_over)(struct my_part *p);
	/* The statement, or whatever else its state asks for. */
	enum my_flow (*step)(struct my_part *p, struct err *e);
	/* Says where, when a step has failed; NULL: it has nothing to say. */
	void (*explain)(struct my_part *p, struct err *e);
	/* What is left to do when it is over; NULL: nothing. */
	enum flow (*finish)(struct my_part *p, struct err *e);
};

/* A new one on the connection of that lane, zeroed beyond its part. NULL with
 * *e filled: no memory. */
struct source *my_part_new(const struct my_walk *w, struct my_dump *d,
			   unsigned lane, struct err *e) MUST_CHECK;

/* source_ops.read of parts that walk: some steps, or all until it waits. */
enum flow my_part_read(struct source *source, struct link *out, struct err *e);

/* The answer to the pump. */
enum flow my_part_flow(enum my_flow f);

/* Writes one item of one text. */
bool my_part_emit(struct my_part *p, struct item *item, const char *database,
		  const struct text *text, struct err *e) MUST_CHECK;

/* Writes what ends the dump, and sends what there is. */
bool my_part_end_dump(struct my_part *p, struct err *e) MUST_CHECK;

#endif
