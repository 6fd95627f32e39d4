/*
 * test_manifest_rig.h - a backup of made-up items into a fake store, through
 * real pipelines, and the way back.
 */
#ifndef COFFER_TESTS_UNIT_TEST_MANIFEST_RIG_H
#define COFFER_TESTS_UNIT_TEST_MANIFEST_RIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/age.h"
#include "base/digest.h"
#include "base/text.h"
#include "fake_store.h"
#include "manifest/exchange.h"
#include "manifest/manifest.h"
#include "manifest/part_feed.h"
#include "manifest/part_writer.h"
#include "pipeline/budget.h"
#include "pipeline/pipeline.h"

enum {
	RIG_PIPES_MAX = 8,
	RIG_KNOWN_BYTES = 24, /* frames are not shorter, where they may be
			       * longer: they are known by their bytes */
};

#define RIG_SOURCE "src_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define RIG_BACKUP "bak_01HZZZZZZZZZZZZZZZZZZZZZZZ"
#define RIG_FOLDER "coffer/v1/" RIG_SOURCE "/" RIG_BACKUP "/"

/* What an item must come back as. */
struct rig_item {
	size_t len;
	unsigned pipe; /* which pipeline carries it */
	uint64_t rows; /* these two are summed up as frames are made */
	struct digest digest;
};

/* A frame as it was made, to be known again. */
struct rig_frame {
	uint64_t hash;
	unsigned pipe, seq;
	bool is_open;
};

struct rig {
	struct loop *loop;
	struct workers *workers;
	struct fake_store *fake;
	struct budget *budget;
	struct budget_share share;
	struct signer *signer;
	uint64_t random;

	/* how the backup is made */
	unsigned npipes;
	size_t part_bytes, frame_bytes, share_bytes;
	unsigned puts_at_once, gets_at_once;
	int level;
	bool has_open_frames;
	struct age_recipients recipients; /* rig_encrypt() sets these two */
	struct age_identities identities;
	bool is_packs;
	const char *backup_id;	     /* NULL: RIG_BACKUP */
	const struct manifest *base; /* an increment's */
	const uint32_t *keeps;	     /* numbers of it, 0 at the end; or NULL */

	/* what it holds */
	struct rig_item *items;
	size_t nitems;
	struct rig_frame *frames;
	size_t nframes, cap;

	/* the backup under way */
	struct part_writer *writer;
	struct pipeline *pipes[RIG_PIPES_MAX];
	unsigned running;
	enum item_kind phase;	     /* kinds come one after the other */
	unsigned seq[RIG_PIPES_MAX]; /* frames of a pipeline */
	struct manifest m;
	struct exchange *x;
	bool is_over;
	struct err err;

	/* the restore */
	struct part_feed feed;
	struct pipeline *restore;
	struct text got;   /* all plain bytes */
	size_t got_frames; /* known again */
	uint64_t got_seq[RIG_PIPES_MAX];
	const struct rig_frame *last;
	bool is_out_of_order;
};

/* A loop, two workers, an empty store, defaults. */
void rig_init(struct rig *r, uint64_t seed);

/* The backup is to be encrypted, for two; the second one's identity is there
 * to read it. */
void rig_encrypt(struct rig *r);

/* All gone; the store must have nothing pending. */
void rig_fini(struct rig *r);

/* A random number below n. */
size_t rig_random(struct rig *r, size_t n);

/* n items of up to max_len bytes, on random pipelines. */
void rig_make_items(struct rig *r, size_t n, size_t max_len);

/* The bytes of an item. */
unsigned char rig_byte(size_t item, size_t at);

/* Starts the pipelines; the writer is finished after the last one. */
void rig_start_backup(struct rig *r);

/* Ends what is under way, at once. */
void rig_stop(struct rig *r);

/* Starts reading r->m back, into r->got. */
void rig_start_restore(struct rig *r);

/* Turns the loop until r->is_over; fails the test after a long time. */
void rig_run(struct rig *r);

/* n turns of the loop, without waiting. */
void rig_turns(struct rig *r, unsigned n);

/* One turn of the loop, waiting for something to happen. */
void rig_step(struct rig *r);

/* Start, run, and what came of it is in r->err. */
void rig_backup(struct rig *r);
void rig_restore(struct rig *r);

/* Waits for the end of a conversation that was begun just now with rig_done()
 * as its completion; r->err says how it went. */
void rig_converse(struct rig *r, struct exchange *x);

/* A completion that ends rig_run(). */
void rig_done(void *arg, const struct err *e);

/* The environment of exchanges. */
struct exchange_env rig_env(const struct rig *r);

/* Names and all that a manifest must have, into r->m. */
void rig_describe(struct rig *r);

/* Who claims places in the tests. */
static const struct exchange_owner rig_owner
	__attribute__((unused)) = {RIG_SOURCE, RIG_BACKUP, "srv_1", "job_1"};

#endif
