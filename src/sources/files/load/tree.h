/*
 * tree.h - the folder that a restore goes into, and what works on it: on a
 * worker thread, one task at a time. Counted, since a task outlives its load
 * when it is canceled in the middle.
 */
#ifndef COFFER_SOURCES_FILES_LOAD_TREE_H
#define COFFER_SOURCES_FILES_LOAD_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "loop/workers.h"
#include "sources/files/load/lay.h"

struct load_config;
struct tree_task;

struct tree {
	unsigned refs; /* of the loop alone */
	char *beneath; /* see load_config; or NULL */
	char *path;
	bool is_overwrite;
	bool is_confirmed; /* the path is named in confirm */
	struct lay_rename *renames;
	size_t nrenames;

	/* a task's own */
	int root; /* the folder, open for reading; -1: not yet */
	struct lay *lay;
	struct untar *untar;
};

/* Copies what it needs; one reference is the caller's. NULL with *e. */
struct tree *tree_new(const struct load_config *c, struct err *e) MUST_CHECK;

/* One reference less; the last one closes and frees. NULL is fine. */
void tree_unref(struct tree *t);

/* Whether a task holds it, also one that was dropped while a worker has it. Of
 * a tree with one other reference. */
bool tree_has_tasks(const struct tree *t);

/* Whether errno tells of memory or descriptors, with *e filled: that is the
 * server's, and says nothing of what lies at the path. */
bool tree_is_scarce(const char *path, struct err *e);

/* The name that the path is laid under. */
const char *tree_renamed(const struct tree *t, const char *path);

/*
 * Opens the folder: what is missing of its path is made with make, else it is
 * ERR_NOT_FOUND. Returns a file descriptor, -1 with *e filled. On a worker.
 */
int tree_open(const struct tree *t, bool make, struct err *e) MUST_CHECK;

/* Whether there is nothing in the folder. False with *e as well: it cannot be
 * read. On a worker. */
bool tree_is_empty(int fd, struct err *e) MUST_CHECK;

/* tree_open(), and what lays members into it; once. False with *e, also
 * when something came into a folder that has to be empty. On a worker. */
bool tree_prepare(struct tree *t, struct err *e) MUST_CHECK;

/* One piece of work on the tree, the head of a struct that calloc() made. */
struct tree_task_ops {
	void (*run)(struct tree_task *k);  /* on a worker; fills k->err */
	void (*done)(struct tree_task *k); /* on the loop; k is still there */
	void (*fini)(struct tree_task *k); /* frees what it holds; or NULL */
};

struct tree_task {
	struct work work; /* first */
	const struct tree_task_ops *ops;
	struct tree *tree; /* a reference */
	bool is_out;	   /* submitted, and not done yet */
	struct err err;
};

/* Fills the head; tree_task_drop() ends it. */
void tree_task_init(struct tree_task *k, const struct tree_task_ops *ops,
		    struct tree *t);

void tree_task_submit(struct tree_task *k, struct workers *ws);

/* Frees it, when its work is over at the latest; done() does not run. NULL is
 * fine. */
void tree_task_drop(struct tree_task *k);

#endif
