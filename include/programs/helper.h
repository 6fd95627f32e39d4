/*
 * helper.h - programs that run outside of the server, with rights that it does
 * not have: coffer-helper runs them by verb and name (doc/reference/helper.md),
 * and gives their pipes back. The server itself never starts a program of
 * anybody's.
 */
#ifndef COFFER_PROGRAMS_HELPER_H
#define COFFER_PROGRAMS_HELPER_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "base/err.h"

struct helper;
struct loop;
struct program;

struct helper_config {
	struct loop *loop;
	const char *socket; /* path of a helper that runs already, or NULL: it
			     * is started as a child when it is needed first,
			     * once for all, and ends with the server */
	const char *path;   /* the program coffer-helper, for that */
	const char *config; /* its configuration file, for that */
};

/* Strings are copied. Nothing is connected or started yet. NULL with *e. */
struct helper *helper_new(const struct helper_config *c,
			  struct err *e) MUST_CHECK;

/* Programs must be gone. A child of ours is ended and waited for (it ends at
 * the end of its input, within a second). NULL is fine. */
void helper_free(struct helper *h);

/* Whether no program is left, with its process group, of those that were let go
 * while they ran (program_free() and all that calls it). */
bool helper_is_quiet(const struct helper *h);

/* What of the program may be asked for. */
struct program_request {
	const char *verb;   /* "provision" "hook" "backup" "unpack" ... */
	const char *name;   /* the section's in the helper's configuration */
	json_t *fields;	    /* object, borrowed during the call: what the verb
			     * takes; the helper checks each and builds the
			     * arguments. NULL: none */
	const char *secret; /* or NULL: of "backup" the password; the helper
			     * writes it, with what of the fields says whose it
			     * is, into an option file in memory */
};

/* How a program ended. */
struct program_end {
	bool is_started; /* false: it never ran, err says why; or the helper
			  * did it itself ("list", "remove") */
	int status;	 /* exit status, -1: a signal ended it */
	int signal;	 /* 0: none */
	/*
	 * ERR_NONE with status 0. Else a sentence, with the program's last
	 * line: ERR_INVALID "not_configured" (the helper has no such verb and
	 * name), "program_refused" (a field), "program_failed", ERR_IO
	 * "helper_failed" (no helper, or it went away).
	 */
	struct err err;
};

/* All run from the loop, never inside program_start(). */
struct program_ops {
	/* It runs: program_input() and program_output() are there. */
	void (*started)(void *arg);
	/* A line that it wrote to its standard error, without its end, cut at
	 * 1,000 bytes, secrets removed. May be NULL. */
	void (*line)(void *arg, const char *text);
	/* It has ended and all its lines were told; the last call. The object
	 * stays, with what is unread of its output, until program_free(). */
	void (*ended)(void *arg, const struct program_end *end);
};

/* ops and arg are borrowed until program_free(). NULL with *e filled. */
struct program *program_start(struct helper *h, const struct program_request *r,
			      const struct program_ops *ops, void *arg,
			      struct err *e) MUST_CHECK;

/*
 * Descriptors, non-blocking, from started() on: its standard input for
 * writing, its standard output for reading. Owned by the program; -1 when it
 * has none. program_close_input(): the end of its input.
 */
int program_input(const struct program *p);
int program_output(const struct program *p);
void program_close_input(struct program *p);

/* True from ended() on; NULL before. */
const struct program_end *program_ended(const struct program *p);

/* Lets go of it: if it runs, it is ended with its whole process group, SIGTERM
 * first and SIGKILL 5 s later, without waiting here; no callback runs any
 * more. NULL is fine. */
void program_free(struct program *p);

#endif
