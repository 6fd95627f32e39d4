/* search_int.h - searches for backups by a part of their names and by time,
 * through their blocks (schema.c). */
#ifndef COFFER_CATALOG_SEARCH_INT_H
#define COFFER_CATALOG_SEARCH_INT_H

#include "catalog/list_int.h"

enum { SEARCH_FOUND_MAX = 2000 };

/* What a search has found; zero it. Lists are "[1,2": JSON but for its end. */
struct search {
	struct text names; /* those whose names fit, unless they are many */
	uint64_t nnames;
	struct text across; /* those that may lie outside the time */
	uint64_t nacross;
	bool is_scattered; /* too many of these: blocks do not help */
};

/* Looks for what fits l's filters, which are of what blocks have, and its
 * search; op->page.total is how many do, unless they are scattered. */
bool search_run(const struct list *l, struct search *s,
		struct catalog_op *op) MUST_CHECK;

/* l becomes a list of what search_run() found with it, which are at most
 * SEARCH_FOUND_MAX; it borrows from s. Returns the tables, a constant. */
const char *search_narrow(struct list *l, struct search *s);

/* Frees what was found. */
void search_fini(struct search *s);

#endif
