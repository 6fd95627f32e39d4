/*
 * workers.c - a queue to the threads, and a list back.
 *
 * One mutex guards both and the states of the work in them. The eventfd is
 * readable exactly while the list of what ran is not empty: it is written and
 * read under the mutex too. done and is_abandoned belong to the loop's thread
 * and need no lock.
 */
#include "config.h" /* for pthread_setname_np() */
#include "loop/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/text.h"
#include "loop/loop.h"

/* So many answers a turn, so that other events get theirs. */
enum { DONE_PER_TURN = 16, NAME_MAX_LINUX = 16, PATIENT_NICE = 5 };

TAILQ_HEAD(work_list, work);

struct workers {
	pthread_mutex_t lock;
	pthread_cond_t more; /* queue or is_closing changed */
	struct work_list queue;
	struct work_list ran;
	_Atomic unsigned load; /* queued and running; read without the lock */
	bool is_closing;
	bool is_patient;
	char name[NAME_MAX_LINUX];
	pthread_t *threads;
	unsigned nthreads;
	int fd; /* readable while ran is not empty */
	struct event *ev;
};

static void lock(struct workers *ws)
{
	if (pthread_mutex_lock(&ws->lock) != 0)
		abort();
}

static void unlock(struct workers *ws)
{
	if (pthread_mutex_unlock(&ws->lock) != 0)
		abort();
}

/* Under the lock. The counter is 0 or 1, so neither call can fail or wait. */
static void set_readable(struct workers *ws, bool readable)
{
	uint64_t n = 1;
	ssize_t did = readable ? write(ws->fd, &n, sizeof(n))
			       : read(ws->fd, &n, sizeof(n));

	if (did != (ssize_t)sizeof(n))
		abort();
}

/* Under the lock. NULL: the pool closes. */
static struct work *wait_for_work(struct workers *ws)
{
	struct work *w;

	while (!ws->is_closing && TAILQ_EMPTY(&ws->queue)) {
		if (pthread_cond_wait(&ws->more, &ws->lock) != 0)
			abort();
	}
	if (ws->is_closing)
		return NULL;
	w = TAILQ_FIRST(&ws->queue);
	TAILQ_REMOVE(&ws->queue, w, entry);
	w->state = WORK_RUNNING;
	return w;
}

/* Under the lock. */
static void hand_back(struct workers *ws, struct work *w)
{
	if (TAILQ_EMPTY(&ws->ran))
		set_readable(ws, true);
	w->state = WORK_RAN;
	TAILQ_INSERT_TAIL(&ws->ran, w, entry);
	ws->load--;
}

static void *worker_main(void *arg)
{
	struct workers *ws = arg;
	struct work *w;

	(void)pthread_setname_np(pthread_self(), ws->name);
	/* On Linux of this thread alone; what it inherited may be lower still.
	 */
	if (ws->is_patient && getpriority(PRIO_PROCESS, 0) < PATIENT_NICE)
		(void)setpriority(PRIO_PROCESS, 0, PATIENT_NICE);
	lock(ws);
	while ((w = wait_for_work(ws)) != NULL) {
		unlock(ws);
		w->run(w);
		lock(ws);
		hand_back(ws, w);
	}
	unlock(ws);
	return NULL;
}

/* NULL when nothing is left. */
static struct work *take_ran(struct workers *ws)
{
	struct work *w;

	lock(ws);
	w = TAILQ_FIRST(&ws->ran);
	if (w != NULL) {
		TAILQ_REMOVE(&ws->ran, w, entry);
		w->state = WORK_IDLE;
		if (TAILQ_EMPTY(&ws->ran))
			set_readable(ws, false);
	}
	unlock(ws);
	return w;
}

/* What is left keeps the eventfd readable, so the next turn goes on. */
static void on_ran(evutil_socket_t fd, short what, void *arg)
{
	struct workers *ws = arg;
	struct work *w;

	(void)fd;
	(void)what;
	for (int i = 0; i < DONE_PER_TURN; i++) {
		w = take_ran(ws);
		if (w == NULL)
			return;
		w->done(w);
	}
}

