/* backup_int.h - one backup under way; shared by the files that make it. */
#ifndef COFFER_JOBS_BACKUP_INT_H
#define COFFER_JOBS_BACKUP_INT_H

#include "jobs/jobs_int.h"
#include "jobs/meter.h"
#include "jobs/opening.h"
#include "jobs/report.h"
#include "jobs/retry.h"
#include "jobs/backup/backup_base.h"
#include "jobs/backup/source_look.h"
#include "manifest/exchange.h"
#include "manifest/listing.h"
#include "manifest/part_writer.h"
#include "model/scope.h"
#include "pipeline/budget.h"
#include "sources/kinds.h"

enum backup_state {
	BACKUP_IDLE,	/* in the queue */
	BACKUP_OPEN,	/* gets source and pool from the catalog */
	BACKUP_SHARE,	/* waits for its share of the buffers */
	BACKUP_START,	/* the catalog notes that it runs */
	BACKUP_BASE,	/* of an increment: what it builds upon */
	BACKUP_LOOK,	/* of a plan: what was not looked at when it was due */
	BACKUP_CLAIM,	/* writes owner.json */
	BACKUP_STREAM,	/* pipelines of the dump's phases run */
	BACKUP_SEND,	/* last part and index go to the store */
	BACKUP_PUBLISH, /* manifest is written and read back */
	BACKUP_UNDO,	/* failed: takes its objects away again */
	BACKUP_PAUSE,	/* rule 9: waits before its one retry */
	BACKUP_RECORD,	/* the catalog notes how it ended */
	BACKUP_STATE_COUNT,
};

/* Who may hold a backup up. */
enum { BLOCKED_SOURCE, BLOCKED_STAGES, BLOCKED_STORE, BLOCKED_COUNT };

/* Since when nothing has moved. */
struct stillness {
	enum backup_state state;
	uint64_t stored_bytes;
	int64_t since_ms;
};

/*
 * The pipelines of one phase of the dump. When all their sources have ended
 * the next phase may begin, though the store has not taken all of this one's
 * frames: nothing is held at the source for the store's sake.
 */
struct backup_phase {
	TAILQ_ENTRY(backup_phase) entry;
	struct backup_job *job;
	struct pipeline *pipes[DUMP_SOURCES_MAX];
	size_t npipes, nrunning;
};

TAILQ_HEAD(backup_phases, backup_phase);

struct backup_job {
	struct job base;
	enum backup_state state;
	struct backup_record r; /* what the catalog is told */
	struct opening opening;
	struct budget_share share;
	struct opened_address address;
	struct scope scope;
	struct source_look look;
	struct dump *dump;
	struct part_writer *writer;
	struct backup_phases phases; /* in order; the first's frames go out */
	bool is_read;		     /* the dump has no phase more */
	bool is_renamed;	     /* the parts have the dump's own ending */
	struct exchange *exchange;
	struct catalog_op *op;
	struct event *pause; /* before the retry */
	struct event *tick;  /* samples for the meter */
	struct retry retry;  /* of telling the catalog how it ended */
	struct meter meter;
	struct stillness still;
	struct manifest manifest;
	struct owner_found owner; /* who has it, while it is published */
	struct err err;	 /* why it does not end well; the first attempt's
			  * failure is among its causes */
	bool is_second;	 /* rule 9: the one retry */
	bool is_claimed; /* objects of it may lie in the pool */
	int level;	 /* of compression */
	unsigned parallelism;
	bool has_accounts;		    /* of a whole instance */
	bool is_locking;		    /* tables without transactions */
	bool is_strict, is_one_file_system; /* of files */
	int full_every; /* so many backups to a chain; below 2: full ones; 0:
			 * the plan, if there is one, wants no increments */
	bool is_tree;	/* its engine is one of trees */
	struct backup_base on;
	char *hook; /* of method snapshot; NULL: the first that can */
	uint64_t blocked_ms[BLOCKED_COUNT];
};

/* Into a zeroed job: what the catalog has accepted. Without memory for a copy
 * the job fails, when its turn has come. */
void backup_job_fill(struct backup_job *b, const struct backup_record *r);

/* Its vtable, for job_enqueue(). */
const struct job_ops *backup_job_ops(void);

/* Its way: names a state, logs a change. */
const char *backup_state_name(enum backup_state s);

/* One more event: "started", or the status that it has ended with. */
void backup_announce(const struct backup_job *b, const char *verb);
void backup_set_state(struct backup_job *b, enum backup_state next);

/* backup.c: its turn in the queue; and from the share of the buffers on, at
 * the second try as well. */
void backup_start(struct job *job);
void backup_take_share(struct backup_job *b);

/* backup_end.c: the source is busy with another's job: its turn comes again. */
void backup_wait(struct backup_job *b);

/* backup_publish.c: the parts are there: the manifest goes out, if the backup
 * is this server's still, and the catalog hears of it. */
void backup_publish(struct backup_job *b);

/* backup_end.c: it cannot go on: what is there is undone, and it is tried once
 * more (rule 9) or recorded as failed. e is copied. */
void backup_fail(struct backup_job *b, const struct err *e);

/* backup_record.c: the catalog is told r; then the job is over. Of a failure
 * (b->err) r is filled in first. */
void backup_record(struct backup_job *b);
void backup_record_failure(struct backup_job *b);

/* backup_end.c: with each tick. Where no pipeline waits any more, a store that
 * does not answer for stall_seconds fails the backup; while it is undone, the
 * objects are left to a sweep. */
void backup_watch_store(struct backup_job *b);

#endif
