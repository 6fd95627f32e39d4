/* refs.h - things that a body names by id or name, looked up. */
#ifndef COFFER_HTTP_REFS_H
#define COFFER_HTTP_REFS_H

#include <stddef.h>

#include "base/id.h"
#include "http/fields.h"
#include "http/request_int.h"

enum { REF_REGION_MAX = 4 * LABEL_MAX_POINTS + 1 };

enum ref_kind { REF_SOURCE, REF_POOL, REF_BACKUP };

struct ref {
	const char *where; /* the pointer of the member */
	enum ref_kind kind;
	const char *key; /* borrowed from the body */
	/* found */
	char id[ID_MAX];
	char name[NAME_BUF];
	char engine[16], region[REF_REGION_MAX]; /* of a source */
};

enum { REFS_MAX = 2 };

/* Part of the state of a handler that uses it. */
struct refs {
	struct ref list[REFS_MAX];
	size_t n, next;
	/* Looks at the request once more, with what was found (id is "" where
	 * nothing was), and notes faults; NULL: nobody does. */
	void (*check)(struct request *r);
	void (*done)(struct request *r);
};

/* Notes one to look up; key NULL (a fault already): nothing. */
void refs_add(struct refs *refs, enum ref_kind kind, const char *where,
	      const char *key);

/* One that was noted; NULL if there is none of that kind. */
const struct ref *refs_get(const struct refs *refs, enum ref_kind kind,
			   const char *where);

/* The engine of the source that was noted; NULL: it was not, or not found. */
const char *refs_engine(const struct refs *refs, const char *where);

/* The id of one that was found; "" if there is none of that kind. */
const char *refs_id(const struct refs *refs, enum ref_kind kind,
		    const char *where);

/*
 * Looks them up, one after the other, then calls refs->done, which may be at
 * once; or answers with what is not there ("not_found", all of it). refs is
 * the first member of the request's state.
 */
void refs_find(struct request *r);

#endif
