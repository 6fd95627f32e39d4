/*
 * part_reader.h - a source that gives stored frames of a backup: what a feed
 * hands out, some pieces ahead. Of a whole part size and SHA-256 are checked on
 * a worker before a byte of it goes on; of a selected piece each frame's own
 * checksum is, when it is unpacked. Of an encrypted part the chunks that hold
 * the piece are fetched, after the header if its key is not known yet; each
 * chunk is authentic.
 */
#ifndef COFFER_MANIFEST_PART_READER_H
#define COFFER_MANIFEST_PART_READER_H

#include <stddef.h>

#include "base/err.h"
#include "manifest/part_feed.h"
#include "pipeline/pipeline.h"
#include "stores/store.h"

struct age_identities;
struct loop;
struct workers;

/* Memory: as many pieces as gets_at_once (at least 1), and one frame. */
struct part_reader_config {
	struct loop *loop;
	struct store *store;
	struct workers *workers;
	struct part_feed *feed; /* borrowed for its life; readers share it */
	unsigned gets_at_once;
	/* copied; what opens an encrypted backup. NULL: nothing */
	const struct age_identities *identities;
};

/* Each stored frame is a frame with is_checked set, to be unpacked by
 * zstd_unpack_new(). One of a selected piece has a span for each selected item
 * that has bytes in it; one without any is left out. Failures are
 * "damaged_backup" (ERR_DAMAGED, naming the object: missing, shorter, longer,
 * other bytes; damage is read twice first), "identity_missing" or
 * "store_failed"; one that is found ahead is told at once. */
struct source *part_reader_new(const struct part_reader_config *c,
			       struct err *e) MUST_CHECK;

#endif
