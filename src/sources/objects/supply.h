/*
 * supply.h - the objects of a bucket in the order of its listing, fetched
 * ahead: page by page, and of them as much as a few requests at once bring, so
 * that memory does not grow with the bucket.
 */
#ifndef COFFER_SOURCES_OBJECTS_SUPPLY_H
#define COFFER_SOURCES_OBJECTS_SUPPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/glob.h"

struct object;
struct s3_client;
struct supply;
struct tidings;
struct tree_base;
struct waker;
struct workers;

/* Strings are copied; client and tidings are borrowed for its life. */
struct supply_config {
	struct s3_client *client;
	struct tidings *tidings;
	const char *prefix;  /* what keys begin with, "" or NULL: all */
	struct globs wanted; /* of the scope; none: all */
	struct globs unwanted;
	const char
		*avoid; /* keys that begin so are those of the pool; or NULL */
	unsigned width; /* requests at once, from 1 on */
	bool is_strict; /* what cannot be read fails it */
	bool has_heirs; /* another backup may build upon this one */
	struct workers *workers; /* of base */
	struct tree_base *base;	 /* to build upon; referenced. Or NULL */
};

/* SUPPLY_MORE: there was much to look through, ask again. SUPPLY_WAIT: the
 * waker is woken when there is news. */
enum supply_news {
	SUPPLY_OBJECT,
	SUPPLY_MORE,
	SUPPLY_WAIT,
	SUPPLY_END,
	SUPPLY_FAIL,
};

/* No request yet. NULL: no memory. */
struct supply *supply_new(const struct supply_config *c) MUST_CHECK;

/* Whom to wake; before the first call of supply_look(). */
void supply_set_waker(struct supply *s, struct waker *w);

/*
 * Lets requests begin, and gives the first object that was not let go, once it
 * is known (OBJECT_KNOWN), broken while it was written (OBJECT_BROKEN), or
 * unchanged since the base (OBJECT_SAME). The
 * same again until supply_let_go(). SUPPLY_FAIL with *e filled:
 * "connection_failed", "access_denied", "object_unreadable" (strict),
 * "internal".
 */
enum supply_news supply_look(struct supply *s, struct object **out,
			     struct err *e);

/* The first one is done with. */
void supply_let_go(struct supply *s);

/* Whether tags could not be read for want of permission. */
bool supply_is_without_tags(const struct supply *s);

/* Ends all requests. NULL is fine. */
void supply_free(struct supply *s);

#endif
