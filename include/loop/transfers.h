/* transfers.h - libcurl's multi-socket interface on the loop. */
#ifndef COFFER_LOOP_TRANSFERS_H
#define COFFER_LOOP_TRANSFERS_H

#include <curl/curl.h>

#include "base/err.h"

struct loop;
struct transfers;
struct transfer;

/* Runs once, from the loop, never inside transfers_start() or a callback of
 * curl; result is curl's verdict. The easy handle is the caller's again. */
typedef void transfer_done_cb(void *arg, CURLcode result);

/* NULL with *e filled. */
struct transfers *transfers_new(struct loop *l, struct err *e) MUST_CHECK;

/* Every transfer must be over or canceled. NULL is fine. */
void transfers_free(struct transfers *ts);

/*
 * Starts a prepared easy handle, borrowed until done or cancel. Connections
 * are kept and shared by all transfers. NULL with *e filled.
 */
struct transfer *transfers_start(struct transfers *ts, CURL *easy,
				 transfer_done_cb *done, void *arg,
				 struct err *e) MUST_CHECK;

/* Ends it now; done() will not run. Not inside a callback of curl. */
void transfer_cancel(struct transfer *t);

#endif
