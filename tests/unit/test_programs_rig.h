/*
 * test_programs_rig.h - a real coffer-helper that runs real programs: the
 * provisioner "shell" runs its operation as a script of the test's.
 */
#ifndef COFFER_TESTS_UNIT_TEST_PROGRAMS_RIG_H
#define COFFER_TESTS_UNIT_TEST_PROGRAMS_RIG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"
#include "programs/call.h"
#include "programs/helper.h"
#include "programs/stream.h"

struct loop;

enum { RIG_LINES_MAX = 64 };

struct rig {
	struct loop *loop;
	struct helper *helper;
	char folder[64]; /* of this test; "instances" and "snapshots" in it */
	struct program *program;
	unsigned nstarted, nended;
	struct program_end end;
	char *lines[RIG_LINES_MAX];
	size_t nlines; /* all, also those that are not kept */
	struct text output;
};

/* cmocka's setup and teardown. *state is the rig. */
int rig_begin(void **state);
int rig_end(void **state);

/* Writes a script that "provision NAME" runs with /bin/sh. */
void rig_script(struct rig *r, const char *name, const char *script);

/* Path of a name in the rig's folder; valid until the next call. */
const char *rig_path(struct rig *r, const char *name);

/* Writes a file there. */
void rig_file(struct rig *r, const char *name, const char *text);

/* Starts "provision NAME" with the rig's own callbacks. */
void rig_start(struct rig *r, const char *name);

/* The same of any request. */
void rig_request(struct rig *r, const struct program_request *q);

/* Turns the loop until *value is no more 0; fails after ten seconds. */
void rig_until(struct rig *r, const unsigned *value);

/* Turns the loop for so long. */
void rig_for(struct rig *r, unsigned ms);

/* Waits for the end and reads the rest of the output. */
void rig_run(struct rig *r, const char *name);

/* Whether a process is there, zombies apart. */
bool rig_is_alive(int pid);

/* Turns the loop until it is not; fails after ten seconds. */
void rig_until_dead(struct rig *r, int pid);

/* The number in a file of the rig's folder; waits until there is one. */
int rig_number(struct rig *r, const char *name);

#endif
