/* test_workers.c - work out to the threads and back, or not back. */
#include "config.h" /* for pthread_getname_np() */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include <event2/event.h>

#include "loop/loop.h"
#include "loop/workers.h"

enum { MANY = 200, NAME_MAX_LINUX = 16 };

struct bench {
	struct loop *loop;
	struct workers *ws;
	int ran; /* by threads, under no lock: one thread only */
	int done;
	int disposed;
	int stop_at; /* loop_stop() after so many answers */
	int answers[MANY + 1];
};

/* A job says when it has started and goes on when it is let go. */
struct job {
	struct work work; /* first: a job is its work */
	struct bench *b;
	int number;
	int ran_as;
	bool has_gate;
	sem_t started;
	sem_t gate;
	pthread_t thread;
	char thread_name[NAME_MAX_LINUX];
	sigset_t blocked;
	int priority;
};

static struct job *job_of(struct work *w)
{
	return (struct job *)(void *)w;
}

static void wait_sem(sem_t *s)
{
	while (sem_wait(s) != 0)
		;
}

static void run(struct work *w)
{
	struct job *j = job_of(w);

	if (j->has_gate) {
		(void)sem_post(&j->started);
		wait_sem(&j->gate);
	}
	j->ran_as = ++j->b->ran;
	j->thread = pthread_self();
	(void)pthread_getname_np(j->thread, j->thread_name,
				 sizeof(j->thread_name));
	(void)pthread_sigmask(SIG_SETMASK, NULL, &j->blocked);
	j->priority = getpriority(PRIO_PROCESS, 0);
}

/* Many threads may run it: touches nothing shared. */
static void run_apart(struct work *w)
{
	job_of(w)->ran_as = 1;
}

static void answer(struct bench *b)
{
	if (b->done + b->disposed == b->stop_at)
		loop_stop(b->loop);
}

static void done(struct work *w)
{
	struct job *j = job_of(w);

	assert_int_equal(w->state, WORK_IDLE);
	j->b->answers[j->b->done++] = j->number;
	answer(j->b);
}

static void job_free(struct job *j)
{
	(void)sem_destroy(&j->started);
	(void)sem_destroy(&j->gate);
	free(j);
}

static void dispose(struct work *w)
{
	struct bench *b = job_of(w)->b;

	b->disposed++;
	job_free(job_of(w));
	answer(b);
}

static struct job *job_new(struct bench *b, int number)
{
	struct job *j = calloc(1, sizeof(*j));

	assert_non_null(j);
	j->b = b;
	j->number = number;
	j->work.run = run;
	j->work.done = done;
	assert_int_equal(sem_init(&j->started, 0, 0), 0);
	assert_int_equal(sem_init(&j->gate, 0, 0), 0);
	return j;
}

/* Submits a job and waits until it holds the (only) thread. */
static struct job *occupy(struct bench *b)
{
	struct job *j = job_new(b, 0);

	j->has_gate = true;
	workers_submit(b->ws, &j->work);
	wait_sem(&j->started);
	return j;
}

static void let_go(struct job *j)
{
	assert_int_equal(sem_post(&j->gate), 0);
}

static void start(struct bench *b, unsigned nthreads)
{
	struct err e = {0};

	b->ws = workers_new(b->loop, "unit-test", nthreads, &e);
	assert_non_null(b->ws);
	assert_int_equal(workers_count(b->ws), nthreads);
	assert_int_equal(workers_load(b->ws), 0);
}

static int set_up(void **state)
{
	static struct bench bench;
	struct err e = {0};

	bench = (struct bench){.loop = loop_new(&e)};
	*state = &bench;
	return bench.loop == NULL;
}

static int tear_down(void **state)
{
	struct bench *b = *state;

	workers_free(b->ws);
	loop_free(b->loop);
	return 0;
}

static void test_one_thread_keeps_the_order(void **state)
{
	struct bench *b = *state;
	struct job *jobs[MANY];

	start(b, 1);
	b->stop_at = MANY;
	for (int i = 0; i < MANY; i++) {
		jobs[i] = job_new(b, i);
		workers_submit(b->ws, &jobs[i]->work);
	}
	assert_int_equal(b->done, 0);
	loop_run(b->loop);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(b->answers[i], i);
		assert_int_equal(jobs[i]->ran_as, i + 1);
		job_free(jobs[i]);
	}
	assert_int_equal(workers_load(b->ws), 0);
}

