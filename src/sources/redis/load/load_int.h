/*
 * load_int.h - one restore into one server: keys are cut out of the snapshot
 * as payloads of RESTORE and sent as fast as the target takes them; then each
 * database is read again, key by key, and compared.
 */
#ifndef COFFER_SOURCES_REDIS_LOAD_INT_H
#define COFFER_SOURCES_REDIS_LOAD_INT_H

#include "sources/address_int.h"
#include "sources/load.h"
#include "sources/redis/load/wane.h"
#include "sources/redis/rdb/tally.h"

/* What an account that restores may do, as ACL SETUSER takes it. */
#define REDIS_RESTORE_RIGHTS                                                   \
	"+restore +select +scan +dump +pexpiretime +pttl +flushdb +unlink "    \
	"+function|restore +info +time +config|get"

struct redisReply;

/* A database of the backup that is wanted, and where it goes. */
struct redis_target_db {
	uint32_t from, to;
	bool is_replaced;	/* what is there (in the scope) goes first */
	struct redis_wane wane; /* what should be there in the end */
	uint64_t item_keys;	/* what the index says that the stream holds */
	struct digest item_digest;
};

struct redis_load {
	struct load base; /* comes first */
	const struct source_env *env;
	struct address_copy address;
	struct source_scope scope; /* numbers and keys, our own */
	struct redis_target_db *databases;
	size_t ndatabases;
	bool is_overwrite;
	char **confirm;
	size_t nconfirm;
	char source_version[64];
	uint64_t longest; /* record of a key in bytes, 0: not known */
	uint64_t plain_bytes;

	/* Found by the check. */
	bool is_expiry_told; /* PEXPIRETIME: from 7.0 */
	int64_t ahead_ms;    /* its clock, of ours */
	uint64_t bulk_max;   /* bytes that it takes as one argument */

	/* Counted by the sink: of the stream, by database of the backup; with
	 * the digests of all keys (of is_skimmed: of those that expire). */
	struct rdb_tallies stream;
	bool is_skimmed; /* all keys are wanted: what the index says of those
			  * that stay follows from those that go */
	struct load_facts facts;
};

/* The database of that number in the backup, if it is wanted; or NULL. */
struct redis_target_db *redis_load_find(struct redis_load *l, uint32_t from);

/* Now, by the target's clock, in ms since 1970. */
int64_t redis_load_now(const struct redis_load *l);

/* The reply to TIME in ms since 1970. False: it is none, *ms is unchanged. */
bool redis_load_time(const struct redisReply *r, int64_t *ms);

/* What it means that the target answered so while we were doing that: as
 * redis_fault() says it, but "target_failed" where it says "source_failed".
 * Any type of reply. Returns false. */
bool redis_load_fault(struct err *e, const struct redisReply *r,
		      const char *doing);

/* The RDB version that a server of that version writes and reads; 0: not
 * known. Source: RDB_VERSION in src/rdb.h of each release. */
unsigned redis_rdb_version(const char *server_version);

/* Whether a server of that version has PEXPIRETIME. */
bool redis_tells_expiry(const char *version);

/* load_ops */
struct stage *redis_load_gauge(struct load *base, struct err *e);
bool redis_load_reach(struct load *base, const struct source_address *a,
		      const char *version, struct err *e);
struct source_op *redis_load_check(struct load *base, load_check_cb *done,
				   void *arg, struct err *e);
struct sink *redis_load_sink(struct load *base, enum item_kind section,
			     struct err *e);
struct source_op *redis_load_verify(struct load *base, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e);

#endif
