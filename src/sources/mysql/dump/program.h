/*
 * program.h - what a database holds besides tables: routines, views,
 * triggers, events. How each is asked for, and what its part of a dump is.
 */
#ifndef COFFER_SOURCES_MYSQL_PROGRAM_H
#define COFFER_SOURCES_MYSQL_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

struct my_conn;
struct my_database;

/* In the order in which they are created: functions before the views that
 * call them, events when all else is there. */
enum my_program_type {
	MY_PACKAGE,
	MY_PACKAGE_BODY,
	MY_FUNCTION,
	MY_PROCEDURE,
	MY_PROGRAM_VIEW,
	MY_TRIGGER,
	MY_EVENT,
	MY_PROGRAM_TYPES,
};

struct my_program {
	uint32_t database; /* index into the objects */
	unsigned char type;
	bool is_left_out; /* a view that does not work any more */
	char *name;
	char *definer; /* "app@%", or NULL */
	char *on;      /* a trigger's table, or NULL */
};

struct my_programs {
	struct my_program *list;
	size_t n, cap;
};

/* Copies the name. False: no memory. */
bool my_programs_add(struct my_programs *p, enum my_program_type type,
		     uint32_t database, const char *name) MUST_CHECK;

/* Copies what else is known of the one that was added last; NULL: nothing.
 * False: no memory. */
bool my_programs_describe(struct my_programs *p, const char *definer,
			  const char *on) MUST_CHECK;

/* By type; within a type as they were added. False: no memory. */
bool my_programs_sort(struct my_programs *p) MUST_CHECK;

/* Where a type begins in the sorted list, and how many there are. */
size_t my_programs_range(const struct my_programs *p, enum my_program_type type,
			 size_t *n);

/* Frees what it holds. */
void my_programs_fini(struct my_programs *p);

/* Appends what asks for a sequence's state. */
void my_sequence_ask(struct text *sql, const char *db, const char *name);

/* Reads the answer and appends the statement that brings a sequence there; it
 * never goes back. Its database is the one in use. */
bool my_sequence_write(struct text *out, const char *name, struct my_conn *c,
		       struct err *e) MUST_CHECK;

/* "function" "package_body" "view" ...: the item's type. */
const char *my_program_word(enum my_program_type type);

/* From ROUTINE_TYPE; MY_PROGRAM_TYPES: none of ours. */
enum my_program_type my_program_routine(const char *word);

/* Appends the SHOW CREATE of it; its database is the one in use. */
void my_program_ask(struct text *sql, const struct my_program *p);

/* Reads `app`@`%` behind DEFINER= at the head of a view's definition into out
 * as app@%; nothing is appended where there is none. */
void my_view_definer(struct text *out, const char *create, size_t len);

/*
 * Reads the answer (taken with character_set_results = NULL, so that the text
 * is in the character set it was made in) and writes the item: its own
 * sql_mode, character set, collation and time zone, then its statement.
 * "access_denied" when the body is hidden.
 */
bool my_program_write(struct text *out, const struct my_program *p,
		      const struct my_database *db, struct my_conn *c,
		      struct err *e) MUST_CHECK;

/*
 * Before the events, at the beginning of each frame of theirs: a loader that
 * verifies what it restored holds them back until it has, for they begin to
 * run when they are made.
 */
const char *my_events_mark(void);

/* Behind the last event. */
const char *my_events_end(void);

/* True when a statement, without its end, is this mark. */
bool my_is_mark(const char *mark, const char *sql, size_t len);

#endif
