/*
 * part_writer.h - lays the frames of one backup into parts and sends them to
 * the store, several at a time; one writer for all pipelines of a backup.
 *
 * Each part is a run of whole stored frames of at most part_bytes, hashed on a
 * worker, put from memory. Part numbers come from one counter, in the order in
 * which parts are filled. A pipeline whose frame is_open keeps the writer to
 * itself until the statement is over. Frames larger than a part get their own.
 * A part holds items of one kind; kinds come in their order (ERR_BUG).
 *
 * Memory: the part that is filled, one part on its way (both are the job's
 * own share: 2 * part_bytes), and one more for each further put, borrowed from
 * the budget while it lasts; besides, lines of the index (up to
 * INDEX_PIECE_BYTES, and what waits in the builder).
 */
#ifndef COFFER_MANIFEST_PART_WRITER_H
#define COFFER_MANIFEST_PART_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/age.h"
#include "base/err.h"
#include "manifest/manifest.h"
#include "pipeline/budget.h"
#include "pipeline/pipeline.h"
#include "stores/store.h"

struct loop;
struct part_writer;
struct workers;

struct part_writer_config {
	struct loop *loop;
	struct store *store;
	struct workers *workers;
	struct budget_share *share; /* for puts beyond the first; NULL: none.
				     * Release it after part_writer_free(). */
	const char *source_id, *backup_id;
	const char *suffix;		  /* ".sql.zst" */
	struct age_recipients recipients; /* n > 0: each object becomes an age
					   * file, ".age" behind its name */
	size_t part_bytes;		  /* bound of a part's stored bytes */
	unsigned puts_at_once;		  /* at most */
	/* The parts are packs, which later backups may share. */
	bool is_packs;
	/* Of an increment: the backup before, parts of which may be kept;
	 * borrowed. Numbers go on where its end; its recipients must be those
	 * above. NULL: they begin at 1. */
	const struct manifest *base;
};

/* parts, stored_bytes and plain_bytes count what the store has acknowledged. */
struct part_writer_facts {
	uint64_t parts, stored_bytes, plain_bytes;
	uint64_t store_wait_ms; /* time that a pipeline waited for the store */
};

/* Strings in the config are copied, the rest is borrowed for its life. NULL
 * with *e filled. */
struct part_writer *part_writer_new(const struct part_writer_config *c,
				    struct err *e) MUST_CHECK;

/* A sink for one pipeline; may be made again for the next phase. FLOW_END
 * when its frames are in parts (not yet: in the store). A put that failed for
 * good fails every port; so does a port that is destroyed in the middle of a
 * statement (is_open). NULL with *e filled. */
struct sink *part_writer_port(struct part_writer *w, struct err *e) MUST_CHECK;

/* Ports that are made from here on take nothing until all those before them
 * are through: the frames of a phase may wait behind those of the one before.
 */
void part_writer_begin_phase(struct part_writer *w);

/* Another suffix than the configuration's, before the first byte of any part.
 * False with *e filled: a mistake of the caller's. */
bool part_writer_rename(struct part_writer *w, const char *suffix,
			struct err *e) MUST_CHECK;

/* The part of that number of the base is needed by this backup, too: it stands
 * in its manifest as it stands in the base's. Before part_writer_finish(), any
 * number of times. False with *e filled: the base has no such part
 * ("damaged_backup"), or no memory. */
bool part_writer_keep(struct part_writer *w, uint32_t number,
		      struct err *e) MUST_CHECK;

/*
 * After the last pipeline: sends the last part, the index and, where they are
 * many, the part lists; done runs once from the loop when all are in the
 * store, with e == NULL, or when something failed. On success m's parts (those
 * that are kept first),
 * index, part_lists, meta (of m's hidden_json, if there are recipients),
 * recipients, sections, part_count and sums are filled in (what was in them is
 * freed); m is borrowed until done. done may free the writer.
 */
void part_writer_finish(struct part_writer *w, struct manifest *m,
			void (*done)(void *arg, const struct err *e),
			void *arg);

/* How far it is. Valid for the writer's life. */
const struct part_writer_facts *part_writer_facts(const struct part_writer *w);

/* Cancels puts and frees; ports must be gone. What was stored stays there.
 * NULL is fine. */
void part_writer_free(struct part_writer *w);

#endif
