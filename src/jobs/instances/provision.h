/*
 * provision.h - calls of a provisioner (doc/reference/provisioners.md), each
 * within a deadline, and what its answers are held against: it is a program of
 * somebody's, and may hang, lie or fail.
 */
#ifndef COFFER_JOBS_PROVISION_H
#define COFFER_JOBS_PROVISION_H

#include <jansson.h>

#include "base/err.h"
#include "jobs/jobs_int.h"
#include "programs/call.h"

/* One call under way; embedded in its owner, zero it to begin with. */
struct provision {
	struct program_call *call;
	struct job *job; /* whose log its words go to; NULL: the server's */
	char provider[NAME_BUF];
	const char *operation;
	bool lingers; /* its program was ended for being late */
	void (*done)(void *arg, json_t *reply, const struct err *e);
	void *arg;
};

struct provision_ask {
	struct jobs *jobs;
	struct job *job; /* may be NULL */
	const char *provider;
	const char *operation; /* a literal */
	json_t *request;       /* taken, also on failure; NULL: no memory */
	/* As program_call_cb, but all failures of the program's are
	 * "provisioner_failed", and one that is not there is "not_found". */
	void (*done)(void *arg, json_t *reply, const struct err *e);
	void *arg;
};

/* False with *e filled. */
bool provision_start(struct provision *p, const struct provision_ask *ask,
		     struct err *e) MUST_CHECK;

/* Ends its program; done does not run. Whether one was under way, or has been
 * ended for being late: it may go on for PROVISION_LINGER_MS, and what is asked
 * next may meet it. */
bool provision_cancel(struct provision *p);

/* So long a program may live after it was ended: SIGKILL comes after 5 s. */
enum { PROVISION_LINGER_MS = 6000 };

/* {"id":id}; NULL: no memory. */
json_t *provision_id(const char *id) MUST_CHECK;

/* What an instance is to hold. */
struct provision_need {
	const char *engine, *version, *method;
};

/* The method's data are files of the engine's, and not statements. */
bool provision_is_files(const struct provision_need *n);

/* Whether an answer to "describe" tells that it can; "target_incompatible"
 * names what it has. */
bool provision_suits(const char *provider, const json_t *answer,
		     const struct provision_need *n, struct err *e);

/* Reads an answer to "describe"; the engines belong to the answer.
 * "provisioner_failed": it is none. */
bool provision_described(const char *provider, json_t *answer,
			 const char **description, json_t **engines,
			 struct err *e) MUST_CHECK;

/* Reads an answer to "prepare": *directory belongs to it, NULL where it wants
 * a connection. It has to be what the method needs. "provisioner_failed" */
bool provision_prepared(const char *provider, const json_t *answer,
			const struct provision_need *n, const char **directory,
			struct err *e) MUST_CHECK;

/* How an instance is reached. */
struct provision_place {
	char *connection_json; /* as in a source's record */
	char *secret;	       /* NULL: none */
	char version[64];
};

/* Reads an answer to "start"; provision_place_fini() ends it.
 * "provisioner_failed" */
bool provision_started(const char *provider, const json_t *answer,
		       struct provision_place *out, struct err *e) MUST_CHECK;

/* Reads an answer to "destroy": nothing is left. "provisioner_failed" */
bool provision_destroyed(const char *provider, const json_t *answer,
			 struct err *e);

/* Wipes and frees what it holds. */
void provision_place_fini(struct provision_place *p);

#endif
