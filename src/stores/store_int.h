/* store_int.h - what the kinds of stores share. */
#ifndef COFFER_STORES_STORE_INT_H
#define COFFER_STORES_STORE_INT_H

#include "stores/store.h"

/* The base of every call under way: the first member of each kind's own. */
struct store_op {
	void (*cancel)(struct store_op *op); /* frees it, calls nobody */
};

/* Makes the S3 store; as store_new(). */
struct store *s3_store_new(const struct store_env *env,
			   const struct s3_config *config,
			   struct err *e) MUST_CHECK;

/* Makes the directory store; as store_new(). */
struct store *dir_store_new(const struct store_env *env,
			    const struct store_dir_config *config,
			    struct err *e) MUST_CHECK;

#endif
