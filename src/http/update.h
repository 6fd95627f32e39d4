/*
 * update.h - changing a record (PATCH), whatever it is of:
 *
 *   read -> update_read() -> merge and check -> catalog_..._update() with
 *   update_revision() -> update_again()? then read once more -> answer
 *
 * A client that sends no If-Match has not said what it had read: where somebody
 * else was quicker, what it wants is merged with what is there now.
 */
#ifndef COFFER_HTTP_UPDATE_H
#define COFFER_HTTP_UPDATE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct request;

/* Part of the state of a handler that changes something. */
struct update {
	int64_t based_on; /* the revision that was read */
	unsigned tries;
	bool is_dry_run;
};

/* The record was read and has that revision. False: the client has read another
 * one (If-Match), and was told. what: "pool". */
bool update_read(struct request *r, struct update *u, int64_t revision,
		 const char *what) MUST_CHECK;

/* The revision that the catalog has to find, so that the change is of what was
 * merged. */
int64_t update_revision(const struct request *r, const struct update *u);

/* e is what the catalog said to the change. True: somebody was quicker; the op
 * is forgotten, and the record to be read and merged again. */
bool update_again(struct request *r, const struct update *u,
		  const struct err *e) MUST_CHECK;

/*
 * What a record would be after the request's patch, as a document to read:
 * those members of shown (the record as the API shows it; taken) that writable
 * names (up to a NULL), with the patch applied. Caller releases; NULL: no
 * memory, or shown was NULL.
 */
json_t *update_merge(struct request *r, json_t *shown,
		     const char *const *writable) MUST_CHECK;

#endif
