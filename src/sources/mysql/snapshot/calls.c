/*
 * calls.c - the phases that wait for a hook and for nothing else: "probe",
 * "open" and "check".
 */
#include <stdlib.h>

#include "sources/mysql/snapshot/snap_int.h"

struct call {
	struct source source; /* comes first */
	struct my_snap *dump;
	bool is_begun;
	bool (*begin)(struct my_snap *d, struct err *e);
	/* Whether the phase can bear the failure. NULL: it cannot. */
	bool (*failed)(struct my_snap *d, const struct err *e);
};

static struct call *call_of(struct source *source)
{
	return (struct call *)(void *)source;
}

void my_snap_await(struct my_snap *d, struct waker *w)
{
	d->waiter = w;
	d->is_answered = false;
	err_clear(&d->answer);
}

void my_snap_answered(void *arg, const struct err *e)
{
	struct my_snap *d = arg;

	d->is_answered = true;
	if (e != NULL)
		d->answer = *e;
	if (d->waiter != NULL)
		wake(d->waiter);
}

/* Of a clone the hook's snapshot is a folder, and a missing one is a check of
 * the source's that has failed. */
void my_snap_explain(const struct my_snap *d, struct err *e)
{
	const struct err *a = &d->answer;

	if (d->clone == NULL || a->code == ERR_NOMEM || a->code == ERR_BUG)
		*e = *a;
	else
		(void)err_set(e, a->code, "source_check_failed",
			      "the server cannot be cloned: %s", a->msg);
}

static enum flow call_read(struct source *source, struct link *out,
			   struct err *e)
{
	struct call *c = call_of(source);
	struct my_snap *d = c->dump;

	(void)out;
	if (!c->is_begun) {
		c->is_begun = true;
		my_snap_await(d, &source->waker);
		return c->begin(d, e) ? FLOW_WAIT : FLOW_FAIL;
	}
	if (!d->is_answered)
		return FLOW_WAIT;
	if (!err_is(&d->answer) ||
	    (c->failed != NULL && c->failed(d, &d->answer)))
		return FLOW_END;
	my_snap_explain(d, e);
	return FLOW_FAIL;
}

static void call_destroy(struct source *source)
{
	my_snap_await(call_of(source)->dump, NULL);
	free(source);
}

static const struct source_ops call_ops = {
	.name = "mysql snapshot hook",
	.read = call_read,
	.destroy = call_destroy,
};

static struct source *
call_new(struct my_snap *d, bool (*begin)(struct my_snap *d, struct err *e),
	 bool (*failed)(struct my_snap *d, const struct err *e), struct err *e)
{
	struct call *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a phase of a dump");
		return NULL;
	}
	c->source.ops = &call_ops;
	c->dump = d;
	c->begin = begin;
	c->failed = failed;
	return &c->source;
}

/* ---- the hook that can; what an earlier try has left goes first, for a hook
 * that is asked again for the same id gives what it has */

static void on_line(void *arg, const char *text)
{
	const struct my_snap *d = arg;

	if (d->line != NULL)
		d->line(d->line_arg, text);
}

static void on_chosen(void *arg, const char *hook, const struct err *e)
{
	struct my_snap *d = arg;
	struct err mine = {0};

	d->choice = NULL;
	if (hook == NULL) {
		my_snap_answered(d, e);
		return;
	}
	d->snapshot = snapshot_new(d->env->snapshots, hook, d->backup_id,
				   on_line, d, &mine);
	if (d->snapshot == NULL ||
	    !snapshot_release(d->snapshot, my_snap_answered, &mine))
		my_snap_answered(d, &mine);
}

static bool begin_probe(struct my_snap *d, struct err *e)
{
	if (d->clone != NULL)
		d->choice = hook_choose_scratch(d->env->helper, d->datadir,
						on_chosen, d, e);
	else
		d->choice = hook_choose(d->env->helper, d->datadir, d->hook,
					on_chosen, d, e);
	return d->choice != NULL;
}

struct source *my_snap_probe_new(struct my_snap *d, struct err *e)
{
	return call_new(d, begin_probe, NULL, e);
}

/* ---- what it holds can be read */

static bool begin_open(struct my_snap *d, struct err *e)
{
	return snapshot_open(d->snapshot, my_snap_answered, e);
}

struct source *my_snap_open_new(struct my_snap *d, struct err *e)
{
	return call_new(d, begin_open, NULL, e);
}

/* ---- it is not needed any more */

static bool begin_release(struct my_snap *d, struct err *e)
{
	return snapshot_release(d->snapshot, my_snap_answered, e);
}

/* The data is there; the keeper goes on trying. */
static bool not_released(struct my_snap *d, const struct err *e)
{
	my_snap_warn(d, "snapshot_not_released",
		     "the %s is still there, and is tried again to be "
		     "released: %.250s",
		     d->clone != NULL ? "clone" : "snapshot", e->msg);
	return true;
}

struct source *my_snap_release_new(struct my_snap *d, struct err *e)
{
	return call_new(d, begin_release, not_released, e);
}
