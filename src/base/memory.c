/* memory.c - memory for a library that cannot bear to get none. */
#include "base/memory.h"

#include <stdatomic.h>
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

static void *fall_back(size_t n)
{
	void *p;

	free(atomic_exchange(&reserve.bytes, NULL));
	p = malloc(n);
	if (p == NULL) {
		log_error("base", "no memory is left for a document: the "
				  "process ends; give it more, or less to do");
		_exit(EX_OSERR);
	}
	log_warn("base", "memory runs out: a reserve was used");
	atomic_store(&reserve.is_gone, true);
	return p;
}

void *memory_sure(size_t n)
{
	void *p = malloc(n);

	if (p == NULL)
		return fall_back(n);
	if (atomic_load_explicit(&reserve.is_gone, memory_order_relaxed))
		restore();
	return p;
}
