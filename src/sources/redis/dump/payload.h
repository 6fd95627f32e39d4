/*
 * payload.h - how a server sends a snapshot to a replica: what precedes it,
 * and where it ends. Told by src/replication.c of Redis (readSyncBulkPayload):
 *
 *	\n ...			 while it prepares, one a second
 *	+FULLRESYNC id offset	 the answer to PSYNC, none to SYNC
 *	-ERR words		 refused
 *	$EOF:<40 bytes>\r\n	 the payload ends with these 40 bytes
 *	$<length>\r\n		 the payload is so long
 *
 * Line ends keep the connection alive before each of these, and after the
 * payload.
 */
#ifndef COFFER_SOURCES_REDIS_DUMP_PAYLOAD_H
#define COFFER_SOURCES_REDIS_DUMP_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { REDIS_MARK_BYTES = 40, REDIS_LINE_MAX = 512 };

enum redis_line {
	REDIS_LINE_PART,    /* not whole yet */
	REDIS_LINE_ALIVE,   /* a line end alone */
	REDIS_LINE_RESYNC,  /* "+FULLRESYNC ...", kept in line */
	REDIS_LINE_REFUSAL, /* an error, its words in line */
	REDIS_LINE_BEGIN,   /* the payload follows */
	REDIS_LINE_BAD,	    /* none of these */
};

/* Zero it to begin with. */
struct redis_payload {
	char line[REDIS_LINE_MAX]; /* without its first character */
	size_t len;
	char first; /* that character */
	bool has_mark;
	char mark[REDIS_MARK_BYTES];
	uint64_t left; /* without a mark */
	bool is_over;
};

/* One more byte of what precedes the payload. */
enum redis_line redis_payload_line(struct redis_payload *p, char byte);

/* "+FULLRESYNC id offset", as line has it. False: it is not that. */
bool redis_payload_resync(const struct redis_payload *p, char id[41],
			  uint64_t *offset) MUST_CHECK;

/* Of room bytes, how many may be read without reading beyond the end. */
size_t redis_payload_want(const struct redis_payload *p, size_t room);

/*
 * bytes are all that came and was not taken yet; returns how many of them are
 * payload and taken. The rest may be the beginning of the mark, and is given
 * again with what comes then. is_over is set when the end was seen.
 */
size_t redis_payload_take(struct redis_payload *p, const void *bytes,
			  size_t len);

#endif
