/*
 * workers.h - threads for what computes long or may block. Work goes out from
 * the loop and comes back on the loop, through an eventfd.
 */
#ifndef COFFER_LOOP_WORKERS_H
#define COFFER_LOOP_WORKERS_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop;
struct workers;

/*
 * One piece of work, embedded in the object it works on. Zero it, fill run
 * and done, submit. From submit to done (or dispose) the object belongs to
 * the work: neither freed nor touched but for what run() leaves alone.
 */
struct work {
	void (*run)(struct work *w);  /* on a worker thread */
	void (*done)(struct work *w); /* on the loop, after run() */

	/* the room's own */
	TAILQ_ENTRY(work) entry;
	enum { WORK_IDLE, WORK_QUEUED, WORK_RUNNING, WORK_RAN } state;
	bool is_abandoned; /* done is what disposes of it */
	struct workers *pool;
};

/* Starts n threads (1 or more). name shows in ps. NULL with *e filled. */
struct workers *workers_new(struct loop *l, const char *name, unsigned n,
			    struct err *e) MUST_CHECK;

/* The same for what takes long and can wait: its threads have the priority of
 * nice 5, so what answers users does not stand behind it. */
struct workers *workers_new_patient(struct loop *l, const char *name,
				    unsigned n, struct err *e) MUST_CHECK;

/*
 * Waits for the threads: work that runs is finished, queued work is not run;
 * done() of neither runs; what was abandoned is disposed of. Call it when
 * nothing needs the answers any more, and not inside done(). NULL is fine.
 */
void workers_free(struct workers *ws);

/* Queues w, first come first served. Loop thread only. Cannot fail. */
void workers_submit(struct workers *ws, struct work *w);

/*
 * The owner does not want the answer any more: dispose(w) runs on the loop in
 * place of done(), at once when w has not started yet, else when run() is
 * over; it may free the object. Only between submit and done.
 */
void work_abandon(struct work *w, void (*dispose)(struct work *w));

/* Work queued and running now. */
unsigned workers_load(const struct workers *ws);

/* How many threads there are. */
unsigned workers_count(const struct workers *ws);

#endif
