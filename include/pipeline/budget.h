/*
 * budget.h - one bound on the memory of all buffers of the server
 * (buffer_bytes). A job waits for its share before it starts, and may borrow
 * more while nobody waits.
 */
#ifndef COFFER_PIPELINE_BUDGET_H
#define COFFER_PIPELINE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "base/err.h"

struct loop;
struct budget;

/* One job's share. Embedded; zero it to begin with. */
struct budget_share {
	struct budget *budget;
	size_t bytes;	 /* reserved */
	size_t borrowed; /* on top, for a while */
	void (*granted)(void *arg);
	void *arg;
	bool is_waiting;
	TAILQ_ENTRY(budget_share) entry;
};

/* NULL with *e filled. */
struct budget *budget_new(struct loop *l, size_t total_bytes,
			  struct err *e) MUST_CHECK;

/* All shares must be released. NULL is fine. */
void budget_free(struct budget *b);

/* Whether somebody waits for a share. */
bool budget_is_wanted(const struct budget *b);

/* What there is in all. */
size_t budget_total(const struct budget *b);

/*
 * Asks for bytes (cut to the total); granted(arg) runs once from the loop,
 * never inside this call, first come first served.
 */
void budget_reserve(struct budget *b, struct budget_share *s, size_t bytes,
		    void (*granted)(void *arg), void *arg);

/* Gives all back, or leaves the queue; granted() does not run any more.
 * Fine on a share that was never used. */
void budget_release(struct budget_share *s);

/* Takes bytes on top if they are free and nobody waits for a share. */
bool budget_borrow(struct budget_share *s, size_t bytes) MUST_CHECK;

/* Gives borrowed bytes back. */
void budget_return(struct budget_share *s, size_t bytes);

#endif
