/* reach.h - a pool that is read without a server: its store on a loop of its
 * own, and the conversations of exchange.h, one after the other; each call
 * waits until it is over. */
#ifndef COFFER_CTL_POOL_REACH_H
#define COFFER_CTL_POOL_REACH_H

#include <stdbool.h>

#include "base/age.h"
#include "base/err.h"
#include "ctl/options.h"
#include "manifest/exchange.h"
#include "manifest/listing.h"
#include "pipeline/pipeline.h"

struct loop;
struct store;
struct transfers;
struct workers;

/* The options that all commands without a server have. */
#define REACH_OPTIONS                                                          \
	{"identity", 'i', "FILE", "age keys of encrypted backups"},            \
	{                                                                      \
		"credentials-file", 0, "FILE", "keys of the store, [default]"  \
	}

struct reach {
	struct loop *loop;
	struct workers *cpu, *blocking;
	struct transfers *transfers;
	struct store *store;
	struct age_identities identities; /* n == 0: none */
	struct exchange_env env;
	struct err err; /* of what is under way */
	void *arg;	/* the caller's own, for callbacks */
};

/* Opens the pool at url; asks nothing yet. False with *e filled; reach_close()
 * also ends a half-made one. */
bool reach_open(struct reach *r, const struct arguments *a, const char *url,
		struct err *e) MUST_CHECK;
void reach_close(struct reach *r);

/* As exchange_list(); the argument of each is r. */
bool reach_list(struct reach *r, listing_each_cb *each,
		struct err *e) MUST_CHECK;

/* As exchange_fetch(); manifest_fini() ends *m, also after a failure. */
bool reach_manifest(struct reach *r, const char *source_id,
		    const char *backup_id, struct manifest *m,
		    struct err *e) MUST_CHECK;

/* As exchange_index_copy(). */
bool reach_index(struct reach *r, const struct manifest *m, int fd,
		 struct err *e) MUST_CHECK;

/* Runs a pipeline to its end; takes its parts over, also on failure. */
bool reach_pump(struct reach *r, const struct pipeline_parts *parts,
		struct err *e) MUST_CHECK;

#endif
