/*
 * exchange.h - short conversations with a store about one backup: claim its
 * place, publish its manifest, fetch it, read its index, remove it all.
 *
 * Each completion runs once, from the loop, never inside the call, and may
 * start another exchange; e is NULL when it worked. The exchange is gone when
 * done() runs. Each can be canceled at any time before.
 */
#ifndef COFFER_MANIFEST_EXCHANGE_H
#define COFFER_MANIFEST_EXCHANGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "manifest/index.h"
#include "manifest/manifest.h"
#include "stores/store.h"

struct age_identities;
struct loop;
struct workers;
struct exchange; /* one conversation */

/* e is NULL when it worked; valid during the call only. */
typedef void exchange_done_cb(void *arg, const struct err *e);

/* Copied; what it points to is borrowed until done or cancel. Strings that
 * are given to the calls below are copied. */
struct exchange_env {
	struct loop *loop;
	struct store *store;
	struct workers *workers;
	const struct signer *signer; /* of publish and fetch; else NULL */
	/* of fetch and index, for what is encrypted; NULL: there is none */
	const struct age_identities *identities;
	const char *server_id; /* who we are: of remove and own */
	/* README.txt must be there: of claim and remove. A folder that lost it
	 * is the mount point of a disk that is away. */
	bool is_marked;
	/* Of remove: it is thought to have no manifest. If it has one after
	 * all, nothing goes (ERR_CONFLICT "backup_completed"). */
	bool is_leftover;
	/* Of remove: packs that go, too (text of model/packs.h), after the
	 * manifest and before the owner; NULL: none. Borrowed for the call. */
	const char *packs;
};

/* Whose place it is; copied. */
struct exchange_owner {
	const char *source_id, *backup_id;
	const char *server_id, *job_id;
};

/* Which manifest; copied. digest as in manifest_parse(), or NULL. */
struct exchange_wanted {
	const char *source_id, *backup_id;
	const char *digest;
};

/* Writes README.txt (if it is not there) and owner.json: server, job, time.
 * NULL with *e filled. */
struct exchange *exchange_claim(const struct exchange_env *env,
				const struct exchange_owner *owner,
				exchange_done_cb *done, void *arg,
				struct err *e) MUST_CHECK;

/* Puts manifest.json, reads it back, compares byte for byte ("store_failed"
 * with ERR_DAMAGED when it is another) and parses it, as a reader will. digest
 * gets its digest at once (it is computed before the call returns). NULL with
 * *e filled. */
struct exchange *exchange_publish(const struct exchange_env *env,
				  const struct manifest *m,
				  char digest[SHA256_HEX_MAX],
				  exchange_done_cb *done, void *arg,
				  struct err *e) MUST_CHECK;

/* Fetches manifest.json and its part lists into *m (borrowed until done,
 * filled only on success), checks them; of an encrypted backup also what is
 * hidden, if an identity opens it (else m->is_hidden). Failures:
 * "damaged_backup" (ERR_NOT_FOUND when there is no manifest.json, so no
 * backup), "store_failed". NULL with *e filled. */
struct exchange *exchange_fetch(const struct exchange_env *env,
				const struct exchange_wanted *wanted,
				struct manifest *m, exchange_done_cb *done,
				void *arg, struct err *e) MUST_CHECK;

/* One line of the index, valid during the call; false with *e filled ends the
 * reading with it. It must not cancel the exchange. */
typedef bool exchange_line_cb(void *arg, const struct index_line *l,
			      struct err *e);

/* Fetches the index objects one after the other, each checked, and gives its
 * lines in order. m is borrowed until done. "damaged_backup", "store_failed",
 * "identity_missing". NULL with *e filled. */
struct exchange *exchange_index(const struct exchange_env *env,
				const struct manifest *m,
				exchange_line_cb *each, exchange_done_cb *done,
				void *arg, struct err *e) MUST_CHECK;

/* The same objects, checked and unpacked, to the file at fd, one after the
 * other from where it stands: their lines as they are. fd stays the caller's,
 * who may close it before done. Errors as above, and "internal" when the file
 * cannot be written. NULL with *e filled. */
struct exchange *exchange_index_copy(const struct exchange_env *env,
				     const struct manifest *m, int fd,
				     exchange_done_cb *done, void *arg,
				     struct err *e) MUST_CHECK;

/* Removes everything of a backup: the manifest first, then the rest as it is
 * listed, the owner last. One that is gone already is a success. Nothing is
 * touched when owner.json names another server than env's ("not_owner",
 * ERR_CONFLICT) or cannot be read; without an owner.json there is nobody else
 * to ask. NULL with *e filled. */
struct exchange *exchange_remove(const struct exchange_env *env,
				 const char *source_id, const char *backup_id,
				 exchange_done_cb *done, void *arg,
				 struct err *e) MUST_CHECK;

/* done() will not run; frees it. NULL is fine. */
void exchange_cancel(struct exchange *x);

#endif
