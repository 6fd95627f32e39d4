/* slices.c - the loop is to be woken soon: see loop_int.h. */
#include "config.h" /* for syscall() */
#include "loop_int.h"

#include <linux/sched.h>
#include <linux/sched/types.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SLICE_NS = 100 * 1000 };

/* The C library has no words for these. */
static bool get(struct sched_attr *a)
{
	return syscall(SYS_sched_getattr, 0, a, sizeof(*a), 0) == 0;
}

static void set(struct sched_attr *a)
{
	(void)syscall(SYS_sched_setattr, 0, a, 0);
}

void slices_shorten(void)
{
	struct sched_attr a = {0};

	/* Who was given another policy keeps it. */
	if (!get(&a) || a.sched_policy != SCHED_NORMAL)
		return;
	a.size = sizeof(a);
	a.sched_runtime = SLICE_NS;
	a.sched_flags = SCHED_FLAG_RESET_ON_FORK;
	set(&a);
}
