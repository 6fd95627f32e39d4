/* chain.h - whether the server's events are the chain that they are said to be
 * (model/event_link.h). Asks nobody: what the server tells is computed again.
 */
#ifndef COFFER_CTL_CHAIN_H
#define COFFER_CTL_CHAIN_H

#include <stdbool.h>

#include <jansson.h>

#include "base/err.h"
#include "base/sha256.h"

enum { CHAIN_HEAD_MAX = SHA256_HEX_MAX + 24 };

/* Zero it to begin with. */
struct chain {
	json_int_t first, last;	   /* numbers of events; 0: none was taken */
	char hash[SHA256_HEX_MAX]; /* of the last */
	json_int_t wanted;	   /* 0: none is */
	char wanted_hash[SHA256_HEX_MAX];
	bool is_found; /* the wanted one was seen, as it is wanted */
};

/* "4711:HASH", as chain_head() told it earlier: that event must be among them
 * still. False with *e filled ("usage"). */
bool chain_want(struct chain *c, const char *head, struct err *e) MUST_CHECK;

/* The next event, as the API tells it, oldest first. False with *e filled
 * ("audit_broken"): what is wrong with it, by its number. */
bool chain_take(struct chain *c, const json_t *event, struct err *e) MUST_CHECK;

/* Behind the last. False with *e filled: events are missing at one end, or the
 * wanted one is. */
bool chain_end(const struct chain *c, struct err *e) MUST_CHECK;

/* "4711:HASH" of the last; "" without one. Returns out. */
char *chain_head(const struct chain *c, char out[static CHAIN_HEAD_MAX]);

#endif
