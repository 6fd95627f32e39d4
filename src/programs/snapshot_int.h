/* snapshot_int.h - one snapshot, and those who have to see that it goes. */
#ifndef COFFER_PROGRAMS_SNAPSHOT_INT_H
#define COFFER_PROGRAMS_SNAPSHOT_INT_H

#include <sys/queue.h>

#include <jansson.h>

#include "base/id.h"
#include "programs/call.h"
#include "programs/snapshot.h"

struct event;

enum snapshot_operation {
	OPERATION_NONE,
	OPERATION_CREATE,
	OPERATION_OPEN,
	OPERATION_RELEASE,
	OPERATION_COUNT,
};

struct snapshot {
	TAILQ_ENTRY(snapshot) entry;
	struct snapshots *keeper;
	char *hook;
	char id[ID_MAX];
	bool is_held;	/* somebody has it, and will let go */
	bool may_exist; /* until it was released */
	bool is_cut;	/* a program was ended, which may take its time */
	enum snapshot_operation operation; /* under way, or to begin */
	struct program_call *call;	   /* NULL: none runs */
	struct event *timer;		   /* when a release may begin */
	unsigned tries;			   /* to release it, by the keeper */
	char *directory;		   /* once it is open */
	void (*dismiss)(void *writer);	   /* who still writes there, or NULL */
	void *writer;
	snapshot_done_cb *done;
	snapshot_line_cb *line;
	void *arg;
};

TAILQ_HEAD(snapshot_list, snapshot);

struct snapshots {
	struct loop *loop;
	struct helper *helper;
	char owner[ID_MAX];
	struct snapshot_list list;
	struct program_call *asking; /* the helper, or a hook, for its list */
	json_t *hooks;		     /* names that are gone through */
	size_t next_hook;
	struct event *timer; /* the next look */
	struct event *idler; /* tells that nothing is left */
	bool is_stopping;
	void (*idle)(void *arg);
	void *idle_arg;
};

/* A new one in the list. NULL: no memory. */
struct snapshot *snapshot_add(struct snapshots *s, const char *hook,
			      const char *id);

/* Of nobody's (is_held false): begins to release it when ms are over. */
void snapshot_release_soon(struct snapshot *sn, unsigned ms);

/* Out of the list; ends what is under way. */
void snapshot_free(struct snapshot *sn);

/* snapshots.c: one is gone from the list. */
void snapshots_check_idle(struct snapshots *s);

#endif
