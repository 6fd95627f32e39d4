/* landlock.h - what a process gives up for good, by Linux's Landlock
 * (landlock(7), kernel.org/doc/html/latest/userspace-api/landlock.html). */
#ifndef COFFER_BASE_LANDLOCK_H
#define COFFER_BASE_LANDLOCK_H

/*
 * From now on the calling thread, and the threads and children that it makes,
 * start no program and make no device file, whatever rights they have; all else
 * of files is as before. Needs PR_SET_NO_NEW_PRIVS. Returns 0, or an errno:
 * ENOSYS and EOPNOTSUPP when the kernel has no Landlock, or one before Linux
 * 5.19, which would also forbid to rename from folder to folder.
 */
int landlock_start_nothing(void);

#endif
