/* memory.c - memory for libraries that cannot bear to get none. */
#include "base/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"

static struct {
	_Atomic(void *) bytes;
	atomic_bool is_gone; /* and should be there */
} reserve;

/* Of those who see that it is gone, one tries. */
static void restore(void)
{
	void *p;

	if (!atomic_exchange(&reserve.is_gone, false))
		return;
	p = malloc(MEMORY_RESERVE_BYTES);
	free(atomic_exchange(&reserve.bytes, p));
	if (p == NULL)
		atomic_store(&reserve.is_gone, true);
}

void memory_keep_reserve(void)
{
	atomic_store(&reserve.is_gone, true);
	restore();
}

/* False: there was none to let go. */
static bool let_go(void)
{
	void *p = atomic_exchange(&reserve.bytes, NULL);

	if (p == NULL)
		return false;
	free(p);
	log_warn("base", "memory runs out: a reserve is used");
	atomic_store(&reserve.is_gone, true);
	return true;
}

void *memory_resize(void *p, size_t n)
{
	void *q = realloc(p, n);

	if (q == NULL && n > 0 && let_go())
		return realloc(p, n);
	if (atomic_load_explicit(&reserve.is_gone, memory_order_relaxed))
		restore();
	return q;
}

void *memory_try(size_t n)
{
	void *p = malloc(n);

	if (p == NULL && let_go())
		return malloc(n);
	if (atomic_load_explicit(&reserve.is_gone, memory_order_relaxed))
		restore();
	return p;
}

void *memory_sure(size_t n)
{
	void *p = memory_try(n);

	if (p == NULL) {
		log_error("base", "no memory is left for a document: the "
				  "process ends; give it more, or less to do");
		_exit(EX_OSERR);
	}
	return p;
}
