/*
 * contents_list.h - the text of GET /contents, made line by line of the index.
 * It grows as text, some 120 bytes a table: 500,000 tables as a tree of JSON
 * values would be half a gigabyte.
 */
#ifndef COFFER_JOBS_CONTENTS_LIST_H
#define COFFER_JOBS_CONTENTS_LIST_H

#include <jansson.h>

#include "base/text.h"
#include "manifest/index.h"

struct contents_database {
	struct text name, tables, objects; /* JSON; lists without brackets */
	bool has_keys;			   /* of Redis; then these count */
	uint64_t keys, bytes;
	struct digest digest;
};

/* Zero it to begin with. */
struct contents_list {
	struct contents_database *list; /* in the order of the index */
	size_t n, cap;
	json_t *numbers; /* name -> place in the list */
};

/* Tables are told by their rows, all else by its definition. */
bool contents_add(struct contents_list *c, const struct index_line *l,
		  struct err *e) MUST_CHECK;

/* The array of databases; what it is made of is freed on the way. Caller
 * frees; NULL with *e filled. */
char *contents_take(struct contents_list *c, struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void contents_fini(struct contents_list *c);

#endif
