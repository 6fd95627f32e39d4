/*
 * probe.c - proves a store before a pool is bound to it (rule 15).
 *
 * One small object goes through everything that backups will ask of the
 * store. The steps follow one another; each is a state with one call of the
 * store under way and the step's clock running. A step that fails ends the
 * probe, after the object has been removed if it was written.
 */
#include "probe_int.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "loop/loop.h"

enum {
	BODY_LEN = 4096,
	RANGE_OFFSET = 1000,
	RANGE_LENGTH = 100,
	KEY_LEN_MAX = 96,
};

#define PROBE_PREFIX "coffer/v1/probe/"

enum state {
	STATE_PUT,	 /* write it */
	STATE_GET,	 /* read it whole and compare */
	STATE_RANGE,	 /* read a range of it */
	STATE_LIST,	 /* is it listed? */
	STATE_PUT_AGAIN, /* write it exclusively: must be refused */
	STATE_REMOVE,	 /* delete it */
	STATE_GONE,	 /* read it: must not be there */
	STATE_CLEAN_UP,	 /* delete it after a failure, told or not */
	STATE_OVER,	 /* done() is being called */
	STATES,
};

static const char *const state_names[] = {
	[STATE_PUT] = "writing a test object",
	[STATE_GET] = "reading the test object",
	[STATE_RANGE] = "reading a range of the test object",
	[STATE_LIST] = "listing",
	[STATE_PUT_AGAIN] = "writing the test object a second time",
	[STATE_REMOVE] = "deleting the test object",
	[STATE_GONE] = "looking that the test object is gone",
	[STATE_CLEAN_UP] = "cleaning up",
	[STATE_OVER] = "over",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == STATES,
	      "a name for every state");

struct probe {
	struct store *st;
	probe_done_cb *done;
	void *arg;
	enum state state;
	struct store_op *op;
	struct event *timer; /* of the step */
	unsigned step_ms;
	int64_t began_ms; /* monotonic, of the step */
	bool is_written;
	char key[KEY_LEN_MAX];
	char body[BODY_LEN];
	char buf[BODY_LEN];
	struct store_capabilities caps;
	struct err e; /* the failure, while it is cleaned up */
};

static void set_state(struct probe *p, enum state to)
{
	log_debug("stores", "probe: %s -> %s", state_names[p->state],
		  state_names[to]);
	p->state = to;
}

static void probe_free(struct probe *p)
{
	if (p->timer != NULL)
		event_free(p->timer);
	free(p);
}

static void finish(struct probe *p)
{
	probe_done_cb *done = p->done;
	void *arg = p->arg;
	struct store_capabilities caps = p->caps;
	struct err e = p->e;

	caps.clock_skew_ms = p->st->ops->clock_skew_ms(p->st);
	set_state(p, STATE_OVER);
	probe_free(p);
	done(arg, err_is(&e) ? NULL : &caps, err_is(&e) ? &e : NULL);
}

static void enter(struct probe *p, enum state to);

/* Keeps the failure under the API's code, with the step in front. */
static void fail(struct probe *p, const struct err *why)
{
	if (p->state != STATE_CLEAN_UP) {
		err_set(&p->e, why->code, "pool_check_failed", "%s: %s",
			state_names[p->state], why->msg);
		if (p->is_written) {
			enter(p, STATE_CLEAN_UP);
			return;
		}
	}
	finish(p);
}

static void fail_with(struct probe *p, enum err_code code, const char *text)
{
	struct err why = {0};

	err_set(&why, code, "pool_check_failed", "%s", text);
	fail(p, &why);
}

/* The step's call is over: how long it took. */
static unsigned took_ms(struct probe *p)
{
	int64_t ms = clock_mono_ms() - p->began_ms;

	p->op = NULL;
	evtimer_del(p->timer);
	return ms > 0 ? (unsigned)ms : 0;
}

static void on_put(void *arg, const struct err *e)
{
	struct probe *p = arg;

	p->caps.put_ms = took_ms(p);
	if (e != NULL) {
		fail(p, e);
		return;
	}
	p->is_written = true;
	enter(p, STATE_GET);
}

static void on_get(void *arg, size_t got, const struct err *e)
{
	struct probe *p = arg;

	p->caps.get_ms = took_ms(p);
	if (e != NULL)
		fail(p, e);
	else if (got != BODY_LEN || memcmp(p->buf, p->body, BODY_LEN) != 0)
		fail_with(p, ERR_DAMAGED,
			  "the store gives back other bytes than were written");
	else
		enter(p, STATE_RANGE);
}

static void on_range(void *arg, size_t got, const struct err *e)
{
	struct probe *p = arg;

	(void)took_ms(p);
	if (e != NULL && e->code != ERR_REMOTE) {
		fail(p, e);
		return;
	}
	if (e == NULL && (got != RANGE_LENGTH ||
			  memcmp(p->buf, p->body + RANGE_OFFSET, got) != 0)) {
		fail_with(p, ERR_DAMAGED,
			  "the store gives another range than "
			  "it was asked for");
		return;
	}
	p->caps.ranged_get = e == NULL;
	enter(p, STATE_LIST);
}

static void on_listed(void *arg, const char *key, uint64_t size_bytes,
		      int64_t modified_ms)
{
	struct probe *p = arg;

	(void)modified_ms;
	if (strcmp(key, p->key) == 0 && size_bytes == BODY_LEN)
		p->caps.list_after_write = true;
}

static void on_list(void *arg, const struct err *e)
{
	struct probe *p = arg;

	p->caps.list_ms = took_ms(p);
	if (e != NULL)
		fail(p, e);
	else
		enter(p, STATE_PUT_AGAIN);
}

