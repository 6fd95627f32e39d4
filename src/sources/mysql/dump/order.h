/*
 * order.h - the order in which views can be created: each after those that
 * it reads from. A view's definition, as a server prints it, names them all
 * as `db`.`view`, whatever the words around.
 */
#ifndef COFFER_SOURCES_MYSQL_ORDER_H
#define COFFER_SOURCES_MYSQL_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* Runs for each `a`.`b` in a text, outside of strings. False ends it. */
typedef bool my_reference_cb(void *arg, const char *a, const char *b);

/* False: the callback said so, or there is no memory. */
bool my_references(const char *sql, size_t len, my_reference_cb *each,
		   void *arg) MUST_CHECK;

/* "before" must be created before "after". */
struct my_edge {
	uint32_t before, after;
};

struct my_edges {
	struct my_edge *list;
	size_t n, cap;
};

/* False: no memory. */
bool my_edges_add(struct my_edges *edges, uint32_t before,
		  uint32_t after) MUST_CHECK;

/* Frees what it holds. */
void my_edges_fini(struct my_edges *edges);

/*
 * Writes the numbers 0 to n - 1 into order[n] so that edges hold; among those
 * that are free to go the lowest first. What stands in a circle (a name that
 * only looked like a reference) comes last, by number. Sorts the edges.
 */
bool my_order(struct my_edges *edges, uint32_t *order, uint32_t n) MUST_CHECK;

#endif
