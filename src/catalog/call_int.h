/* call_int.h - how an intent gets to the catalog's thread and back. */
#ifndef COFFER_CATALOG_CALL_INT_H
#define COFFER_CATALOG_CALL_INT_H

#include "catalog/catalog_int.h"

/* A call to be. cb's member fits the intent's tell. NULL with *e filled. */
struct catalog_op *call_new(struct catalog *c, const struct intent *i,
			    union call_cb cb, void *arg,
			    struct err *e) MUST_CHECK;

/*
 * Copies what was given into the call; op may be NULL, then nothing happens.
 * False: no memory (or no op). NULL keys, texts and queries count as none.
 */
bool call_give_key(struct catalog_op *op, const char *key) MUST_CHECK;
bool call_give_text(struct catalog_op *op, const char *text) MUST_CHECK;
bool call_give_query(struct catalog_op *op,
		     const struct catalog_query *q) MUST_CHECK;

/* The same for op->number: what a record's fence, revision or id has to be. */
bool call_give_number(struct catalog_op *op, int64_t number) MUST_CHECK;

/* Copies the strings that the n pointers of at lead to into one block, and lets
 * them point there; NULL stays NULL. Caller frees the block; NULL: no memory,
 * the pointers are as they were. */
char *call_pack(const char **const at[], size_t n) MUST_CHECK;

/* Hands it to the thread, if is_whole: all that was given is copied. Returns
 * the op; NULL with *e filled, and the op is freed. */
struct catalog_op *call_submit(struct catalog_op *op, bool is_whole,
			       struct err *e) MUST_CHECK;

/* Runs it here and now, in its transaction; for the close. */
void call_run(struct catalog_op *op);

/* Frees it with all it holds; secrets are wiped. */
void call_free(struct catalog_op *op);

/* Answers of intents that only work or do not; and of those nobody waits
 * for, whose failure is logged. */
void call_tell_done(const struct catalog_op *op, const struct err *e);
void call_tell_nobody(const struct catalog_op *op, const struct err *e);

/* One more zeroed element for an array of n; NULL without memory: then the
 * old one is as it was. */
void *rows_grow(void *array, size_t n, size_t size) MUST_CHECK;

/* The records of a list that can be rendered; NULL where there are none. */
const void *rows_list(const struct rows *r);

/* Frees what the lists hold and the lists; secrets are wiped. */
void rows_free(struct rows *r);

#endif