static void on_put_again(void *arg, const struct err *e)
{
	struct probe *p = arg;

	(void)took_ms(p);
	if (e != NULL && e->code != ERR_CONFLICT) {
		fail(p, e);
		return;
	}
	p->caps.conditional_put = e != NULL;
	enter(p, STATE_REMOVE);
}

static void on_remove(void *arg, const struct err *e)
{
	struct probe *p = arg;

	p->caps.delete_ms = took_ms(p);
	if (e != NULL)
		fail(p, e);
	else
		enter(p, STATE_GONE);
}

static void on_gone(void *arg, size_t got, const struct err *e)
{
	struct probe *p = arg;

	(void)got;
	(void)took_ms(p);
	if (e != NULL && e->code == ERR_NOT_FOUND) {
		p->is_written = false;
		finish(p);
	} else if (e != NULL) {
		fail(p, e);
	} else {
		fail_with(p, ERR_REMOTE,
			  "it is still there: the store does not delete");
	}
}

/* Whatever came of it: the failure before counts. */
static void on_cleaned_up(void *arg, const struct err *e)
{
	struct probe *p = arg;

	(void)took_ms(p);
	if (e != NULL)
		log_warn("stores", "probe: %s is left behind: %s", p->key,
			 e->msg);
	finish(p);
}

static struct store_op *put(struct probe *p, bool is_new, store_done_cb *done,
			    struct err *e)
{
	struct store_put in = {.key = p->key,
			       .bytes = p->body,
			       .len = BODY_LEN,
			       .is_new = is_new};

	return p->st->ops->put(p->st, &in, done, p, e);
}

static struct store_op *get(struct probe *p, bool is_range, store_get_cb *done,
			    struct err *e)
{
	struct store_get in = {.key = p->key, .buf = p->buf, .cap = BODY_LEN};

	if (is_range) {
		in.offset = RANGE_OFFSET;
		in.length = RANGE_LENGTH;
	}
	memset(p->buf, 0, sizeof(p->buf));
	return p->st->ops->get(p->st, &in, done, p, e);
}

static struct store_op *delete (struct probe *p, store_done_cb *done,
				struct err *e)
{
	const char *keys[] = {p->key};

	return p->st->ops->remove(p->st, keys, 1, done, p, e);
}

static struct store_op *start_call(struct probe *p, struct err *e)
{
	switch (p->state) {
	case STATE_PUT:
		return put(p, false, on_put, e);
	case STATE_GET:
		return get(p, false, on_get, e);
	case STATE_RANGE:
		return get(p, true, on_range, e);
	case STATE_LIST:
		return p->st->ops->list(p->st, PROBE_PREFIX, on_listed, on_list,
					p, e);
	case STATE_PUT_AGAIN:
		return put(p, true, on_put_again, e);
	case STATE_REMOVE:
		return delete (p, on_remove, e);
	case STATE_GONE:
		return get(p, false, on_gone, e);
	case STATE_CLEAN_UP:
		return delete (p, on_cleaned_up, e);
	case STATE_OVER:
	case STATES:
		break;
	}
	err_bug(e, "a probe in no state");
	return NULL;
}

static void start_clock(struct probe *p)
{
	struct timeval tv = {p->step_ms / 1000,
			     (suseconds_t)(p->step_ms % 1000) * 1000};

	p->began_ms = clock_mono_ms();
	evtimer_add(p->timer, &tv); /* cannot fail: loop_new() saw to it */
}

static void enter(struct probe *p, enum state to)
{
	struct err e = {0};

	set_state(p, to);
	p->op = start_call(p, &e);
	if (p->op == NULL)
		fail(p, &e);
	else
		start_clock(p);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct probe *p = arg;
	struct err why = {0};

	(void)fd;
	(void)what;
	/* The step may have done its work without telling. */
	if (p->state == STATE_PUT)
		p->is_written = true;
	store_cancel(p->st, p->op);
	p->op = NULL;
	err_set(&why, ERR_TIMEOUT, "pool_check_failed",
		"no answer within %u s; check the endpoint and what lies in "
		"between (firewall, proxy)",
		(p->step_ms + 999) / 1000);
	fail(p, &why);
}

/* Every byte value, so that nothing on the way may take it for text. */
static void fill_body(struct probe *p)
{
	for (size_t i = 0; i < BODY_LEN; i++)
		p->body[i] = (char)(i ^ i >> 8);
}

struct probe *probe_start(struct loop *l, struct store *st, probe_done_cb *done,
			  void *arg, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));
	char id[ID_MAX];

	if (p == NULL)
		goto nomem;
	p->st = st;
	p->done = done;
	p->arg = arg;
	p->step_ms = PROBE_STEP_MS;
	p->timer = evtimer_new(loop_base(l), on_timer, p);
	if (p->timer == NULL)
		goto nomem;
	id_new(id, "prb");
	(void)snprintf(p->key, sizeof(p->key), PROBE_PREFIX "%s", id);
	fill_body(p);
	set_state(p, STATE_PUT);
	p->op = start_call(p, e);
	if (p->op != NULL) {
		start_clock(p);
		return p;
	}
	probe_free(p);
	return NULL;

nomem:
	free(p);
	err_nomem(e, "a probe");
	return NULL;
}

void probe_cancel(struct probe *p)
{
	if (p == NULL)
		return;
	store_cancel(p->st, p->op);
	probe_free(p);
}

void probe_set_step_ms(struct probe *p, unsigned ms)
{
	p->step_ms = ms;
	start_clock(p);
}
