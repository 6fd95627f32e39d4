/*
 * listing.h - what lies in a pool, and whose it is. Rules of calls:
 * exchange.h.
 */
#ifndef COFFER_MANIFEST_LISTING_H
#define COFFER_MANIFEST_LISTING_H

#include <stdbool.h>

#include "manifest/exchange.h"

/* A backup, or what is left of one. */
struct listing_entry {
	char source_id[ID_MAX], backup_id[ID_MAX];
	bool has_manifest; /* else it is no backup (yet, or any more) */
	bool has_owner;
};

/* In the order of the store; must not cancel the exchange. */
typedef void listing_each_cb(void *arg, const struct listing_entry *entry);

/* Lists all backups of the pool, each once, in memory that does not grow with
 * their number. "store_failed". NULL with *e filled. */
struct exchange *exchange_list(const struct exchange_env *env,
			       listing_each_cb *each, exchange_done_cb *done,
			       void *arg, struct err *e) MUST_CHECK;

/* The same for the backups of one source. */
struct exchange *exchange_list_source(const struct exchange_env *env,
				      const char *source_id,
				      listing_each_cb *each,
				      exchange_done_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/* Whether all packs that m (borrowed until done) names lie in the pool, with
 * the size that they had: one listing of those of its source. "damaged_backup"
 * names the first that does not. NULL with *e filled. */
struct exchange *exchange_packs(const struct exchange_env *env,
				const struct manifest *m,
				exchange_done_cb *done, void *arg,
				struct err *e) MUST_CHECK;

/* Who an owner.json names. */
struct owner_found {
	char server_id[ID_MAX];
};

/* Which backup; copied. */
struct owner_change {
	const char *source_id, *backup_id;
	const char *from; /* the server that it is taken from; "": none */
};

/*
 * Reads owner.json of a backup into *out (borrowed until done, filled only on
 * success). Takeover: if it names from, it is written anew with env's server
 * in its place; else nothing is written. ERR_NOT_FOUND: there is none;
 * "damaged_backup": it is none of ours. NULL with *e filled.
 */
struct exchange *exchange_own(const struct exchange_env *env,
			      const struct owner_change *change,
			      struct owner_found *out, exchange_done_cb *done,
			      void *arg, struct err *e) MUST_CHECK;

#endif