/* Signals are the loop's: a new thread inherits that they are blocked. */
static bool start_threads(struct workers *ws, unsigned n, struct err *e)
{
	sigset_t all, before;
	bool ok = true;

	ws->threads = calloc(n, sizeof(*ws->threads));
	if (ws->threads == NULL)
		return err_nomem(e, "worker threads");
	(void)sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return err_bug(e, "cannot block signals");
	while (ok && ws->nthreads < n) {
		ok = pthread_create(&ws->threads[ws->nthreads], NULL,
				    worker_main, ws) == 0;
		ws->nthreads += ok;
	}
	if (pthread_sigmask(SIG_SETMASK, &before, NULL) != 0)
		return err_bug(e, "cannot unblock signals");
	if (!ok)
		return err_set(e, ERR_NOMEM, "internal",
			       "cannot start %u worker threads", n);
	return true;
}

static bool watch_answers(struct workers *ws, struct loop *l, struct err *e)
{
	ws->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ws->fd < 0)
		return err_set(e, ERR_IO, "internal",
			       "no file descriptor for worker threads");
	ws->ev = event_new(loop_base(l), ws->fd, EV_READ | EV_PERSIST, on_ran,
			   ws);
	if (ws->ev == NULL || event_add(ws->ev, NULL) != 0)
		return err_nomem(e, "worker threads");
	return true;
}

static struct workers *make(struct loop *l, const char *name, unsigned n,
			    bool is_patient, struct err *e)
{
	struct workers *ws = calloc(1, sizeof(*ws));

	if (ws == NULL) {
		(void)err_nomem(e, "worker threads");
		return NULL;
	}
	ws->fd = -1;
	ws->is_patient = is_patient;
	TAILQ_INIT(&ws->queue);
	TAILQ_INIT(&ws->ran);
	(void)str_copy(ws->name, sizeof(ws->name), name);
	/* Neither allocates, so neither fails on Linux. */
	if (pthread_mutex_init(&ws->lock, NULL) != 0 ||
	    pthread_cond_init(&ws->more, NULL) != 0)
		abort();
	if (!watch_answers(ws, l, e) || !start_threads(ws, n, e)) {
		workers_free(ws);
		return NULL;
	}
	return ws;
}

struct workers *workers_new(struct loop *l, const char *name, unsigned n,
			    struct err *e)
{
	return make(l, name, n, false, e);
}

struct workers *workers_new_patient(struct loop *l, const char *name,
				    unsigned n, struct err *e)
{
	return make(l, name, n, true, e);
}

static void join_threads(struct workers *ws)
{
	lock(ws);
	ws->is_closing = true;
	(void)pthread_cond_broadcast(&ws->more);
	unlock(ws);
	for (unsigned i = 0; i < ws->nthreads; i++) {
		if (pthread_join(ws->threads[i], NULL) != 0)
			abort();
	}
}

void workers_free(struct workers *ws)
{
	struct work *w;

	if (ws == NULL)
		return;
	join_threads(ws);
	while ((w = TAILQ_FIRST(&ws->queue)) != NULL) {
		TAILQ_REMOVE(&ws->queue, w, entry);
		w->state = WORK_IDLE;
	}
	while ((w = take_ran(ws)) != NULL) {
		if (w->is_abandoned)
			w->done(w);
	}
	if (ws->ev != NULL)
		event_free(ws->ev);
	if (ws->fd >= 0)
		(void)close(ws->fd);
	(void)pthread_cond_destroy(&ws->more);
	(void)pthread_mutex_destroy(&ws->lock);
	free(ws->threads);
	free(ws);
}

void workers_submit(struct workers *ws, struct work *w)
{
	w->pool = ws;
	w->is_abandoned = false;
	lock(ws);
	w->state = WORK_QUEUED;
	TAILQ_INSERT_TAIL(&ws->queue, w, entry);
	ws->load++;
	(void)pthread_cond_signal(&ws->more);
	unlock(ws);
}

void work_abandon(struct work *w, void (*dispose)(struct work *w))
{
	struct workers *ws = w->pool;
	bool was_queued;

	lock(ws);
	was_queued = w->state == WORK_QUEUED;
	if (was_queued) {
		TAILQ_REMOVE(&ws->queue, w, entry);
		w->state = WORK_IDLE;
		ws->load--;
	}
	unlock(ws);
	if (was_queued) {
		dispose(w);
		return;
	}
	w->is_abandoned = true;
	w->done = dispose;
}

unsigned workers_load(const struct workers *ws)
{
	return ws->load;
}

unsigned workers_count(const struct workers *ws)
{
	return ws->nthreads;
}
