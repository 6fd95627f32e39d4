/* backup_programs.h - what a method needs of the helper: somebody who asks for
 * a backup by hand is told at once what is missing. */
#ifndef COFFER_JOBS_BACKUP_PROGRAMS_H
#define COFFER_JOBS_BACKUP_PROGRAMS_H

#include "jobs/jobs_int.h"
#include "programs/call.h"

/* Embedded in its owner; zero it to begin with. */
struct backup_programs {
	const char *method;
	const char *list; /* of the helper's answer: "tools" "hooks" */
	const char *name; /* what must be in it; NULL: anything */
	struct program_call *call;
	catalog_done_cb *done;
	void *arg;
};

/* Whether the method of r needs any at a source of that engine and version;
 * r is borrowed until the end. */
bool backup_programs_are_needed(struct backup_programs *p,
				const struct backup_record *r,
				const struct source_record *source);

/* Asks the helper. done runs once, from the loop: e NULL, "source_check_failed"
 * with what to install or configure, or "helper_failed". False with *e filled.
 */
bool backup_programs_ask(struct backup_programs *p, struct jobs *j,
			 catalog_done_cb *done, void *arg,
			 struct err *e) MUST_CHECK;

/* done will not run. */
void backup_programs_fini(struct backup_programs *p);

#endif
