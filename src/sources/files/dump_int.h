/*
 * dump_int.h - a dump of a tree of files:
 *
 *	data	(reader.c) the tree as one archive
 *
 * and by a hook's snapshot of its file system:
 *
 *	probe	(calls.c)  the hook that can take it; nothing of that name is
 *			   left
 *	create	(calls.c)  the hook takes it
 *	open	(calls.c)  it becomes readable
 *	data	(reader.c) what it holds
 *	check	(calls.c)  it is released
 *
 * Wherever that ends, the snapshot goes with its keeper (programs/snapshot.h).
 */
#ifndef COFFER_SOURCES_FILES_DUMP_INT_H
#define COFFER_SOURCES_FILES_DUMP_INT_H

#include "sources/dump.h"
#include "sources/files/pack.h"
#include "sources/hooked.h"

struct files_dump {
	struct dump base; /* comes first */
	const struct source_env *env;
	size_t next; /* phase */
	char *path;  /* of the tree */
	char *hook;  /* as asked for; NULL: none is */
	char *backup_id;
	unsigned hold_seconds;
	struct pack *pack;    /* NULL: the reader has it, or had it */
	struct hooked hooked; /* the snapshot, if there is one */
	struct dump_facts facts;
};

/* The sources of the phases. NULL with *e filled. */
struct source *files_probe_hook_new(struct files_dump *d,
				    struct err *e) MUST_CHECK;
struct source *files_create_new(struct files_dump *d, struct err *e) MUST_CHECK;
struct source *files_open_new(struct files_dump *d, struct err *e) MUST_CHECK;
struct source *files_reader_new(struct files_dump *d, struct err *e) MUST_CHECK;
struct source *files_release_new(struct files_dump *d,
				 struct err *e) MUST_CHECK;

#endif
