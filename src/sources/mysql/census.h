/*
 * census.h - the tables that a server has, counted and digested by name: what
 * an instance that is made from its files must have as well.
 *
 * The server tells each table that the account has any right on, so only of an
 * account that may read all of them is it the whole.
 */
#ifndef COFFER_SOURCES_MYSQL_CENSUS_H
#define COFFER_SOURCES_MYSQL_CENSUS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/digest.h"
#include "base/err.h"
#include "base/text.h"
#include "sources/mysql/dialog.h"

struct my_census {
	uint64_t tables; /* base tables, with those that keep their history */
	uint64_t views, sequences;
	struct digest names; /* of the tables, as source_proof has it */
	bool is_over;
	bool is_asked;
	/* Told each table, in the server's order; may be NULL. False with *e
	 * filled ends it. */
	bool (*each)(void *arg, const char *database, const char *table,
		     struct err *e);
	/* Leaves out what it does not want; may be NULL. */
	bool (*wants)(void *arg, const char *database, const char *table);
	void *arg; /* of both */
};

/*
 * Goes on, a bounded number of rows at a time, on the dialog's connection. A
 * zeroed census begins; MY_DONE without is_over: there is more, call again.
 * Needs no memory of its own.
 */
enum my_flow my_census_step(struct my_census *c, struct my_dialog *d,
			    struct err *e) MUST_CHECK;

/* Whether both found the same tables. */
bool my_census_equal(const struct my_census *a, const struct my_census *b);

/* Counts one row of the answer. Pure, but for each(). */
bool my_census_add(struct my_census *c, const char *const row[3],
		   struct err *e) MUST_CHECK;

/*
 * Statements that make, drop or rename tables are counted by the server. Two
 * answers that are the same, before and after, say that there was none between.
 */
void my_census_ask_changes(struct text *sql);

/* Reads the answer: the sum; false: the server does not tell. */
bool my_census_read_changes(struct my_conn *c, uint64_t *sum);

#endif
