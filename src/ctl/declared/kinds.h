/* kinds.h - what can be declared in a file, in the order in which it is made.
 */
#ifndef COFFER_CTL_DECLARED_KINDS_H
#define COFFER_CTL_DECLARED_KINDS_H

#include <stdbool.h>

#include <jansson.h>

struct declared_kind {
	const char *section;	    /* "sources" */
	const char *called;	    /* "source" */
	const char *path;	    /* of the API */
	const char *const *members; /* that are declared; NULL at the end */
	const char *const *whole;   /* objects that are replaced, not merged */
};

/* pools, sources, plans; section NULL behind the last. */
const struct declared_kind *declared_kinds(void);

/* Whether a member of that name holds a secret. */
bool declared_is_secret(const char *name);

/* A resource as a file declares it, of the server's document: references by
 * name, members that are null left out. json_decref() ends it. */
json_t *declared_of(const struct declared_kind *k, const json_t *shown);

/* Members whose values differ between two documents of the server, of those
 * that are declared: an array of paths, "connection.host". json_decref() ends
 * it. */
json_t *declared_changes(const struct declared_kind *k, const json_t *before,
			 const json_t *after);

#endif
