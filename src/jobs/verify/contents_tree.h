/*
 * contents_tree.h - the text of GET /contents of a tree: the members of one
 * folder, a page of them, made line by line of the index. Paths are as people
 * read them: what is no UTF-8 in them is U+FFFD. Of a bucket, which has no
 * folders: the objects whose keys begin with what is asked for.
 */
#ifndef COFFER_JOBS_CONTENTS_TREE_H
#define COFFER_JOBS_CONTENTS_TREE_H

#include "base/text.h"
#include "jobs/checks.h"
#include "manifest/index.h"

/* Zero it to begin with. */
struct contents_tree {
	struct text folder, after; /* of the query; "" : none */
	struct text prefix;	   /* the folder as it was written */
	unsigned limit, n;
	bool is_past; /* the one that the page comes after, or there is none */
	bool has_more;
	struct text items; /* JSON, without brackets */
	struct text last;  /* path of the last one in there */
};

/* Copies the query. False with *e filled: no memory. */
bool contents_tree_init(struct contents_tree *t, const struct contents_query *q,
			struct err *e) MUST_CHECK;

/* A line of the index; lines of other folders are passed over. */
bool contents_tree_add(struct contents_tree *t, const struct index_line *l,
		       struct err *e) MUST_CHECK;

/* {"items":[...],"next":...}. Caller frees; NULL with *e filled. */
char *contents_tree_take(struct contents_tree *t, struct err *e) MUST_CHECK;

/* Frees what it holds. */
void contents_tree_fini(struct contents_tree *t);

#endif
