/* client_int.h - a client, for the files of this room. */
#ifndef COFFER_S3_CLIENT_INT_H
#define COFFER_S3_CLIENT_INT_H

#include "base/text.h"
#include "s3/client.h"

struct s3_client {
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
};

/* Fills *st (zeroed) from a configuration after checking it: ERR_INVALID
 * tells which field is wrong. The strings are freed by s3_config_fini(). */
bool s3_config_init(struct s3_client *st, const struct s3_config *c,
		    struct err *e) MUST_CHECK;

/* Frees the strings, wipes the secret. */
void s3_config_fini(struct s3_client *st);

/* The path of an object (NULL: of the bucket) on the wire, encoded. */
void s3_path(const struct s3_client *st, struct text *out, const char *key);

/* "scheme://host" for URLs and error texts. */
void s3_origin(const struct s3_client *st, struct text *out);

#endif
