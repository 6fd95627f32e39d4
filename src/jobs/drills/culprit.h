/*
 * culprit.h - an instance of a drill failed: is its backup to blame? A verdict
 * is about the backup, so what may be somebody else's fault is looked at once
 * more: whether the pool is there when an object of the backup is not, and
 * whether the instance runs when it did not take the data.
 */
#ifndef COFFER_JOBS_DRILLS_CULPRIT_H
#define COFFER_JOBS_DRILLS_CULPRIT_H

#include "jobs/instances/instance.h"
#include "stores/store.h"

/* Embedded in its owner; zero it to begin with. */
struct culprit {
	struct instance *instance; /* borrowed, and what it has opened */
	struct provision provision;
	struct store_op *probe;
	char *probed; /* what it reads */
	struct err err;
	/* e: what is to be told of it */
	void (*done)(void *arg, bool is_backup, const struct err *e);
	void *arg;
};

/* e: why the instance has failed, in the state that it is in. done runs once,
 * perhaps before this returns. */
void culprit_find(struct culprit *c, const struct err *e);

/* done does not run any more. */
void culprit_cancel(struct culprit *c);

#endif
