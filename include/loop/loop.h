/*
 * loop.h - the event loop that owns all state of the server, its signals, and
 * the words to the service manager.
 */
#ifndef COFFER_LOOP_LOOP_H
#define COFFER_LOOP_LOOP_H

#include "base/err.h"

struct event;
struct event_base;
struct loop;

/* So many timers can be pending before starting one may need memory. */
enum { LOOP_TIMERS = 1024 };

struct loop_ops {
	void (*terminate)(void *arg); /* SIGTERM or SIGINT, once per signal */
	void (*reload)(void *arg);    /* SIGHUP */
};

/*
 * Makes the loop; SIGPIPE is ignored from here on and libevent knows of
 * threads. Returns NULL with *e filled.
 */
struct loop *loop_new(struct err *e) MUST_CHECK;

/* Catches the signals; ops and arg are borrowed until loop_free(). */
bool loop_catch_signals(struct loop *l, const struct loop_ops *ops, void *arg,
			struct err *e) MUST_CHECK;

/* Runs until loop_stop(). */
void loop_run(struct loop *l);

/* Makes loop_run() return after the current callback. Loop thread only. */
void loop_stop(struct loop *l);

/* Frees the loop; everything that lives on it must be gone. NULL is fine. */
void loop_free(struct loop *l);

/* libevent's base, for events, timers and evhttp. Borrowed. */
struct event_base *loop_base(struct loop *l);

/*
 * Makes a timer (evtimer_new) fire in the next turn of the loop, so that
 * sockets and other timers have their turn before. Never event_active(): that
 * runs within the same turn and starves them. Aborts when there is no memory
 * for a timer beyond LOOP_TIMERS.
 */
void loop_next_turn(struct event *timer);

/*
 * Tells the service manager ("READY=1", "STOPPING=1"), if NOTIFY_SOCKET names
 * one; see sd_notify(3) for the words. Never fails: nobody may be listening.
 */
void loop_notify(const char *state);

/* Pats the watchdog at half of WATCHDOG_USEC from now on, if it is set. */
bool loop_start_watchdog(struct loop *l, struct err *e) MUST_CHECK;

#endif
