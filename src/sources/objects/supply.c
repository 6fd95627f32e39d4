/* supply.c - see supply.h. */
#include "sources/objects/supply.h"

#include <stdlib.h>
#include <string.h>

#include "pipeline/pipeline.h"
#include "s3/pages.h"
#include "sources/objects/bucket.h"
#include "sources/objects/object.h"
#include "sources/objects/past.h"
#include "sources/patterns.h"
#include "sources/tidings.h"

enum {
	QUEUE_MAX = PAST_ASKED_MAX, /* objects that are fetched ahead */
	LOOKS_MAX = 200,	    /* entries that are looked at in a turn */
	KEY_MAX_BYTES = 1024,
};

struct supply {
	struct fetcher fetcher;
	char *prefix, *avoid;
	struct patterns wanted, unwanted;
	unsigned width;
	struct s3_pages *pages;
	const struct s3_page *page; /* NULL: none is there */
	size_t at;		    /* in it */
	bool is_listing;	    /* a page is under way */
	bool is_listed;		    /* there is none to come */
	struct past *past;	    /* NULL: there is no base */
	TAILQ_HEAD(, object) objects;
	unsigned nobjects;
};

/* --- its life */

static bool fill(struct supply *s, const struct supply_config *c)
{
	s->fetcher.client = c->client;
	s->fetcher.tidings = c->tidings;
	s->fetcher.is_strict = c->is_strict;
	s->fetcher.has_heirs = c->has_heirs;
	s->fetcher.has_past = c->base != NULL;
	if (c->base != NULL)
		s->past = past_new(c->workers, c->base);
	s->width = c->width > 0 ? c->width : 1;
	s->prefix = strdup(c->prefix != NULL ? c->prefix : "");
	s->avoid = c->avoid != NULL ? strdup(c->avoid) : NULL;
	if (s->prefix == NULL || (c->avoid != NULL && s->avoid == NULL) ||
	    (c->base != NULL && s->past == NULL) ||
	    !patterns_copy(&s->wanted, &c->wanted) ||
	    !patterns_copy(&s->unwanted, &c->unwanted))
		return false;
	s->pages = s3_pages_new(c->client, s->prefix);
	return s->pages != NULL;
}

struct supply *supply_new(const struct supply_config *c)
{
	struct supply *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	TAILQ_INIT(&s->objects);
	if (fill(s, c))
		return s;
	supply_free(s);
	return NULL;
}

void supply_set_waker(struct supply *s, struct waker *w)
{
	s->fetcher.waker = w;
}

bool supply_is_without_tags(const struct supply *s)
{
	return s->fetcher.tags == TAGS_DENIED;
}

void supply_let_go(struct supply *s)
{
	struct object *o = TAILQ_FIRST(&s->objects);

	TAILQ_REMOVE(&s->objects, o, entry);
	s->nobjects--;
	object_free(o);
}

void supply_free(struct supply *s)
{
	if (s == NULL)
		return;
	while (!TAILQ_EMPTY(&s->objects))
		supply_let_go(s);
	s3_pages_free(s->pages);
	past_free(s->past);
	patterns_fini(&s->wanted);
	patterns_fini(&s->unwanted);
	free(s->prefix);
	free(s->avoid);
	free(s);
}

/* --- the listing */

static void on_page(void *arg, const struct s3_page *page, const struct err *e)
{
	struct supply *s = arg;

	s->is_listing = false;
	s->page = page;
	s->at = 0;
	if (e != NULL && !err_is(&s->fetcher.err)) {
		s->fetcher.err = *e;
		bucket_judge(&s->fetcher.err);
	}
	wake(s->fetcher.waker);
}

/* Asks for the page behind the one that was gone through. */
static void list_on(struct supply *s)
{
	bool is_first = s->page == NULL;

	if (s->is_listing || s->is_listed)
		return;
	if (!is_first && s->at < s->page->n)
		return;
	if (!is_first && !s->page->is_truncated) {
		s->is_listed = true;
		return;
	}
	s->is_listing = s3_pages_next(s->pages, 0, on_page, s, &s->fetcher.err);
}

/*
 * A key as patterns of paths take it: those that begin or end with a slash have
 * none there, and one that ends so is a folder's, as consoles make them.
 */
static bool fits(const struct patterns *p, const char *key)
{
	const struct globs g = patterns_globs(p);
	char path[KEY_MAX_BYTES + 1];
	size_t len;

	if (g.n == 0)
		return false;
	while (*key == '/')
		key++;
	len = strlen(key);
	if (len > KEY_MAX_BYTES)
		return false;
	memcpy(path, key, len + 1);
	while (len > 0 && path[len - 1] == '/')
		path[--len] = '\0';
	return globs_fit(&g, path, key[len] == '/');
}

