/*
 * content.h - what is in a snapshot, told and counted while it passes: items
 * of the index, keys per database with their digest; and, where only some of
 * it is wanted, a snapshot that holds no more than that.
 *
 * Of the whole instance the bytes are the server's own. Of a part (databases,
 * patterns of names) the records of other keys are left out and so are hints
 * of sizes; what belongs to no database (facts, functions, modules' own data)
 * stays, and the end has a checksum anew.
 */
#ifndef COFFER_SOURCES_REDIS_DUMP_CONTENT_H
#define COFFER_SOURCES_REDIS_DUMP_CONTENT_H

#include "base/text.h"
#include "sources/address.h"
#include "sources/redis/dump/frames.h"
#include "sources/redis/rdb/rdb.h"
#include "sources/redis/rdb/tally.h"

/* Zero it to begin with; read the counts at any time. */
struct redis_content {
	struct rdb_reader *reader;
	struct redis_frames *frames;
	const struct source_scope *scope; /* NULL: the whole instance */
	struct rdb_tallies tallies;
	struct rdb_tally *tally; /* of the database at hand */
	uint64_t seen; /* keys of the databases of the scope, wanted or not */
	uint64_t functions;
	uint64_t longest; /* value of a key, in bytes */
	bool is_opaque;	  /* what follows is not understood, so not counted */

	/* The whole: where what is fed lies, in the frame and the stream. */
	size_t at;
	uint64_t fed;

	/* A part: what is not decided yet begins at from; of it, what was fed
	 * earlier is held. */
	const unsigned char *bytes; /* that are fed now */
	struct text held;
	uint64_t from;
	bool is_decided, is_kept; /* the record at hand */
	bool is_selected; /* the database at hand, as it has a wanted key */
	uint64_t crc;
};

/* frames and scope are borrowed. False: no memory. */
bool redis_content_begin(struct redis_content *c, struct redis_frames *frames,
			 const struct source_scope *scope,
			 struct err *e) MUST_CHECK;

/* The next bytes of the snapshot; of the whole they lie in the frame at that
 * place already, of a part what is wanted is added to the frames. */
bool redis_content_feed(struct redis_content *c, const unsigned char *bytes,
			size_t len, size_t at, struct err *e) MUST_CHECK;

/* It was all there is: false, "damaged_stream", when it does not end as a
 * snapshot does. */
bool redis_content_check(const struct redis_content *c,
			 struct err *e) MUST_CHECK;

/* Frees what it holds. */
void redis_content_fini(struct redis_content *c);

#endif
