/*
 * scope.h - rule 11: what of a source. {"databases":[{"name":"shop",
 * "tables":["orders"]}]}; no scope is the whole instance. Pure.
 */
#ifndef COFFER_MODEL_SCOPE_H
#define COFFER_MODEL_SCOPE_H

#include <stddef.h>

#include "base/err.h"

struct scope_database {
	char *name;
	char **tables; /* NULL: the whole database */
	size_t ntables;
};

struct scope {
	struct scope_database *databases; /* NULL: the whole instance */
	size_t ndatabases;
};

/* Reads JSON text ("null" or NULL: the whole instance). False with *e filled:
 * "invalid_scope", or "unknown_field". scope_fini() ends it. */
bool scope_parse(struct scope *s, const char *json, struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void scope_fini(struct scope *s);

#endif
