/*
 * store.h - a place for objects: a bucket (S3) or a local directory.
 *
 * Objects are at most 256 MiB and go to and from memory of the caller's, so a
 * put can be repeated by the store itself. Keys are relative to the pool's
 * prefix, in UTF-8, with '/' between segments. All calls return at once; each
 * completion runs once, from the loop, never inside the call. Stores retry
 * what may be retried (with backoff and jitter), and nothing else.
 *
 * Errors: ERR_CONNECT (could not be reached; after retries), ERR_TIMEOUT,
 * ERR_DENIED (credentials or permission), ERR_NOT_FOUND (no such object; or
 * no such bucket, told in the text), ERR_CONFLICT (put_new: it exists),
 * ERR_DAMAGED (longer or shorter than it must be), ERR_REMOTE, ERR_IO. The
 * API's code is "store_failed" in all of them.
 */
#ifndef COFFER_STORES_STORE_H
#define COFFER_STORES_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "s3/client.h"

struct loop;
struct transfers;
struct workers;
struct store;
struct store_op; /* one call under way */

/* e is NULL when it worked; valid during the call only. */
typedef void store_done_cb(void *arg, const struct err *e);

/* One object of a listing; key is relative to the prefix of the pool. */
typedef void store_each_cb(void *arg, const char *key, uint64_t size_bytes,
			   int64_t modified_ms);

struct store_put {
	const char *key;   /* copied */
	const void *bytes; /* borrowed until done or cancel */
	size_t len;
	const unsigned char *sha256; /* of bytes, copied; NULL: computed here */
	bool is_new; /* fail with ERR_CONFLICT if it exists, where the store
		      * can tell (capability conditional_put) */
};

struct store_get {
	const char *key; /* copied */
	uint64_t offset; /* with length 0 and offset 0: the whole object */
	size_t length;
	void *buf;  /* borrowed until done or cancel */
	size_t cap; /* an object that is longer: ERR_DAMAGED */
};

/* got_len bytes are in buf. e as above. */
typedef void store_get_cb(void *arg, size_t got_len, const struct err *e);

struct store_ops {
	const char *name;
	struct store_op *(*put)(struct store *st, const struct store_put *p,
				store_done_cb *done, void *arg, struct err *e);
	struct store_op *(*get)(struct store *st, const struct store_get *g,
				store_get_cb *done, void *arg, struct err *e);
	/* Every object whose key begins with prefix, in the store's order;
	 * each() runs from the loop before done(). */
	struct store_op *(*list)(struct store *st, const char *prefix,
				 store_each_cb *each, store_done_cb *done,
				 void *arg, struct err *e);
	/* Keys are copied. One that is not there counts as removed. */
	struct store_op *(*remove)(struct store *st, const char *const *keys,
				   size_t nkeys, store_done_cb *done, void *arg,
				   struct err *e);
	/* The completion will not run; frees op. Whether the store did it is
	 * then unknown. */
	void (*cancel)(struct store_op *op);
	/* Server time minus our time, as last seen; 0 for a directory. */
	int64_t (*clock_skew_ms)(const struct store *st);
	void (*destroy)(struct store *st);
};

struct store {
	const struct store_ops *ops;
};

struct store_dir_config {
	const char *path; /* absolute */
	/* The folder is made when it is not there: of a pool that is bound
	 * now. That of an old one is away then, with its disk. */
	bool is_made;
};

struct store_config {
	const char *kind; /* "object_storage" "local_directory" */
	struct s3_config s3;
	struct store_dir_config dir;
};

/* What stores run on; borrowed for the life of the store. */
struct store_env {
	struct loop *loop;
	struct transfers *transfers;
	struct workers *blocking; /* threads that may sleep */
};

/*
 * Makes a store of config's kind; config is copied. No I/O yet. NULL with *e
 * filled (ERR_INVALID: what is wrong with the configuration). Every op must
 * be over or canceled before ops->destroy().
 */
struct store *store_new(const struct store_env *env,
			const struct store_config *config,
			struct err *e) MUST_CHECK;

/* Frees a store; NULL is fine. */
void store_free(struct store *st);

/* Cancels; NULL is fine. */
void store_cancel(struct store *st, struct store_op *op);

#endif
