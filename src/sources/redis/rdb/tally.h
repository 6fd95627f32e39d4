/*
 * tally.h - counts keys per database, with their digest: of what was read from
 * a source, of what a restore should find, and of what it finds.
 */
#ifndef COFFER_SOURCES_REDIS_TALLY_H
#define COFFER_SOURCES_REDIS_TALLY_H

#include "sources/redis/rdb/rdb.h"

struct rdb_tally {
	uint32_t database;
	uint64_t keys, expiring; /* expiring: of keys, those with an expiry */
	uint64_t bytes;		 /* of their records */
	uint64_t of_type[RDB_TYPE_COUNT];
	struct digest digest; /* of all but modules */
};

/* A growing list, sorted by database; zero it to begin with. */
struct rdb_tallies {
	struct rdb_tally *list;
	size_t n, cap;
};

/* The database's own, made when it is new. Valid until the next call. NULL: no
 * memory. */
struct rdb_tally *rdb_tally_of(struct rdb_tallies *t, uint32_t database,
			       struct err *e) MUST_CHECK;

/* Counts one key. */
void rdb_tally_add(struct rdb_tally *t, const struct rdb_record *key,
		   const struct digest *digest);

/* The sum over all databases; database is 0. */
struct rdb_tally rdb_tallies_sum(const struct rdb_tallies *t);

/*
 * [{"database":0,"keys":n,"expiring":n,"bytes":n,"types":{"string":n,...}}],
 * types that do not occur left out; at most the first max databases. Caller
 * frees; NULL: no memory.
 */
char *rdb_tallies_json(const struct rdb_tallies *t, size_t max) MUST_CHECK;

void rdb_tallies_fini(struct rdb_tallies *t);

#endif
