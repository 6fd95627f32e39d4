/* inventory.h - what a server holds, one by one, as the index of a backup names
 * it. */
#ifndef COFFER_SOURCES_INVENTORY_H
#define COFFER_SOURCES_INVENTORY_H

#include <stdbool.h>

#include "base/err.h"

/* Strings are valid during the call that tells it. */
struct source_object {
	const char *type;     /* "database" "table" "view" "sequence" "trigger"
			       * "routine" "event" */
	const char *database; /* comes before what is in it */
	const char *name;     /* of a database: "" */
	const char *on;	      /* a trigger's table; or NULL */
	const char *definer;  /* "app@%"; or NULL */
};

/* A view may be told twice. False with *e filled ends it. */
typedef bool source_object_cb(void *arg, const struct source_object *o,
			      struct err *e);

/* e NULL: all were told. */
typedef void source_objects_cb(void *arg, const struct err *e);

#endif
