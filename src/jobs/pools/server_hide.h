/*
 * server_hide.h - what servers/<id>.json must not tell in the clear: scopes of
 * plans name databases and tables. In an encrypted pool all of them, elsewhere
 * those of plans that back up into an encrypted pool, are in age files:
 *
 *   "hidden":[{"pool_id":"pool_...","age":"BASE64"},...]
 *
 * that hold {"plan_...":scope,...}; the plan has "scope":null and
 * "scope_hidden":true.
 */
#ifndef COFFER_JOBS_SERVER_HIDE_H
#define COFFER_JOBS_SERVER_HIDE_H

#include <jansson.h>

#include "base/age.h"
#include "base/err.h"

/* Hides them in a document (pools, plans) of the caller's that is meant for
 * that pool. False with *e filled: it must not be written. */
bool server_hide(json_t *doc, const char *pool_id, struct err *e) MUST_CHECK;

/* What of doc the identities open, as one object of scopes by plan; caller
 * decrefs. NULL: no memory. */
json_t *server_reveal(const json_t *doc, const struct age_identities *ids);

#endif
