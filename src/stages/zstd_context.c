/* zstd_context.c - the memory that compression works in, shared and bounded. */
#include "stages/zstd_int.h"

#include <pthread.h>
#include <stdlib.h>

/* Scratch beyond this is for one long row and not worth keeping. */
enum { SCRATCH_KEEP_BYTES = 2 * 1024 * 1024 };

/* Worker threads and the loop meet here; held for a few instructions only. */
static struct {
	pthread_mutex_t lock;
	unsigned stages;
	SLIST_HEAD(, zstd_context) idle;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void context_free(struct zstd_context *c)
{
	ZSTD_freeCCtx(c->packer);
	ZSTD_freeDCtx(c->unpacker);
	free(c->scratch);
	free(c);
}

void zstd_contexts_hold(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.stages++;
	pthread_mutex_unlock(&pool.lock);
}

void zstd_contexts_drop(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.stages--;
	while (pool.stages == 0 && !SLIST_EMPTY(&pool.idle)) {
		struct zstd_context *c = SLIST_FIRST(&pool.idle);

		SLIST_REMOVE_HEAD(&pool.idle, entry);
		context_free(c);
	}
	pthread_mutex_unlock(&pool.lock);
}

struct zstd_context *zstd_context_take(void)
{
	struct zstd_context *c;

	pthread_mutex_lock(&pool.lock);
	c = SLIST_FIRST(&pool.idle);
	if (c != NULL)
		SLIST_REMOVE_HEAD(&pool.idle, entry);
	pthread_mutex_unlock(&pool.lock);
	return c != NULL ? c : calloc(1, sizeof(*c));
}

/* A worker may come back after the last stage is gone: then nothing is kept. */
void zstd_context_give(struct zstd_context *c)
{
	bool is_kept;

	if (c == NULL)
		return;
	if (c->scratch_bytes > SCRATCH_KEEP_BYTES) {
		free(c->scratch);
		c->scratch = NULL;
		c->scratch_bytes = 0;
	}
	pthread_mutex_lock(&pool.lock);
	is_kept = pool.stages > 0;
	if (is_kept)
		SLIST_INSERT_HEAD(&pool.idle, c, entry);
	pthread_mutex_unlock(&pool.lock);
	if (!is_kept)
		context_free(c);
}

void *zstd_context_scratch(struct zstd_context *c, size_t len)
{
	if (c->scratch_bytes >= len)
		return c->scratch;
	free(c->scratch);
	c->scratch = malloc(len);
	c->scratch_bytes = c->scratch != NULL ? len : 0;
	return c->scratch;
}
