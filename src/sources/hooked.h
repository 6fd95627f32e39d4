/*
 * hooked.h - the snapshot that a dump reads from: taken by a hook
 * (programs/snapshot.h), which the dump's phases wait for one at a time. A
 * phase that waits for nothing else is made of a hooked_call.
 */
#ifndef COFFER_SOURCES_HOOKED_H
#define COFFER_SOURCES_HOOKED_H

#include "pipeline/pipeline.h"
#include "programs/snapshot.h"

/* Of one dump, in it. All but choice, snapshot, is_answered and answer is set
 * by the dump, and borrowed. */
struct hooked {
	struct snapshots *snapshots;
	const char *id;				   /* of the backup */
	void (*line)(void *arg, const char *text); /* or NULL */
	void *line_arg;
	struct hook_choice *choice;
	struct snapshot *snapshot; /* NULL: none yet, or let go of */
	struct waker *waiter;	   /* of the phase that waits for the hook */
	bool is_answered;
	struct err answer; /* what went wrong, or nothing */
};

/* Asks no more, and lets go of the snapshot. */
void hooked_fini(struct hooked *h);

/* The phase's source will be woken (w; NULL: nobody) when the hook has
 * answered: h->is_answered, h->answer. */
void hooked_await(struct hooked *h, struct waker *w);

/* A snapshot_done_cb: so that it has. arg: the struct hooked, as it is of all
 * callbacks of h->snapshot. */
void hooked_answered(void *arg, const struct err *e);

/* A hook_choice_cb (arg: the struct hooked) of h->choice: makes h->snapshot.
 * What an earlier try has left of the id is released first, for a hook that is
 * asked again for the same id gives what it has; then it is answered. */
void hooked_chosen(void *arg, const char *hook, const struct err *e);

struct hooked_call {
	const char *name; /* of the source */
	/* Asks the hook. False with *e filled: it could not. */
	bool (*begin)(struct hooked *h, void *dump, struct err *e);
	/* What the phase makes of h->answer, a failure or not. False with *e
	 * filled: the phase failed. */
	bool (*over)(struct hooked *h, void *dump, struct err *e);
};

/* begin of what it holds becoming readable, and of its release. */
bool hooked_open(struct hooked *h, void *dump, struct err *e);
bool hooked_release(struct hooked *h, void *dump, struct err *e);

/* over of a phase that fails as the hook did. */
bool hooked_over(struct hooked *h, void *dump, struct err *e);

/* The source of a phase; call, h and dump are borrowed. NULL with *e filled. */
struct source *hooked_call_new(const struct hooked_call *call, struct hooked *h,
			       void *dump, struct err *e) MUST_CHECK;

#endif
