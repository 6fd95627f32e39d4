/*
 * part_reader.h - a source that gives the stored frames of a backup in order:
 * parts are fetched whole, some ahead, and size and SHA-256 of each checked on
 * a worker before a byte of it goes on.
 */
#ifndef COFFER_MANIFEST_PART_READER_H
#define COFFER_MANIFEST_PART_READER_H

#include <stddef.h>

#include "base/err.h"
#include "manifest/manifest.h"
#include "pipeline/pipeline.h"
#include "stores/store.h"

struct loop;
struct workers;

/* Memory: as many parts as gets_at_once (at least 1), and one frame. */
struct part_reader_config {
	struct loop *loop;
	struct store *store;
	struct workers *workers;
	const struct manifest *manifest; /* borrowed for its life */
	unsigned gets_at_once;
};

/* Each stored frame is a frame with is_checked set, to be unpacked by
 * zstd_unpack_new(). Failures are "damaged_backup" (ERR_DAMAGED, naming the
 * object: missing, shorter, longer, other bytes) or "store_failed"; one that
 * is found ahead is told at once. */
struct source *part_reader_new(const struct part_reader_config *c,
			       struct err *e) MUST_CHECK;

#endif