static bool is_wanted(struct supply *s, const char *key)
{
	if (s->avoid != NULL && strncmp(key, s->avoid, strlen(s->avoid)) == 0) {
		tidings_add(s->fetcher.tidings, TIDING_OBJECT_AVOIDED, key,
			    NULL);
		return false;
	}
	return (s->wanted.n == 0 || fits(&s->wanted, key)) &&
	       !fits(&s->unwanted, key);
}

static void take_entry(struct supply *s, const struct s3_entry *entry)
{
	struct object *o;

	if (!is_wanted(s, s->page->keys.data + entry->key_at))
		return;
	o = object_new(&s->fetcher, s->page, entry);
	if (o == NULL) {
		(void)err_nomem(&s->fetcher.err, "an object");
		return;
	}
	TAILQ_INSERT_TAIL(&s->objects, o, entry);
	s->nobjects++;
}

/* Fills the queue. True: there is more to look through at once. */
static bool queue_up(struct supply *s)
{
	unsigned looks = 0;

	list_on(s);
	while (!s->is_listing && s->page != NULL && s->at < s->page->n &&
	       s->nobjects < QUEUE_MAX && looks++ < LOOKS_MAX)
		take_entry(s, &s->page->entries[s->at++]);
	list_on(s);
	return !s->is_listing && !s->is_listed && s->nobjects < QUEUE_MAX;
}

/* --- what is unchanged */

static void on_compared(void *arg, const struct err *e)
{
	struct supply *s = arg;
	struct object *o;

	if (e != NULL && !err_is(&s->fetcher.err))
		s->fetcher.err = *e;
	TAILQ_FOREACH (o, &s->objects, entry) {
		if (o->state == OBJECT_COMPARED)
			object_answer(o, past_take(s->past));
	}
	if (past_has_failed(s->past))
		tidings_say(s->fetcher.tidings,
			    "the index of the backup before could not be read "
			    "to its end: what was not found in it is stored "
			    "again");
	wake(s->fetcher.waker);
}

static bool ask_of(struct supply *s, struct object *o)
{
	const struct past_object listed = {
		.key = o->key,
		.etag = o->facts.etag,
		.size = o->facts.size,
		.modified_ms = o->facts.modified_ms,
	};

	if (!past_add(s->past, &listed))
		return err_nomem(&s->fetcher.err, "an object");
	o->state = OBJECT_COMPARED;
	return true;
}

/* Asks the base of all that were listed since it was asked last. */
static void compare(struct supply *s)
{
	struct object *o;
	unsigned n = 0;

	if (s->past == NULL || past_is_busy(s->past))
		return;
	TAILQ_FOREACH (o, &s->objects, entry) {
		if (o->state != OBJECT_LISTED)
			continue;
		if (!ask_of(s, o))
			return;
		n++;
	}
	if (n > 0)
		past_ask(s->past, on_compared, s);
}

/* --- the objects */

/* The first one may always have a piece, else others could keep it waiting for
 * ever. */
static bool has_room(const struct supply *s, const struct object *o)
{
	return s->fetcher.held_bytes + OBJECT_PIECE_BYTES <=
		       (uint64_t)s->width * OBJECT_PIECE_BYTES ||
	       (o == TAILQ_FIRST(&s->objects) && TAILQ_EMPTY(&o->pieces));
}

/* In order, and never past one that is not asked for in full: a large object
 * gets all the requests. */
static void begin_requests(struct supply *s)
{
	struct object *o;

	TAILQ_FOREACH (o, &s->objects, entry) {
		while (s->fetcher.nrunning < s->width &&
		       object_step(o, has_room(s, o)))
			;
		if (!object_is_asked(o))
			return;
	}
}

static void drop_lost(struct supply *s)
{
	struct object *o;

	while ((o = TAILQ_FIRST(&s->objects)) != NULL &&
	       o->state == OBJECT_LOST)
		supply_let_go(s);
}

enum supply_news supply_look(struct supply *s, struct object **out,
			     struct err *e)
{
	struct object *first;
	bool has_more;

	drop_lost(s);
	has_more = queue_up(s);
	compare(s);
	begin_requests(s);
	if (err_is(&s->fetcher.err)) {
		*e = s->fetcher.err;
		return SUPPLY_FAIL;
	}
	first = TAILQ_FIRST(&s->objects);
	if (first == NULL && s->is_listed)
		return SUPPLY_END;
	*out = first;
	if (first != NULL &&
	    (first->state == OBJECT_KNOWN || first->state == OBJECT_BROKEN ||
	     first->state == OBJECT_SAME))
		return SUPPLY_OBJECT;
	return has_more || (first != NULL && first->state == OBJECT_LOST)
		       ? SUPPLY_MORE
		       : SUPPLY_WAIT;
}
