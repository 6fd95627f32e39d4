/* s3_int.h - the S3 store, for the files of this folder. */
#ifndef COFFER_STORES_S3_INT_H
#define COFFER_STORES_S3_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "../store_int.h"

struct loop;
struct transfers;
struct workers;

struct s3_store {
	struct store base; /* first: s3_store_of() */
	struct loop *loop;
	struct transfers *transfers;
	struct workers *blocking;

	bool is_https;
	bool is_path_style;
	char *host; /* as the Host header: with the bucket in front in
		     * virtual-host style, with the port unless it is the
		     * scheme's own */
	char *region;
	char *bucket;
	char *prefix; /* "" or "a/b/": put before every key */
	char *access_key;
	char *secret_key;
	char *ca_file; /* NULL: the system's */
	unsigned max_attempts;
	unsigned connect_ms;
	unsigned stall_ms;
	unsigned retry_ms;

	/* What was learned while it was used. */
	int64_t seen_skew_ms;	 /* from the last Date header */
	int64_t signing_skew_ms; /* added to our time after the store refused
				  * a signature for its date */
	bool has_no_conditional; /* If-None-Match: 501 */
	bool has_no_multi_delete;
};

static inline struct s3_store *s3_store_of(struct store *st)
{
	return (struct s3_store *)st;
}

static inline const struct s3_store *s3_store_of_const(const struct store *st)
{
	return (const struct s3_store *)st;
}

/* Fills *st (zeroed) from a configuration after checking it: ERR_INVALID
 * tells which field is wrong. The strings are freed by s3_config_fini(). */
bool s3_config_init(struct s3_store *st, const struct store_s3_config *config,
		    struct err *e) MUST_CHECK;

/* Frees the strings, wipes the secret. */
void s3_config_fini(struct s3_store *st);

/* The pool's prefix and key; caller frees, NULL: no memory. */
char *s3_whole_key(const struct s3_store *st, const char *key) MUST_CHECK;

/* The same after checking it: an empty key would name the bucket itself.
 * Caller frees; NULL with *e filled. */
char *s3_checked_key(const struct s3_store *st, const char *key,
		     struct err *e) MUST_CHECK;

/* The path of an object (NULL: of the bucket) on the wire, encoded. */
void s3_path(const struct s3_store *st, struct text *out, const char *key);

/* "scheme://host" for URLs and error texts. */
void s3_origin(const struct s3_store *st, struct text *out);

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
