/*
 * test_jobs_nomem_rig.h - the n-th allocation fails, for all n. The linker
 * sends the program's own allocations here (--wrap), those of all threads, but
 * not those of libraries. Threads take turns as they like, so the n-th is not
 * always the same one.
 */
#ifndef COFFER_TESTS_UNIT_TEST_JOBS_NOMEM_RIG_H
#define COFFER_TESTS_UNIT_TEST_JOBS_NOMEM_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "jobs_house.h"

/* What was asked for; its callbacks need no memory. */
struct asked {
	bool is_answered, is_accepted, is_told;
	char id[ID_MAX];
};

/* Runs ask() with the first, the second ... allocation failing (in valgrind
 * with some of them), until none fails any more, and check() after each has
 * come to its end. */
void nomem_torture(struct house *h,
		   void (*ask)(struct house *h, struct asked *a),
		   void (*check)(struct house *h, const struct asked *a));

/* Nothing is queued or runs. */
bool nomem_is_idle(struct house *h);

/* To its end, whatever that is. */
void nomem_finish(struct house *h, struct asked *a);

/* The answer of what makes a backup; arg is a struct asked. */
void nomem_on_backup(void *arg, const struct backup_record *r,
		     const struct err *e);

/* A manual backup into h->pool; a restore of the backup "base". */
void nomem_ask_backup(struct house *h, struct asked *a);
void nomem_ask_restore(struct house *h, struct asked *a);

/* What says that it is completed restores, and is deleted then. */
void nomem_check_backup(struct house *h, const struct asked *a);

/* It is completed and verified, or failed. */
void nomem_check_restore(struct house *h, const struct asked *a);

#endif
