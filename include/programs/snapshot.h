/*
 * snapshot.h - snapshots of file systems, taken by hooks
 * (doc/reference/hooks.md) under the id of their backup. Whoever has one may
 * let go of it at any moment: it is released all the same. What a crash has
 * left the hooks themselves know.
 */
#ifndef COFFER_PROGRAMS_SNAPSHOT_H
#define COFFER_PROGRAMS_SNAPSHOT_H

#include <stdbool.h>

#include "base/err.h"

struct helper;
struct hook_choice;
struct loop;
struct snapshot;
struct snapshots;

/* owner: the id of this server, copied. NULL with *e filled. */
struct snapshots *snapshots_new(struct loop *l, struct helper *h,
				const char *owner, struct err *e) MUST_CHECK;

/* Asks all hooks soon, and then every hour, for snapshots of this owner that
 * nobody here has: those are released. */
void snapshots_start(struct snapshots *s);

/* Asks no more; what is being released still is, but not tried again. idle runs
 * from the loop when nothing is left to be released, and again after more was
 * let go of. */
void snapshots_stop(struct snapshots *s, void (*idle)(void *arg), void *arg);

/* Whether nothing is being released. NULL: yes. */
bool snapshots_is_idle(const struct snapshots *s);

/* Drops all at once; what is left is found by the next start. Whoever had a
 * snapshot has let go of it. NULL is fine. */
void snapshots_free(struct snapshots *s);

typedef void snapshot_done_cb(void *arg, const struct err *e);
typedef void snapshot_line_cb(void *arg, const char *text);

/* Nothing is taken yet. Strings are copied; line, which may be NULL, is told
 * what the hook writes to its standard error. NULL with *e filled. */
struct snapshot *snapshot_new(struct snapshots *s, const char *hook,
			      const char *id, snapshot_line_cb *line, void *arg,
			      struct err *e) MUST_CHECK;

/*
 * One of the hook's operations, one at a time. done runs once, from the loop,
 * with arg of snapshot_new(); e NULL: it was done, else what failed:
 * "snapshot_failed" with the hook's sentence, or "snapshot_timed_out": the
 * program has been ended then. False with *e filled: it could not begin.
 *
 * create: takes it, of all beneath path; a hook with scratch folders tells by
 * then where its server may write, by snapshot_directory(). open: makes it
 * readable; where, tells snapshot_directory() from then on. release: nothing of
 * it is left; also of one that somebody else was just releasing, or that there
 * never was.
 */
bool snapshot_create(struct snapshot *sn, const char *path, unsigned timeout_ms,
		     snapshot_done_cb *done, struct err *e) MUST_CHECK;
bool snapshot_open(struct snapshot *sn, snapshot_done_cb *done,
		   struct err *e) MUST_CHECK;
bool snapshot_release(struct snapshot *sn, snapshot_done_cb *done,
		      struct err *e) MUST_CHECK;

/* An absolute path, once it is open; NULL before. Of a hook with scratch
 * folders, once it was created. */
const char *snapshot_directory(const struct snapshot *sn);

/* The hook's name. */
const char *snapshot_hook(const struct snapshot *sn);

/* Ends what is under way, done will not run, and releases what may be there,
 * without waiting here. Takes sn; NULL is fine. */
void snapshot_let_go(struct snapshot *sn);

/*
 * The same of a folder that somebody may still be writing to: it is released
 * once snapshot_is_left() was called, which must be later. Both may be freed
 * before: then dismiss(writer) runs, and snapshot_is_left() must not. Takes sn.
 */
void snapshot_let_go_after(struct snapshot *sn, void (*dismiss)(void *writer),
			   void *writer);
void snapshot_is_left(struct snapshot *sn);

/* hook: valid during the call; or NULL and e, "snapshot_refused". */
typedef void hook_choice_cb(void *arg, const char *hook, const struct err *e);

/*
 * Which hook can take a snapshot of what lies beneath path, atomically: the one
 * named (hook; NULL: any), or the first of those that the helper lists. done
 * runs once, from the loop. NULL with *e filled.
 */
struct hook_choice *hook_choose(struct helper *h, const char *path,
				const char *hook, hook_choice_cb *done,
				void *arg, struct err *e) MUST_CHECK;

/* The same of a hook that takes no snapshots but gives folders that the server
 * of path may write to; the first of those that the helper lists. */
struct hook_choice *hook_choose_scratch(struct helper *h, const char *path,
					hook_choice_cb *done, void *arg,
					struct err *e) MUST_CHECK;

/* done will not run. NULL is fine. */
void hook_choice_cancel(struct hook_choice *c);

#endif
