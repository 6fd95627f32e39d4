/* choice.h - which provisioner makes a throwaway instance: the one that was
 * named, or the only one that the helper's configuration lists. */
#ifndef COFFER_JOBS_INSTANCES_CHOICE_H
#define COFFER_JOBS_INSTANCES_CHOICE_H

#include <jansson.h>
#include <stdbool.h>

#include "base/err.h"
#include "model/names.h"

struct jobs;
struct program_call;

/* Embedded in its owner; zero it to begin with. */
struct choice {
	struct program_call *call;
	char name[NAME_BUF]; /* wanted, "": any; when done: chosen */
	bool is_none;	     /* it failed, for there is none at all */
	void (*done)(void *arg, const struct err *e);
	void *arg;
};

/* done runs once, from the loop. Errors: "invalid_value" (it is not there, or
 * there are several or none to choose from), "provisioner_failed" (the helper
 * cannot be asked). False with *e filled. */
bool choice_start(struct choice *c, struct jobs *j,
		  void (*done)(void *arg, const struct err *e), void *arg,
		  struct err *e) MUST_CHECK;

/* done does not run any more. */
void choice_cancel(struct choice *c);

#endif
