/* folder.h - is the folder of a pool there, and is it the pool's? */
#ifndef COFFER_JOBS_FOLDER_H
#define COFFER_JOBS_FOLDER_H

#include "model/records.h"

struct folder_look;
struct jobs;

/* e is NULL when it is; else ERR_NOT_FOUND "store_failed" with what to do. */
typedef void folder_cb(void *arg, const struct err *e);

/* Whether the pool is a folder at all. */
bool folder_is_one(const struct pool_record *p);

/*
 * Looks on a worker whether the folder of such a pool is there and, if backups
 * are in it, holds the README.txt that the first of them wrote: else it is the
 * mount point of a disk that is away. p is not kept. done runs once, from the
 * loop. NULL with *e filled.
 */
struct folder_look *folder_look_start(struct jobs *j,
				      const struct pool_record *p,
				      folder_cb *done, void *arg,
				      struct err *e) MUST_CHECK;

/* done will not run. NULL is fine. */
void folder_look_cancel(struct folder_look *f);

#endif
