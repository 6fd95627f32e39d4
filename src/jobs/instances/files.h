/*
 * files.h - the parts of a backup that is files, laid into the folder of an
 * instance to be: unpacked by a program of the helper's, then made ready by
 * another one where the method needs that.
 */
#ifndef COFFER_JOBS_INSTANCE_FILES_H
#define COFFER_JOBS_INSTANCE_FILES_H

#include "manifest/part_feed.h"
#include "pipeline/pipeline.h"
#include "programs/helper.h"

struct job;
struct preflight;

/* Embedded in its owner; zero it to begin with. */
struct instance_files {
	struct preflight *preflight; /* borrowed: the backup, opened */
	struct job *job;	     /* whose log the programs write to */
	char *directory;
	char *increment; /* folder beside it, for what is applied to it */
	size_t step;	 /* which of the chain; its length: the backup itself */
	enum { FILES_UNPACK, FILES_PREPARE, FILES_REMOVE } doing;
	struct part_feed feed;
	struct pipeline *pipe;
	struct program *tool;
	bool lingers;	       /* one was cut short */
	uint64_t bytes_before; /* read by pipelines that are gone */
	uint64_t bytes_written;
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

/* The memory that it takes. */
size_t instance_files_share(const struct preflight *p);

/*
 * Lays them there. done runs once, from the loop, e NULL when the folder is
 * what an engine can be started on. preflight, job and directory are set before
 * (directory copied by the caller, freed with the rest). False with *e filled.
 */
bool instance_files_start(struct instance_files *f,
			  void (*done)(void *arg, const struct err *e),
			  void *arg, struct err *e) MUST_CHECK;

/* Stored bytes that were read until now. */
uint64_t instance_files_bytes(const struct instance_files *f);

/* Ends all of it at once, done does not run. Whether a program was cut short,
 * now or before: it may go on a little. */
bool instance_files_drop(struct instance_files *f);

/* Drops, and frees what it holds. */
void instance_files_fini(struct instance_files *f);

#endif
