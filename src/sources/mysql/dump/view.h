/* view.h - the view that each lane reads, and whether they are the same. */
#ifndef COFFER_SOURCES_MYSQL_VIEW_H
#define COFFER_SOURCES_MYSQL_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "sources/mysql/dialog.h"

struct my_dump;

/* What every lane is asked. */
enum my_view_step {
	MY_VIEW_START,	   /* START TRANSACTION WITH CONSISTENT SNAPSHOT */
	MY_VIEW_PLACE,	   /* where it is in the binary log, ... */
	MY_VIEW_CONFIRM,   /* ... and the same again */
	MY_VIEW_SAVEPOINT, /* to which each table's lock is rolled back */
	MY_VIEW_STEP_COUNT,
};

/* One lane's. */
struct my_view {
	struct my_dump *dump;
	struct my_dialog dialog;
	bool is_first; /* of the lanes */
	bool is_answered;
	bool is_told_twice; /* its place, both times the same */
	char file[256];	    /* its place in the log; "": not told */
	uint64_t position;
};

/* On the lane's connection, which is borrowed until my_view_fini(). */
void my_view_init(struct my_view *v, struct my_dump *d, unsigned lane);
void my_view_fini(struct my_view *v);

/* One statement on all n lanes, at once or, for places, in turn. MY_DONE: all
 * have answered. */
enum my_flow my_views_step(struct my_view *v, unsigned n,
			   enum my_view_step step, struct err *e) MUST_CHECK;

/* All have been told one place in the log. */
bool my_views_are_one(const struct my_view *v, unsigned n);

/* Each was told the same place twice. */
bool my_views_are_sure(const struct my_view *v, unsigned n);

#endif