static void test_runs_on_a_named_thread_without_signals(void **state)
{
	struct bench *b = *state;
	struct job *j = job_new(b, 0);
	sigset_t here;

	start(b, 1);
	b->stop_at = 1;
	workers_submit(b->ws, &j->work);
	loop_run(b->loop);
	assert_false(pthread_equal(j->thread, pthread_self()));
	assert_string_equal(j->thread_name, "unit-test");
	assert_int_equal(sigismember(&j->blocked, SIGTERM), 1);
	assert_int_equal(sigismember(&j->blocked, SIGHUP), 1);
	assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &here), 0);
	assert_int_equal(sigismember(&here, SIGTERM), 0);
	job_free(j);
}

/* Who waits for the loop goes before who waits for these. */
static void test_patient_threads_step_back(void **state)
{
	int here = getpriority(PRIO_PROCESS, 0);
	struct bench *b = *state;
	struct job *j = job_new(b, 0);
	struct err e = {0};

	b->ws = workers_new_patient(b->loop, "patient", 1, &e);
	assert_non_null(b->ws);
	b->stop_at = 1;
	workers_submit(b->ws, &j->work);
	loop_run(b->loop);
	assert_true(j->priority > here || here >= 5);
	assert_int_equal(getpriority(PRIO_PROCESS, 0), here);
	job_free(j);
}

static void test_many_threads_answer_all(void **state)
{
	struct bench *b = *state;
	struct job *jobs[MANY];

	start(b, 4);
	b->stop_at = MANY;
	for (int i = 0; i < MANY; i++) {
		jobs[i] = job_new(b, i);
		jobs[i]->work.run = run_apart;
		workers_submit(b->ws, &jobs[i]->work);
	}
	loop_run(b->loop);
	assert_int_equal(b->done, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(jobs[i]->ran_as, 1);
		job_free(jobs[i]);
	}
}

static void done_again(struct work *w)
{
	struct bench *b = job_of(w)->b;

	if (++b->done < b->stop_at)
		workers_submit(b->ws, w);
	else
		loop_stop(b->loop);
}

static void test_done_may_submit_again(void **state)
{
	struct bench *b = *state;
	struct job *j = job_new(b, 0);

	start(b, 2);
	b->stop_at = 50;
	j->work.run = run_apart;
	j->work.done = done_again;
	workers_submit(b->ws, &j->work);
	loop_run(b->loop);
	assert_int_equal(b->done, 50);
	job_free(j);
}

static void test_load_counts_queued_and_running(void **state)
{
	struct bench *b = *state;
	struct job *first, *second;

	start(b, 1);
	first = occupy(b);
	assert_int_equal(workers_load(b->ws), 1);
	second = job_new(b, 1);
	workers_submit(b->ws, &second->work);
	assert_int_equal(workers_load(b->ws), 2);
	let_go(first);
	b->stop_at = 2;
	loop_run(b->loop);
	assert_int_equal(workers_load(b->ws), 0);
	job_free(first);
	job_free(second);
}

/* Queued: gone before work_abandon() returns, and never run. */
static void test_abandon_queued(void **state)
{
	struct bench *b = *state;
	struct job *first, *second;

	start(b, 1);
	first = occupy(b);
	second = job_new(b, 1);
	workers_submit(b->ws, &second->work);
	work_abandon(&second->work, dispose);
	assert_int_equal(b->disposed, 1);
	assert_int_equal(workers_load(b->ws), 1);
	let_go(first);
	b->stop_at = 2;
	loop_run(b->loop);
	assert_int_equal(b->ran, 1);
	assert_int_equal(b->done, 1);
	job_free(first);
}

static void test_abandon_running(void **state)
{
	struct bench *b = *state;
	struct job *j;

	start(b, 1);
	j = occupy(b);
	work_abandon(&j->work, dispose);
	assert_int_equal(b->disposed, 0);
	let_go(j);
	b->stop_at = 1;
	loop_run(b->loop);
	assert_int_equal(b->disposed, 1);
	assert_int_equal(b->done, 0);
}

/* When the second runs, the first one's answer is on its way. */
static void test_abandon_after_it_ran(void **state)
{
	struct bench *b = *state;
	struct job *first = job_new(b, 0);
	struct job *second;

	start(b, 1);
	workers_submit(b->ws, &first->work);
	second = occupy(b);
	work_abandon(&first->work, dispose);
	assert_int_equal(b->disposed, 0);
	let_go(second);
	b->stop_at = 2;
	loop_run(b->loop);
	assert_int_equal(b->disposed, 1);
	assert_int_equal(b->done, 1);
	job_free(second);
}

