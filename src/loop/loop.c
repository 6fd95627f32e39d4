/* loop.c - libevent's base, made so that its timers cannot fail later. */
#include "loop_int.h"

#include <malloc.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/thread.h>

#include "base/log.h"

enum { MMAP_THRESHOLD_BYTES = 256 * 1024, ARENAS_MAX = 32 };

static const int caught[LOOP_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

/*
 * Frames are malloc()ed on one thread and freed on another. glibc raises its
 * mmap threshold to the largest block it saw freed, so that megabytes of free
 * frames would stay resident after a job. With the threshold fixed, every frame
 * goes back to the system when it is freed. And each thread gets an arena of
 * its own: the loop would wait for one that it shares with a thread of lower
 * priority while that one is not on a core. An allocator put in glibc's place
 * answers 0, which does no harm.
 */
static void keep_heap_small(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES);
	(void)mallopt(M_ARENA_MAX, ARENAS_MAX);
}

static bool ignore_sigpipe(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	return sigaction(SIGPIPE, &ignore, NULL) == 0;
}

static void never(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/*
 * Starting a timer may need memory only when libevent's heap of timers grows,
 * and that heap never shrinks. So it is grown once, here, where a failure can
 * still be told.
 */
static bool reserve_timers(struct event_base *base)
{
	static const struct timeval later = {3600, 0};
	struct event *ev = calloc(LOOP_TIMERS, sizeof(*ev));
	bool ok = ev != NULL;
	size_t n = 0;

	while (ok && n < LOOP_TIMERS) {
		ok = evtimer_assign(&ev[n], base, never, NULL) == 0 &&
		     evtimer_add(&ev[n], &later) == 0;
		n += ok;
	}
	while (n > 0)
		(void)evtimer_del(&ev[--n]);
	free(ev);
	return ok;
}

struct loop *loop_new(struct err *e)
{
	struct loop *l;

	keep_heap_small();
	if (!ignore_sigpipe() || evthread_use_pthreads() != 0) {
		(void)err_bug(e, "cannot set up signals and threads");
		return NULL;
	}
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		goto nomem;
	l->base = event_base_new();
	if (l->base == NULL || !reserve_timers(l->base))
		goto nomem;
	return l;

nomem:
	loop_free(l);
	(void)err_nomem(e, "the event loop");
	return NULL;
}

static void on_signal(evutil_socket_t sig, short what, void *arg)
{
	struct loop *l = arg;

	(void)what;
	if (sig == SIGHUP)
		l->ops->reload(l->arg);
	else
		l->ops->terminate(l->arg);
}

bool loop_catch_signals(struct loop *l, const struct loop_ops *ops, void *arg,
			struct err *e)
{
	l->ops = ops;
	l->arg = arg;
	for (size_t i = 0; i < LOOP_SIGNALS; i++) {
		l->signals[i] = evsignal_new(l->base, caught[i], on_signal, l);
		if (l->signals[i] == NULL ||
		    evsignal_add(l->signals[i], NULL) != 0)
			return err_nomem(e, "the signal handlers");
	}
	return true;
}

void loop_run(struct loop *l)
{
	uint64_t begin = holds_now_ns(), now;
	int rc;

	slices_shorten();
	/* Turn by turn, as it does by itself. Waiting takes no CPU time. */
	do {
		rc = event_base_loop(l->base,
				     EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
		now = holds_now_ns();
		holds_note(&l->holds, now - begin);
		begin = now;
	} while (rc >= 0 && !event_base_got_break(l->base));
	if (rc < 0)
		log_error("loop", "the event loop broke");
}

void loop_stop(struct loop *l)
{
	if (event_base_loopbreak(l->base) != 0)
		log_error("loop", "the event loop does not stop");
}

void loop_next_turn(struct event *timer)
{
	static const struct timeval now = {0, 0};

	if (evtimer_add(timer, &now) != 0) {
		log_error("loop", "no memory for a timer");
		abort();
	}
}

static void free_event(struct event *ev)
{
	if (ev != NULL)
		event_free(ev);
}

void loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < LOOP_SIGNALS; i++)
		free_event(l->signals[i]);
	free_event(l->watchdog);
	if (l->base != NULL)
		event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}
