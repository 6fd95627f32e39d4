/*
 * spool.h - keeps a source going while the store stalls: frames that the sink
 * does not take yet go to a bounded file, and come back in their order.
 *
 * Some sources cannot be made to wait (a Redis server cuts a replica that
 * reads slowly). Their pipelines have a spool as the last stage before the
 * part writer, so that what is kept is compressed. As long as the sink keeps
 * up nothing touches the disk.
 *
 * The bytes on disk are sealed with a key of the job's own (AES-256-GCM) that
 * is in memory alone: the file has no name (O_TMPFILE, or unlinked at once),
 * and after a crash there is nothing to find and nothing to read.
 */
#ifndef COFFER_STAGES_SPOOL_H
#define COFFER_STAGES_SPOOL_H

#include <stdint.h>

#include "base/err.h"
#include "pipeline/pipeline.h"

struct workers;

/* The room on disk that all jobs of the server share. */
struct spool;

struct spool_config {
	struct workers *blocking; /* writes and reads of the files */
	const char *folder;	  /* exists; copied */
	uint64_t max_bytes; /* of all jobs together, setting spool_bytes */
};

/* config is copied, what it names is borrowed. NULL with *e filled. */
struct spool *spool_new(const struct spool_config *config,
			struct err *e) MUST_CHECK;

/* Bytes on disk now, of all jobs. */
uint64_t spool_used(const struct spool *s);

/* Its stages must be gone. NULL is fine. */
void spool_free(struct spool *s);

/*
 * A stage of one pipeline; s is borrowed for its life. Frames pass in their
 * order with their spans; at most a few MiB of them are in memory. Fails with
 * "store_stalled" when there is no room left in the spool or on the disk, or
 * when the sink took nothing for stall_seconds while frames wait: the sentence
 * tells how much waited, and what to do. NULL with *e filled.
 */
struct stage *spool_stage_new(struct spool *s, unsigned stall_seconds,
			      struct err *e) MUST_CHECK;

#endif
