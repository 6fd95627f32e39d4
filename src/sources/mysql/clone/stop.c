/*
 * stop.c - who stays behind when a dump ends while the server clones: has the
 * session killed that runs the CLONE, looks until it is gone, and gives the
 * folder back then. On a connection of its own, for the dump's are closed.
 */
#include "sources/mysql/clone/clone_int.h"

#include <stdlib.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/op.h"

enum stop_state {
	STOP_CONNECT,
	STOP_LOOK,  /* whether it runs */
	STOP_KILL,  /* it does */
	STOP_PAUSE, /* for the server to notice */
	STOP_DONE,
	STOP_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "look", "kill", "pause", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == STOP_STATE_COUNT,
	       "one name per state");

enum {
	/* Of a tenth of a second; the hook waits for it then. */
	LOOKS_MAX = 300,
	MY_ERR_NO_SUCH_THREAD = 1094,
};

struct stop {
	struct my_op op; /* comes first */
	enum stop_state state;
	unsigned long session;
	unsigned looks;
	struct snapshot *folder;
};

static struct stop *stop_of(void *op)
{
	return op;
}

static void set_state(struct stop *s, enum stop_state next)
{
	log_debug("sources", "mysql clone stop: %s -> %s",
		  state_names[s->state], state_names[next]);
	s->state = next;
}

/* The number may be another session's by now, if the server was started
 * again. */
static bool ask_look(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_printf(sql,
		    "SELECT ID FROM information_schema.PROCESSLIST WHERE "
		    "ID = %lu AND INFO LIKE 'CLONE LOCAL %%'",
		    stop_of(arg)->session);
	return true;
}

static bool take_look(void *arg, struct my_conn *c, struct err *e)
{
	struct stop *s = stop_of(arg);

	(void)e;
	s->looks++;
	set_state(s, my_next_row(c) && s->looks < LOOKS_MAX ? STOP_KILL
							    : STOP_DONE);
	return true;
}

static bool ask_kill(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	text_printf(sql, "KILL %lu", stop_of(arg)->session);
	return true;
}

static bool take_kill(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(stop_of(arg), STOP_PAUSE);
	return true;
}

static bool no_kill(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)c;
	(void)e;
	set_state(stop_of(arg), STOP_PAUSE);
	return number == MY_ERR_NO_SUCH_THREAD;
}

static bool ask_pause(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "DO SLEEP(0.1)");
	return true;
}

static bool take_pause(void *arg, struct my_conn *c, struct err *e)
{
	(void)c;
	(void)e;
	set_state(stop_of(arg), STOP_LOOK);
	return true;
}

static const struct my_ask asks[STOP_STATE_COUNT] = {
	[STOP_LOOK] = {"look for the CLONE", ask_look, take_look, NULL},
	[STOP_KILL] = {"end the CLONE", ask_kill, take_kill, no_kill},
	[STOP_PAUSE] = {"wait for the CLONE's end", ask_pause, take_pause,
			NULL},
};

static enum my_flow stop_step(struct my_op *op, struct err *e)
{
	struct stop *s = stop_of(op);
	enum my_flow f = MY_DONE;

	while (f == MY_DONE && s->state != STOP_DONE) {
		if (s->state != STOP_CONNECT) {
			f = my_dialog_step(&op->dialog, &asks[s->state], e);
			continue;
		}
		f = my_dialog_connect(&op->dialog, e);
		if (f == MY_DONE)
			set_state(s, STOP_LOOK);
	}
	return f;
}

/* A server that cannot be reached may clone on: the hook sees that. */
static void stop_tell(struct my_op *op, const struct err *e)
{
	struct stop *s = stop_of(op);
	struct snapshot *folder = s->folder;

	if (err_is(e))
		log_warn("sources",
			 "a CLONE that nobody waits for may go on: "
			 "%s",
			 e->msg);
	s->folder = NULL;
	if (folder != NULL)
		snapshot_is_left(folder);
}

static void stop_free(struct my_op *op)
{
	my_op_fini(op);
	free(stop_of(op));
}

static const struct my_op_ops stop_ops = {
	.step = stop_step,
	.tell = stop_tell,
	.free = stop_free,
};

/* The keeper of snapshots ends. */
static void dismiss(void *writer)
{
	struct stop *s = writer;

	s->op.base.cancel(&s->op.base);
}

void my_clone_stop(struct my_snap *d)
{
	struct stop *s = calloc(1, sizeof(*s));
	struct err e = {0};

	if (s == NULL)
		goto at_once;
	s->session = d->clone->session;
	if (!my_op_init(&s->op, &stop_ops, d->env, &d->clone->address.view,
			&e)) {
		stop_free(&s->op);
		goto at_once;
	}
	s->folder = d->hooked.snapshot;
	snapshot_let_go_after(d->hooked.snapshot, dismiss, s);
	d->hooked.snapshot = NULL;
	return;
at_once:
	snapshot_let_go(d->hooked.snapshot);
	d->hooked.snapshot = NULL;
}