struct pair {
	struct job *mine;
	struct job *other;
};

static struct pair pair;

static void done_abandons_other(struct work *w)
{
	(void)w;
	work_abandon(&pair.other->work, dispose);
	pair.mine->b->done++;
}

/* Both answers wait for the same turn; the first one forbids the second. */
static void test_done_may_abandon_what_ran(void **state)
{
	struct bench *b = *state;
	struct job *last;

	start(b, 1);
	pair.mine = job_new(b, 0);
	pair.other = job_new(b, 1);
	pair.mine->work.done = done_abandons_other;
	workers_submit(b->ws, &pair.mine->work);
	workers_submit(b->ws, &pair.other->work);
	last = occupy(b);
	let_go(last);
	b->stop_at = 3;
	loop_run(b->loop);
	assert_int_equal(b->done, 2);
	assert_int_equal(b->disposed, 1);
	job_free(pair.mine);
	job_free(last);
}

/* The pool's threads are awaited when it takes no more work; not before, so
 * that what is queued behind this job stays there. */
static struct job *held_until_join;

int __real_pthread_join(pthread_t thread, void **value);
int __wrap_pthread_join(pthread_t thread, void **value);

int __wrap_pthread_join(pthread_t thread, void **value)
{
	if (held_until_join != NULL)
		let_go(held_until_join);
	held_until_join = NULL;
	return __real_pthread_join(thread, value);
}

/* One job in each state: only what was abandoned is disposed of. */
static void test_free_with_work_in_each_state(void **state)
{
	struct bench *b = *state;
	struct job *ran = job_new(b, 0);
	struct job *ran_abandoned = job_new(b, 1);
	struct job *running, *queued = job_new(b, 2);

	start(b, 1);
	workers_submit(b->ws, &ran->work);
	workers_submit(b->ws, &ran_abandoned->work);
	running = occupy(b);
	workers_submit(b->ws, &queued->work);
	work_abandon(&ran_abandoned->work, dispose);
	work_abandon(&running->work, dispose);
	held_until_join = running;
	workers_free(b->ws);
	b->ws = NULL;
	assert_int_equal(b->done, 0);
	assert_int_equal(b->disposed, 2);
	assert_int_equal(b->ran, 3);
	assert_int_equal(queued->ran_as, 0);
	job_free(ran);
	job_free(queued);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* A heap of answers does not keep a timer from its turn. */
static void test_answers_are_spread_over_turns(void **state)
{
	struct bench *b = *state;
	struct job *jobs[MANY];
	struct job *last;
	struct event *timer;

	start(b, 1);
	for (int i = 0; i < MANY; i++) {
		jobs[i] = job_new(b, i);
		workers_submit(b->ws, &jobs[i]->work);
	}
	last = occupy(b);
	b->stop_at = MANY + 1;
	timer = evtimer_new(loop_base(b->loop), on_timer, NULL);
	assert_non_null(timer);
	loop_next_turn(timer);
	assert_true(event_base_loop(loop_base(b->loop), EVLOOP_ONCE) >= 0);
	assert_true(b->done > 0 && b->done <= 32);
	assert_false(evtimer_pending(timer, NULL));
	let_go(last);
	loop_run(b->loop);
	for (int i = 0; i < MANY; i++)
		job_free(jobs[i]);
	job_free(last);
	event_free(timer);
}

static void test_free_of_nothing(void **state)
{
	struct bench *b = *state;

	workers_free(NULL);
	start(b, 3);
}

#define WORKERS_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKERS_TEST(test_one_thread_keeps_the_order),
		WORKERS_TEST(test_runs_on_a_named_thread_without_signals),
		WORKERS_TEST(test_patient_threads_step_back),
		WORKERS_TEST(test_many_threads_answer_all),
		WORKERS_TEST(test_done_may_submit_again),
		WORKERS_TEST(test_load_counts_queued_and_running),
		WORKERS_TEST(test_abandon_queued),
		WORKERS_TEST(test_abandon_running),
		WORKERS_TEST(test_abandon_after_it_ran),
		WORKERS_TEST(test_done_may_abandon_what_ran),
		WORKERS_TEST(test_free_with_work_in_each_state),
		WORKERS_TEST(test_answers_are_spread_over_turns),
		WORKERS_TEST(test_free_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
