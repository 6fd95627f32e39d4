/*
 * budget.c - shares of one sum, first come first served.
 *
 * Every grant is told from the loop, one per turn and as the last act of that
 * turn, so granted() may do anything, freeing the budget included.
 */
#include "pipeline/budget.h"

#include <assert.h>
#include <stdlib.h>

#include <event2/event.h>

#include "loop/loop.h"

struct budget {
	size_t total;
	size_t used; /* reserved and borrowed */
	TAILQ_HEAD(, budget_share) queue;
	struct event *turn;
};

static bool head_fits(const struct budget *b)
{
	const struct budget_share *head = TAILQ_FIRST(&b->queue);

	return head != NULL && head->bytes <= b->total - b->used;
}

static void look_again(struct budget *b)
{
	if (head_fits(b))
		loop_next_turn(b->turn);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct budget *b = arg;
	struct budget_share *s = TAILQ_FIRST(&b->queue);

	(void)fd;
	(void)what;
	if (!head_fits(b))
		return;
	TAILQ_REMOVE(&b->queue, s, entry);
	s->is_waiting = false;
	b->used += s->bytes;
	look_again(b);
	s->granted(s->arg);
}

struct budget *budget_new(struct loop *l, size_t total_bytes, struct err *e)
{
	struct budget *b = calloc(1, sizeof(*b));

	if (b == NULL)
		goto nomem;
	b->total = total_bytes;
	TAILQ_INIT(&b->queue);
	b->turn = evtimer_new(loop_base(l), on_turn, b);
	if (b->turn == NULL)
		goto nomem;
	return b;

nomem:
	free(b);
	(void)err_nomem(e, "the memory budget");
	return NULL;
}

void budget_free(struct budget *b)
{
	if (b == NULL)
		return;
	assert(b->used == 0 && TAILQ_EMPTY(&b->queue));
	event_free(b->turn);
	free(b);
}

bool budget_is_wanted(const struct budget *b)
{
	return !TAILQ_EMPTY(&b->queue);
}

size_t budget_total(const struct budget *b)
{
	return b->total;
}

void budget_reserve(struct budget *b, struct budget_share *s, size_t bytes,
		    void (*granted)(void *arg), void *arg)
{
	assert(s->budget == NULL);
	s->budget = b;
	s->bytes = bytes < b->total ? bytes : b->total;
	s->borrowed = 0;
	s->granted = granted;
	s->arg = arg;
	s->is_waiting = true;
	TAILQ_INSERT_TAIL(&b->queue, s, entry);
	look_again(b);
}

void budget_release(struct budget_share *s)
{
	struct budget *b = s->budget;

	if (b == NULL)
		return;
	if (s->is_waiting)
		TAILQ_REMOVE(&b->queue, s, entry);
	else
		b->used -= s->bytes + s->borrowed;
	s->budget = NULL;
	s->bytes = 0;
	s->borrowed = 0;
	s->is_waiting = false;
	look_again(b);
}

bool budget_borrow(struct budget_share *s, size_t bytes)
{
	struct budget *b = s->budget;

	if (b == NULL || s->is_waiting || !TAILQ_EMPTY(&b->queue) ||
	    bytes > b->total - b->used)
		return false;
	b->used += bytes;
	s->borrowed += bytes;
	return true;
}

void budget_return(struct budget_share *s, size_t bytes)
{
	assert(bytes <= s->borrowed);
	s->borrowed -= bytes;
	s->budget->used -= bytes;
	look_again(s->budget);
}
