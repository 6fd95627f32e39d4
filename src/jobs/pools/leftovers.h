/*
 * leftovers.h - takes out of the pools what this server left there and its
 * catalog does not know: an owner.json that names this server, without a
 * manifest, of a backup that is in no record. It comes of a catalog that was
 * put back from a copy, or of a takeover. Backups with a manifest stay: they
 * can be adopted.
 */
#ifndef COFFER_JOBS_LEFTOVERS_H
#define COFFER_JOBS_LEFTOVERS_H

struct jobs;
struct leftovers;

/* NULL: no memory. */
struct leftovers *leftovers_new(struct jobs *j);

/* Looks soon, and every hour. */
void leftovers_kick(struct leftovers *l);

/* No more; a look that is under way is dropped. */
void leftovers_stop(struct leftovers *l);

/* NULL is fine. */
void leftovers_free(struct leftovers *l);

#endif
