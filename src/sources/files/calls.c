/* calls.c - the phases that wait for a hook and for nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "sources/files/dump_int.h"

enum { MS = 1000 };

struct call {
	struct source source; /* comes first */
	struct files_dump *dump;
	bool is_begun;
	bool (*begin)(struct files_dump *d, struct err *e);
	/* What the phase makes of the answer; it may forgive a failure, which
	 * it clears. NULL: nothing. */
	bool (*over)(struct files_dump *d, struct err *e);
};

static struct call *call_of(struct source *source)
{
	return (struct call *)(void *)source;
}

static void await(struct files_dump *d, struct waker *w)
{
	d->waiter = w;
	d->is_answered = false;
	err_clear(&d->answer);
}

static void answered(void *arg, const struct err *e)
{
	struct files_dump *d = arg;

	d->is_answered = true;
	if (e != NULL)
		d->answer = *e;
	if (d->waiter != NULL)
		wake(d->waiter);
}

static enum flow call_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct call *c = call_of(source);
	struct files_dump *d = c->dump;

	(void)out;
	if (!c->is_begun) {
		c->is_begun = true;
		await(d, &source->waker);
		return c->begin(d, e) ? FLOW_WAIT : FLOW_FAIL;
	}
	if (!d->is_answered)
		return FLOW_WAIT;
	if (c->over != NULL)
		return c->over(d, e) ? FLOW_END : FLOW_FAIL;
	if (!err_is(&d->answer))
		return FLOW_END;
	*e = d->answer;
	return FLOW_FAIL;
}

static void call_destroy(struct source *source)
{
	await(call_of(source)->dump, NULL);
	free(source);
}

static const struct source_ops call_ops = {
	.name = "files snapshot hook",
	.read = call_read,
	.destroy = call_destroy,
};

static struct source *
call_new(struct files_dump *d,
	 bool (*begin)(struct files_dump *d, struct err *e),
	 bool (*over)(struct files_dump *d, struct err *e), struct err *e)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	c->source.ops = &call_ops;
	c->dump = d;
	c->begin = begin;
	c->over = over;
	return &c->source;
}

/* ---- the hook that can; what an earlier try has left goes first */

static void on_line(void *arg, const char *text)
{
	const struct files_dump *d = arg;

	if (d->line != NULL)
		d->line(d->line_arg, text);
}

static void on_chosen(void *arg, const char *hook, const struct err *e)
{
	struct files_dump *d = arg;
	struct err mine = {0};

	d->choice = NULL;
	if (hook == NULL) {
		answered(d, e);
		return;
	}
	d->snapshot = snapshot_new(d->env->snapshots, hook, d->backup_id,
				   on_line, d, &mine);
	if (d->snapshot == NULL ||
	    !snapshot_release(d->snapshot, answered, &mine))
		answered(d, &mine);
}

static bool begin_probe(struct files_dump *d, struct err *e)
{
	d->choice =
		hook_choose(d->env->helper, d->path, d->hook, on_chosen, d, e);
	return d->choice != NULL;
}

struct source *files_probe_hook_new(struct files_dump *d, struct err *e)
{
	return call_new(d, begin_probe, NULL, e);
}

/* ---- it is taken, and can be read */

static bool begin_create(struct files_dump *d, struct err *e)
{
	return snapshot_create(d->snapshot, d->path, d->hold_seconds * MS,
			       answered, e);
}

/* What the manifest keeps. */
static bool note_hook(struct files_dump *d, struct err *e)
{
	json_t *o;

	if (err_is(&d->answer)) {
		*e = d->answer;
		return false;
	}
	o = json_pack("{s:s}", "hook", snapshot_hook(d->snapshot));
	free(d->facts.physical_json);
	d->facts.physical_json = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;
	json_decref(o);
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	return d->facts.physical_json != NULL ||
	       err_nomem(e, "what is known of a snapshot");
}

struct source *files_create_new(struct files_dump *d, struct err *e)
{
	return call_new(d, begin_create, note_hook, e);
}

static bool begin_open(struct files_dump *d, struct err *e)
{
	return snapshot_open(d->snapshot, answered, e);
}

struct source *files_open_new(struct files_dump *d, struct err *e)
{
	return call_new(d, begin_open, NULL, e);
}

/* ---- it is not needed any more */

static bool begin_release(struct files_dump *d, struct err *e)
{
	return snapshot_release(d->snapshot, answered, e);
}

/* The data is there; the keeper goes on trying. */
static bool released(struct files_dump *d, struct err *e)
{
	struct source_warning *w = &d->facts.warnings[d->facts.nwarnings];

	(void)e;
	if (!err_is(&d->answer) || d->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return true;
	d->facts.nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), "snapshot_not_released");
	(void)snprintf(w->detail, sizeof(w->detail),
		       "the snapshot is still there, and is tried again to be "
		       "released: %.250s",
		       d->answer.msg);
	return true;
}

struct source *files_release_new(struct files_dump *d, struct err *e)
{
	return call_new(d, begin_release, released, e);
}
