/*
 * past.c - see past.h. All that a worker needs is in the one object, which is
 * the worker's while an asking is under way.
 */
#include "sources/objects/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "loop/workers.h"
#include "sources/object_facts.h"
#include "sources/objects/heads.h"
#include "sources/tree_base.h"

struct question {
	char *key, *etag;
	uint64_t size;
	int64_t modified_ms;
	char *line; /* the answer */
};

struct past {
	struct work work; /* comes first */
	struct workers *workers;
	struct tree_base *base;
	struct tree_base_item item;
	bool has_item; /* told last, and not passed yet */
	bool is_over;
	struct text last; /* the greatest key told */
	struct question asked[PAST_ASKED_MAX];
	size_t nasked, ntaken;
	struct err failed; /* why the base ended early; or nothing */
	struct err err;	   /* why the asking came to nothing */
	bool is_running, is_told;
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

static struct past *past_of(struct work *w)
{
	return (struct past *)(void *)w;
}

struct past *past_new(struct workers *w, struct tree_base *base)
{
	struct past *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->workers = w;
	p->base = tree_base_ref(base);
	return p;
}

static void question_fini(struct question *q)
{
	free(q->key);
	free(q->etag);
	free(q->line);
	*q = (struct question){0};
}

static void destroy(struct past *p)
{
	for (size_t i = 0; i < p->nasked; i++)
		question_fini(&p->asked[i]);
	tree_base_unref(p->base);
	text_free(&p->last);
	free(p);
}

static void dispose(struct work *w)
{
	destroy(past_of(w));
}

void past_free(struct past *p)
{
	if (p == NULL)
		return;
	if (p->is_running)
		work_abandon(&p->work, dispose);
	else
		destroy(p);
}

/* --- on a worker */

/* False: this one is out of order. */
static bool take_item(struct past *p)
{
	if (p->last.data != NULL && strcmp(p->item.path, p->last.data) <= 0)
		return false;
	text_reset(&p->last);
	text_str(&p->last, p->item.path);
	return !p->last.is_broken;
}

static void advance(struct past *p)
{
	int got = p->base->ops->next(p->base, &p->item, &p->failed);

	p->is_over = got <= 0;
	p->has_item = got > 0 && take_item(p);
}

/* strcmp() compares as unsigned bytes, which is the order of UTF-8. */
static bool find(struct past *p, const char *key)
{
	while (!p->is_over && (!p->has_item || strcmp(p->item.path, key) < 0))
		advance(p);
	return p->has_item && strcmp(p->item.path, key) == 0;
}

/* What the base has is not what the object was, or not surely. */
static bool is_flawed(const struct object_facts *f)
{
	return f->is_changed || f->is_unreadable || f->is_recent ||
	       f->are_tags_unread || f->is_metadata_partial;
}

static bool is_same(const struct question *q, const struct object_facts *then)
{
	return q->etag != NULL && then->etag != NULL &&
	       heads_is_strong(q->etag) && heads_is_strong(then->etag) &&
	       heads_is_same_etag(q->etag, then->etag) &&
	       q->size == then->size && q->modified_ms > 0 &&
	       q->modified_ms == then->modified_ms;
}

static bool is_unchanged(struct past *p, const struct question *q)
{
	struct object_facts then;
	struct err e = {0};
	bool is;

	if (!find(p, q->key) || strcmp(p->item.type, "object") != 0 ||
	    p->item.is_sparse || !object_facts_parse(&then, p->item.facts, &e))
		return false;
	is = !is_flawed(&then) && is_same(q, &then);
	object_facts_fini(&then);
	return is;
}

static void answer(struct past *p, struct question *q)
{
	if (!is_unchanged(p, q))
		return;
	q->line = p->base->ops->carry(p->base, NULL, &p->err);
	/* One that is listed twice is not carried over twice. */
	p->has_item = false;
}

static void run(struct work *w)
{
	struct past *p = past_of(w);

	for (size_t i = 0; i < p->nasked && !err_is(&p->err); i++)
		answer(p, &p->asked[i]);
}

/* --- on the loop */

bool past_add(struct past *p, const struct past_object *o)
{
	struct question *q = &p->asked[p->nasked];

	if (p->nasked == PAST_ASKED_MAX)
		return false;
	q->key = strdup(o->key);
	q->etag = o->etag != NULL ? strdup(o->etag) : NULL;
	q->size = o->size;
	q->modified_ms = o->modified_ms;
	if (q->key == NULL || (o->etag != NULL && q->etag == NULL)) {
		question_fini(q);
		return false;
	}
	p->nasked++;
	return true;
}

bool past_is_busy(const struct past *p)
{
	return p->is_running;
}

static void ran(struct work *w)
{
	struct past *p = past_of(w);

	p->is_running = false;
	p->done(p->arg, err_is(&p->err) ? &p->err : NULL);
}

void past_ask(struct past *p, void (*done)(void *arg, const struct err *e),
	      void *arg)
{
	p->done = done;
	p->arg = arg;
	p->is_running = true;
	p->work = (struct work){.run = run, .done = ran};
	workers_submit(p->workers, &p->work);
}

char *past_take(struct past *p)
{
	struct question *q = &p->asked[p->ntaken++];
	char *line = q->line;

	q->line = NULL;
	question_fini(q);
	if (p->ntaken == p->nasked)
		p->ntaken = p->nasked = 0;
	return line;
}

bool past_has_failed(struct past *p)
{
	bool is_news = err_is(&p->failed) && !p->is_told;

	p->is_told = p->is_told || is_news;
	return is_news;
}
