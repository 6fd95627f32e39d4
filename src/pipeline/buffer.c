/* buffer.c - a short stack of buffers between threads. */
#include "pipeline/buffer.h"

#include <pthread.h>
#include <stdlib.h>

#include "pipeline/frame.h"

/* With it, a use of what was given back is still found. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(data, len)   ((void)(data), (void)(len))
#define ASAN_UNPOISON_MEMORY_REGION(data, len) ((void)(data), (void)(len))
#endif

/* Held for a few instructions only. */
static struct {
	pthread_mutex_t lock;
	unsigned holders;
	unsigned nkept;
	unsigned char *kept[BUFFER_KEEP_MAX];
} stack = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* Under the lock. NULL: none is kept. */
static unsigned char *pop(void)
{
	unsigned char *data;

	if (stack.nkept == 0)
		return NULL;
	data = stack.kept[--stack.nkept];
	ASAN_UNPOISON_MEMORY_REGION(data, FRAME_BYTES);
	return data;
}

/* Under the lock. False: there are enough. */
static bool push(unsigned char *data)
{
	if (stack.holders == 0 || stack.nkept == BUFFER_KEEP_MAX)
		return false;
	ASAN_POISON_MEMORY_REGION(data, FRAME_BYTES);
	stack.kept[stack.nkept++] = data;
	return true;
}

unsigned char *buffer_take(size_t cap)
{
	unsigned char *data = NULL;

	if (cap == FRAME_BYTES) {
		pthread_mutex_lock(&stack.lock);
		data = pop();
		pthread_mutex_unlock(&stack.lock);
	}
	/* malloc(0) may answer NULL, which would look like a failure. */
	return data != NULL ? data : malloc(cap > 0 ? cap : 1);
}

void buffer_give(unsigned char *data, size_t cap)
{
	bool is_kept = false;

	if (data != NULL && cap == FRAME_BYTES) {
		pthread_mutex_lock(&stack.lock);
		is_kept = push(data);
		pthread_mutex_unlock(&stack.lock);
	}
	if (!is_kept)
		free(data);
}

void buffers_hold(void)
{
	pthread_mutex_lock(&stack.lock);
	stack.holders++;
	pthread_mutex_unlock(&stack.lock);
}

void buffers_drop(void)
{
	unsigned char *data;

	pthread_mutex_lock(&stack.lock);
	stack.holders--;
	while (stack.holders == 0 && (data = pop()) != NULL)
		free(data);
	pthread_mutex_unlock(&stack.lock);
}
