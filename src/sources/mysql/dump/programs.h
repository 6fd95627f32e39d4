/*
 * programs.h - which routines, triggers, events and views belong into a dump:
 * what asks for the lists of them, and what of the answers is in scope.
 *
 * Routines, events and all triggers come with databases that are whole; the
 * triggers of a table come with it.
 */
#ifndef COFFER_SOURCES_MYSQL_PROGRAMS_H
#define COFFER_SOURCES_MYSQL_PROGRAMS_H

#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/dump/program.h"

struct my_conn;
struct my_dump;

/* Append what asks for the routines and events of the server, and for the
 * triggers of one database (its place among the dump's objects). */
void my_programs_ask_routines(struct text *sql);
void my_programs_ask_triggers(struct text *sql, const struct my_dump *d,
			      size_t database);
void my_programs_ask_events(struct text *sql);

/*
 * Add what the answer lists and is in scope, with definers and tables, and
 * count it in the dump's facts. False with *e filled: no memory, or a kind of
 * routine that nobody knows ("source_failed").
 */
bool my_programs_take_routines(struct my_programs *p, struct my_dump *d,
			       struct my_conn *c, struct err *e) MUST_CHECK;
bool my_programs_take_triggers(struct my_programs *p, struct my_dump *d,
			       size_t database, struct my_conn *c,
			       struct err *e) MUST_CHECK;
bool my_programs_take_events(struct my_programs *p, struct my_dump *d,
			     struct my_conn *c, struct err *e) MUST_CHECK;

/* Adds the views among the dump's objects, which are counted already. False:
 * no memory. */
bool my_programs_take_views(struct my_programs *p, const struct my_dump *d,
			    struct err *e) MUST_CHECK;

#endif
