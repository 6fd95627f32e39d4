/*
 * instance.h - an instance made from a backup by a provisioner, whether it is
 * to be registered (create.c) or to be thrown away: made, proven, and taken
 * down again.
 *
 *   idle -> look (manifest and index)
 *        -> prepare (the provisioner: a folder, or nothing)
 *     files: -> share (of the buffers) -> files -> start (the provisioner)
 *     else:  -> start -> target (it is looked at) -> share -> data
 *        -> verify -> made
 *
 * Whatever has begun with "prepare" is taken down by instance_destroy(), at any
 * moment; what dies without that is found by its source's record (reaper.h).
 */
#ifndef COFFER_JOBS_INSTANCE_H
#define COFFER_JOBS_INSTANCE_H

#include "jobs/instances/files.h"
#include "jobs/instances/provision.h"
#include "jobs/restore/preflight.h"
#include "jobs/restore/restore_stream.h"
#include "pipeline/budget.h"

struct event;

enum instance_state {
	INSTANCE_IDLE,
	INSTANCE_LOOK,	  /* at the backup */
	INSTANCE_PREPARE, /* the provisioner makes room */
	INSTANCE_SHARE,	  /* waits for its share of the buffers */
	INSTANCE_FILES,	  /* parts flow into its folder */
	INSTANCE_START,	  /* the provisioner starts it */
	INSTANCE_TARGET,  /* it is looked at */
	INSTANCE_DATA,	  /* parts flow through a connection */
	INSTANCE_VERIFY,  /* compared with the backup */
	INSTANCE_MADE,
	INSTANCE_DESTROY, /* the provisioner takes it down */
	INSTANCE_STATE_COUNT,
};

/* Strings are borrowed for the instance's life. */
struct instance_want {
	const char *id;	  /* what the provisioner knows it by: "src_..." */
	const char *name; /* for people */
	const char *provider;
	const char *backup;	  /* id */
	const char *request_json; /* as in a restore_record */
	bool is_unproven; /* of files: made when it runs; nothing is compared */
};

/* e NULL: it went well. */
typedef void instance_done_cb(void *arg, const struct err *e);

/* Embedded in its owner; zero it to begin with. */
struct instance {
	struct job *job; /* whose it is; its log tells what happens */
	struct instance_want want;
	enum instance_state state;
	struct preflight preflight;
	struct provision provision;
	struct provision_need need; /* borrowed from the manifest */
	char *directory;	    /* NULL: it wants a connection */
	struct budget_share share;
	struct instance_files files;
	struct restore_stream stream;
	struct source_op *verify;
	size_t next_table;    /* to compare */
	uint64_t total_bytes; /* to be read */
	bool is_begun;	      /* the provisioner was asked: it may be there */
	bool is_ragged; /* a program was cut short, and may live on a while */
	int64_t ragged_until_ms; /* then it is dead at the latest (mono) */
	struct event *later;
	instance_done_cb *done;
	void *arg;

	/* when it is made */
	struct provision_place place;
	uint64_t rows, keys;
};

/*
 * Makes it. done runs once, from the loop: e NULL when it runs and holds what
 * the backup tells; else nothing is destroyed yet. False with *e filled.
 */
bool instance_make(struct instance *i, struct job *job,
		   const struct instance_want *want, instance_done_cb *done,
		   void *arg, struct err *e) MUST_CHECK;

/*
 * Stops whatever is under way, and takes down what there is; done of
 * instance_make() does not run any more. This done runs once, from the loop: e
 * NULL when nothing is left of it. False with *e filled: it could not be asked.
 */
bool instance_destroy(struct instance *i, instance_done_cb *done, void *arg,
		      struct err *e) MUST_CHECK;

/* Stops whatever is under way, at once, and frees it all; nothing is destroyed,
 * and nobody told. */
void instance_fini(struct instance *i);

/* Stored bytes of the backup that were read until now. */
uint64_t instance_bytes(const struct instance *i);

/* Fills items, bytes and percent of p. */
void instance_progress(const struct instance *i, struct job_progress *p);

/* "check" "prepare" ...: the phase, as the API shows it. */
const char *instance_phase(const struct instance *i);

#endif
