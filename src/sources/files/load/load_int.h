/* load_int.h - one restore of files into one folder. */
#ifndef COFFER_SOURCES_FILES_LOAD_INT_H
#define COFFER_SOURCES_FILES_LOAD_INT_H

#include "sources/files/load/tree.h"
#include "sources/load.h"

struct files_load {
	struct load base; /* comes first */
	const struct source_env *env;
	struct tree *tree;
	uint64_t plain_bytes;
	struct load_facts facts;
	struct notes notes; /* facts.notes are its list */
};

/* After a task: what the tree's lay counted, for facts. */
void files_load_count(struct files_load *l);

/* See load_ops. */
struct source_op *files_load_check(struct load *base, load_check_cb *done,
				   void *arg, struct err *e);
struct sink *files_load_sink(struct load *l, enum item_kind section,
			     struct err *e);
struct source_op *files_load_verify(struct load *base, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e);

#endif
