/* create_look.h - what can be known before an instance is made of a backup: the
 * backup itself, and that the provisioner says it can. */
#ifndef COFFER_JOBS_CREATE_LOOK_H
#define COFFER_JOBS_CREATE_LOOK_H

#include "jobs/instances/provision.h"
#include "jobs/restore/preflight.h"

/* Embedded in its owner; zero it to begin with. */
struct create_look {
	struct jobs *jobs;
	struct preflight preflight;
	struct provision provision;
	char provider[NAME_BUF];
	catalog_done_cb *done;
	void *arg;
};

/* done runs once, from the loop. Errors: those of jobs_restore(), "not_found"
 * of the provisioner, "provisioner_failed", "target_incompatible". False with
 * *e filled. */
bool create_look_start(struct create_look *l, struct jobs *j,
		       const struct restore_record *r, catalog_done_cb *done,
		       void *arg, struct err *e) MUST_CHECK;

/* Stops looking, and frees what was found. */
void create_look_fini(struct create_look *l);

#endif
