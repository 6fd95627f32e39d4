/* fence.h - programs that read what came from afar write nowhere but where
 * they are to: whatever is in it. */
#ifndef COFFER_HELPER_FENCE_H
#define COFFER_HELPER_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Whether the kernel has Landlock, and lets it be used. */
bool fence_is_there(void);

/*
 * From now on this process and all that it starts can make, change and remove
 * files beneath the n folders alone (Landlock, landlock(7)), and gain no rights
 * by what they start. What is open stays usable. True also where the kernel has
 * no Landlock; false with *e filled: it has, and it did not work.
 */
bool fence_writes(const int *folders, size_t n, struct err *e) MUST_CHECK;

#endif
