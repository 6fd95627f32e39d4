/* child.h - the program that a request runs: started, waited for, ended. */
#ifndef COFFER_HELPER_CHILD_H
#define COFFER_HELPER_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "places.h"

struct command;
struct settings;

struct child_end {
	int status; /* exit status, or -1 */
	int signal; /* or 0 */
};

/* Zero it to begin with; child_fini() ends it. */
struct child {
	pid_t pid;
	int watch;    /* pidfd: readable when it has ended */
	int pipes[3]; /* ours, to and from its standard streams; then -1 */
	char scratch[SCRATCH_PATH_MAX];
};

/* Starts it, in a session of its own, with nothing open but its three streams
 * and the command's extra descriptor. False with *e filled. */
bool child_start(struct child *c, const struct command *m,
		 const struct settings *s, struct err *e) MUST_CHECK;

/* Waits until it has ended, or until something happens on the connection, which
 * is its end, too: its group is told to end, and killed 5 s later. */
void child_wait(struct child *c, int connection, struct child_end *end);

/* Closes what is open and removes its scratch folder. */
void child_fini(struct child *c);

#endif
