/*
 * lent.h - memory that a caller lends to a worker thread until its call is
 * done or canceled.
 *
 * A cancel must give the memory back at once, yet a thread may be using it.
 * So the thread touches it only in short turns (a copy of 256 KiB, never a
 * system call), and the cancel waits for the end of a turn: microseconds.
 */
#ifndef COFFER_LOOP_LENT_H
#define COFFER_LOOP_LENT_H

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"

enum { LENT_TURN_BYTES = 256 * 1024 };

struct lent {
	pthread_mutex_t lock;
	bool is_back;
};

/* False with *e filled when the system has no mutex left. */
bool lent_init(struct lent *l, struct err *e) MUST_CHECK;

/* No thread may be in a turn. */
void lent_fini(struct lent *l);

/* A worker's turn begins; false: the owner has it back, touch nothing and
 * call no lent_end(). */
bool lent_begin(struct lent *l) MUST_CHECK;

/* The worker's turn is over. */
void lent_end(struct lent *l);

/* The owner takes the memory back; after this no turn begins. */
void lent_return(struct lent *l);

/* True once the owner has it back: the thread may stop early. */
bool lent_is_back(struct lent *l);

#endif
