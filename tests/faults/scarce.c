/*
 * scarce.c - memory that runs out at one place: preloaded into a server, it
 * knows allocations by where they were asked for (a hash of the return
 * addresses), counts each such place, and refuses the next one of the place
 * that it is told to. Its orders and counts lie in a file that is mapped
 * (SCARCE_FILE); tests/faults/memory writes and reads it.
 *
 * Places mean the same again only where addresses are the same: setarch -R.
 */
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SPENT = 2, DEPTH = 14, PLACES = 1 << 16 };

enum order { IDLE, COUNT, REFUSE };

struct place {
	_Atomic uint64_t hash;
	_Atomic uint64_t count;
};

/* tests/faults/memory knows this layout. */
struct page {
	_Atomic uint64_t order;
	uint64_t hash;		  /* which place to refuse */
	_Atomic uint64_t skipped; /* so many of it are given before */
	_Atomic uint64_t refused; /* how many were */
	uint64_t depth;		  /* the return addresses of the refused */
	uint64_t frames[DEPTH];
	struct place places[PLACES];
};

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static struct page *page;
/* The place is looked for: what that takes is not counted. */
static _Thread_local bool is_busy __attribute__((tls_model("initial-exec")));

/* Where it broke is more than that it broke. */
static void on_crash(int number)
{
	void *frames[2 * DEPTH];

	is_busy = true;
	backtrace_symbols_fd(frames, backtrace(frames, 2 * DEPTH),
			     STDERR_FILENO);
	(void)raise(number); /* SA_RESETHAND: now it ends */
}

static __attribute__((constructor)) void begin(void)
{
	const struct sigaction crash = {.sa_handler = on_crash,
					.sa_flags = SA_RESETHAND};
	const char *path = getenv("SCARCE_FILE");
	void *frames[2], *mapped;
	int fd;

	(void)sigaction(SIGSEGV, &crash, NULL);
	(void)sigaction(SIGABRT, &crash, NULL);
	(void)sigaction(SIGBUS, &crash, NULL);
	if (path == NULL || (fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return;
	mapped = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE, MAP_SHARED,
		      fd, 0);
	(void)close(fd);
	/* The first one loads a library. */
	(void)backtrace(frames, 2);
	if (mapped != MAP_FAILED)
		page = mapped;
}

struct way {
	void *frames[DEPTH];
	int depth;
};

static uint64_t where(struct way *w)
{
	uint64_t hash = 0xcbf29ce484222325u;

	w->depth = backtrace(w->frames, DEPTH);
	for (int i = SPENT; i < w->depth; i++)
		hash = (hash ^ (uintptr_t)w->frames[i]) * 0x100000001b3u;
	return hash != 0 ? hash : 1;
}

static void note(uint64_t hash)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct place *p = &page->places[(hash + i) % PLACES];
		uint64_t none = 0;

		if (atomic_compare_exchange_strong(&p->hash, &none, hash) ||
		    none == hash) {
			atomic_fetch_add(&p->count, 1);
			return;
		}
	}
}

/* Whether to refuse what is asked for now. */
static __attribute__((noinline)) bool is_refused(void)
{
	uint64_t order = page != NULL ? atomic_load(&page->order) : IDLE;
	struct way way;
	uint64_t hash;

	if (order == IDLE || is_busy)
		return false;
	is_busy = true;
	hash = where(&way);
	is_busy = false;
	if (order == COUNT) {
		note(hash);
		return false;
	}
	if (hash != page->hash)
		return false;
	if (atomic_fetch_sub(&page->skipped, 1) > 0)
		return false;
	if (atomic_fetch_add(&page->refused, 1) > 0)
		return false;
	for (int i = 0; i < way.depth; i++)
		page->frames[i] = (uintptr_t)way.frames[i];
	page->depth = (uint64_t)way.depth;
	errno = ENOMEM;
	return true;
}

void *malloc(size_t size)
{
	return is_refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
	return is_refused() ? NULL : __libc_realloc(p, size);
}

void *memalign(size_t alignment, size_t size)
{
	return is_refused() ? NULL : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **to, size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	if (p == NULL)
		return ENOMEM;
	*to = p;
	return 0;
}
