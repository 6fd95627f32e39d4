/*
 * spool.h - keeps a source going while the store stalls: frames that the sink
 * does not take yet go to a bounded file, and come back in their order.
 *
 * Some sources cannot be made to wait for long (a Redis server cuts a replica
 * that reads nothing for repl-timeout). Their pipelines have a spool as the
 * last stage before the part writer, so that what is kept is compressed. As
 * long as the sink keeps up nothing touches the disk.
 *
 * The bytes on disk are sealed with a key of the stream's own (AES-256-GCM)
 * that is in memory alone: the file has no name (O_TMPFILE, or unlinked at
 * once), and after a crash there is nothing to find and nothing to read.
 */
#ifndef COFFER_STAGES_SPOOL_H
#define COFFER_STAGES_SPOOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "pipeline/pipeline.h"

struct loop;
struct workers;

/* The room on disk that all jobs of the server share. */
struct spool;

struct spool_config {
	struct loop *loop;
	struct workers *blocking; /* writes and reads of the files */
	const char *folder;	  /* exists; copied */
	uint64_t max_bytes; /* of all jobs together, setting spool_bytes */
};

/* config is copied, what it names is borrowed. NULL with *e filled. */
struct spool *spool_new(const struct spool_config *config,
			struct err *e) MUST_CHECK;

/* Bytes on disk now, of all jobs. */
uint64_t spool_used(const struct spool *s);

/* Its stages must be gone, the workers not. NULL is fine. */
void spool_free(struct spool *s);

/*
 * Removes what a server that died may have left in the folder: only files of
 * the names that a spool gives. Nothing there, or no folder, is fine. Blocking.
 */
void spool_clean(const char *folder);

/* So many bytes of frames a stage has in memory at most, beside what its link
 * has: keeps and what is on its way to the disk and back. One frame may be
 * larger. */
enum {
	SPOOL_MEMORY_BYTES = 6 * 1024 * 1024,
	SPOOL_MEMORY_PATIENT_BYTES = 3 * 512 * 1024,
};

struct spool_stage_config {
	/* The sink took nothing for so long: failed. 0: never; somebody else
	 * sees to that. */
	unsigned stall_seconds;
	/*
	 * The source may be made to wait. Then a store that is merely slower
	 * paces it; only when the sink took nothing for patience_ms is the
	 * disk used, and half of the room is left to those who cannot wait.
	 * Where there is no room left, the source waits.
	 */
	bool can_wait;
	unsigned patience_ms;
	/*
	 * The source may not: it is read as fast as it gives. Where there is
	 * no room left it is let wait all the same, but not when the sink took
	 * nothing for hold_ms.
	 */
	unsigned hold_ms;
};

/*
 * A stage of one pipeline; s is borrowed for its life. Frames pass in their
 * order with their spans. Fails with "store_stalled" when the sink took nothing
 * for stall_seconds while frames wait, and, unless it can_wait, when there is
 * no room left in the spool or on the disk for hold_ms: the sentence tells how
 * much waited, and what to do. A disk that fails or gives back other bytes
 * than it was given fails it, too (ERR_IO, ERR_DAMAGED). NULL with *e filled.
 */
struct stage *spool_stage_new(struct spool *s,
			      const struct spool_stage_config *c,
			      struct err *e) MUST_CHECK;

#endif
