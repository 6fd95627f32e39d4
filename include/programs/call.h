/*
 * call.h - one call of a contract: a JSON object to a program's standard
 * input, one from its standard output, within a deadline. Provisioners and
 * snapshot hooks are called so (doc/reference/provisioners.md and hooks.md).
 */
#ifndef COFFER_PROGRAMS_CALL_H
#define COFFER_PROGRAMS_CALL_H

#include <jansson.h>

#include "base/err.h"

struct helper;
struct program_call;

enum { CALL_REPLY_MAX = 1024 * 1024 };

struct program_call_config {
	const char *verb;      /* "provision" "hook" */
	const char *name;      /* which: "local" "btrfs" */
	const char *operation; /* "prepare" ... */
	json_t *request;     /* object, borrowed during program_call_start() */
	unsigned timeout_ms; /* then the program is ended: "timed_out" */
	/* Lines of its standard error; may be NULL. */
	void (*line)(void *arg, const char *text);
};

/*
 * reply: the object it answered with, valid during the call (take a reference
 * to keep it). Or NULL and e, a sentence that names the program and what to
 * do: "program_failed" (it ended with another status than 0; an answer
 * {"error":{"detail"}} gives the sentence), "program_lied" (no JSON object, or
 * more than CALL_REPLY_MAX), "timed_out", and those of program_end.
 */
typedef void program_call_cb(void *arg, json_t *reply, const struct err *e);

/* done runs once, from the loop. NULL with *e filled. */
struct program_call *program_call_start(struct helper *h,
					const struct program_call_config *c,
					program_call_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* Ends the program; done will not run. NULL is fine. */
void program_call_cancel(struct program_call *call);

/*
 * What the helper's configuration lists:
 * {"provisioners":["local"],"hooks":["btrfs"],"tools":["mariadb-backup",...]}.
 * With operation NULL and verb "list"; the helper itself answers.
 */
struct program_call *helper_list(struct helper *h, program_call_cb *done,
				 void *arg, struct err *e) MUST_CHECK;

#endif
