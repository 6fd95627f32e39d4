/*
 * starts.h - servers/<id>.start: the id of the last start of a server that
 * uses the pool, so that two of one id see each other. Rules of calls:
 * exchange.h.
 */
#ifndef COFFER_MANIFEST_STARTS_H
#define COFFER_MANIFEST_STARTS_H

#include "base/id.h"
#include "manifest/exchange.h"

/* Reads env's server's into out (borrowed until done, filled only on success):
 * "" when there is none, "?" when it is none of ours. NULL with *e filled. */
struct exchange *exchange_start_get(const struct exchange_env *env,
				    char out[ID_MAX], exchange_done_cb *done,
				    void *arg, struct err *e) MUST_CHECK;

/* Writes env's server's. NULL with *e filled. */
struct exchange *exchange_start_put(const struct exchange_env *env,
				    const char *start_id,
				    exchange_done_cb *done, void *arg,
				    struct err *e) MUST_CHECK;

#endif
