/*
 * dump_int.h - what the phases of a dump share. The dump owns connections and
 * knowledge; each phase is a source of its own that borrows a connection:
 *
 *	connect	(prepare.c)  session settings, role, rights, what is in scope
 *	schema	(schema.c)   databases, sequences, tables, and their looks
 *	lock	(snapshot.c) the consistent view and its position in the log
 *	data	(data.c)     rows; N sources could share the tables
 *	post	(post.c)     routines, views, triggers, events
 *	check	(recheck.c)  whether all tables still look as they did
 *
 * Definitions are read before the view is taken and compared after the last
 * row: whatever changed in between is found, though the server's own check
 * (error 1412) misses most of it.
 */
#ifndef COFFER_SOURCES_MYSQL_DUMP_INT_H
#define COFFER_SOURCES_MYSQL_DUMP_INT_H

#include "sources/dump.h"
#include "sources/mysql/dialog.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/objects.h"
#include "sources/mysql/out.h"
#include "sources/mysql/server.h"

enum dump_phase {
	PHASE_CONNECT,
	PHASE_SCHEMA,
	PHASE_LOCK,
	PHASE_DATA,
	PHASE_POST,
	PHASE_CHECK,
	PHASE_DONE,
	PHASE_COUNT,
};

enum {
	MY_TABLES = 1 << MY_TABLE | 1 << MY_VERSIONED,
	MY_SEQUENCES = 1 << MY_SEQUENCE,
	MY_VIEWS = 1 << MY_VIEW,
};

struct my_dump {
	struct dump base; /* comes first */
	unsigned max_tables;
	uint64_t max_row_bytes;
	enum dump_phase phase;
	struct my_conn *conns[DUMP_SOURCES_MAX]; /* by lane */
	unsigned nconns; /* lanes; the first one does what one alone does */
	struct my_server server;
	struct my_grants grants;
	struct my_objects objects;
	uint64_t next_number;	 /* of the next item */
	struct my_cursor tables; /* the next table to read */
	struct dump_facts facts;
};

/* A source of one phase, on the connection of one lane. */
struct my_part {
	struct source source; /* comes first */
	struct my_dump *dump;
	struct my_dialog dialog;
	struct my_out out;
};

/* Each state's entry and how to go on after it. */
enum { MY_STEPS_PER_READ = 64 };

/* Fills what is common; preamble is borrowed. */
void my_part_init(struct my_part *p, const struct source_ops *ops,
		  struct my_dump *d, unsigned lane, const char *preamble);

/* Frees what is common; the connection stays with the dump. */
void my_part_fini(struct my_part *p);

/* The next item, with one reference that my_out_begin() takes. */
struct item *my_part_item(struct my_part *p, enum item_kind kind,
			  const char *type, const char *group,
			  const char *name) MUST_CHECK;

/* The answer to the pump. */
enum flow my_part_flow(enum my_flow f);

/* Writes one item of one text. */
bool my_part_emit(struct my_part *p, struct item *item, const char *database,
		  const struct text *text, struct err *e) MUST_CHECK;

/* Adds a warning to the dump's facts; beyond their bound it is dropped. */
void my_dump_warn(struct my_dump *d, const char *code, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/* Hash of a table's definition without what rows change (AUTO_INCREMENT). */
uint64_t my_fingerprint(const char *create, size_t len);

/* Where its engine's name begins in a table's definition; NULL: none told. */
const char *my_table_engine(const char *create, size_t len);

/* "`db`.`table` was changed ...": source_changed. Returns false. */
bool my_changed(struct err *e, const struct my_database *db, const char *table,
		const char *how);

/* The sources of the phases. NULL with *e filled. */
struct source *my_prepare_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_schema_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_snapshot_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_data_new(struct my_dump *d, unsigned lane,
			   struct err *e) MUST_CHECK;
struct source *my_post_new(struct my_dump *d, struct err *e) MUST_CHECK;
struct source *my_recheck_new(struct my_dump *d, struct err *e) MUST_CHECK;

#endif
