/* s3_int.h - the S3 store, for the files of this folder. */
#ifndef COFFER_STORES_S3_INT_H
#define COFFER_STORES_S3_INT_H

#include "../store_int.h"

struct s3_store {
	struct store base; /* first: s3_store_of() */
	struct loop *loop;
	struct s3_client *client;
	bool has_no_multi_delete; /* learned while it was used */
};

static inline struct s3_store *s3_store_of(struct store *st)
{
	return (struct s3_store *)st;
}

static inline const struct s3_store *s3_store_of_const(const struct store *st)
{
	return (const struct s3_store *)st;
}

/* The functions of struct store_ops; see store.h. */
struct store_op *s3_put(struct store *st, const struct store_put *in,
			store_done_cb *done, void *arg, struct err *e);
struct store_op *s3_get(struct store *st, const struct store_get *in,
			store_get_cb *done, void *arg, struct err *e);
struct store_op *s3_list(struct store *st, const char *prefix,
			 store_each_cb *each, store_done_cb *done, void *arg,
			 struct err *e);
struct store_op *s3_remove(struct store *st, const char *const *keys,
			   size_t nkeys, store_done_cb *done, void *arg,
			   struct err *e);

#endif
