/* spool_file.c - the segments of one stream, and the places in them. */
#include "stages/spool_int.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What is on disk keeps its frame and its spans in memory: little, but for a
 * source with very many very small tables. All streams together.
 */
enum { MEMORY_MAX_BYTES = 16 * 1024 * 1024, ITEM_BYTES = 128 };

static struct spool_file *file_of(struct work *w)
{
	return (struct spool_file *)((char *)w -
				     offsetof(struct spool_file, work));
}

struct spool_file *spool_file_new(struct spool *s, struct err *e)
{
	struct spool_file *file = calloc(1, sizeof(*file));

	if (file == NULL || (file->folder = strdup(s->folder)) == NULL) {
		(void)err_nomem(e, "a spool's file");
		goto fail;
	}
	if (!spool_ciphers_new(file->ciphers, e))
		goto fail;
	TAILQ_INIT(&file->segments);
	file->refs = 1;
	file->spool = s;
	TAILQ_INSERT_TAIL(&s->files, file, entry);
	return file;

fail:
	if (file != NULL)
		free(file->folder);
	free(file);
	return NULL;
}

/* Blocking. */
static void close_all(struct spool_file *file)
{
	struct spool_segment *g;

	TAILQ_FOREACH (g, &file->segments, entry) {
		if (g->fd >= 0)
			(void)close(g->fd);
		g->fd = -1;
	}
}

/* From here on the spool knows nothing of the file. */
static void forget(struct spool_file *file)
{
	struct spool *s = file->spool;

	if (s == NULL)
		return;
	TAILQ_REMOVE(&s->files, file, entry);
	s->disk_bytes -= file->disk_bytes;
	s->memory_bytes -= file->memory_bytes;
	file->spool = NULL;
}

static void file_free(struct spool_file *file)
{
	struct spool_segment *g;

	close_all(file);
	forget(file);
	while ((g = TAILQ_FIRST(&file->segments)) != NULL) {
		TAILQ_REMOVE(&file->segments, g, entry);
		free(g);
	}
	spool_cipher_free(file->ciphers[0]);
	spool_cipher_free(file->ciphers[1]);
	free(file->folder);
	free(file);
}

static void close_run(struct work *w)
{
	close_all(file_of(w));
}

static void close_done(struct work *w)
{
	file_free(file_of(w));
}

/* To free gigabytes of a file takes the system a while: on a worker. */
void spool_file_unref(struct spool_file *file)
{
	if (--file->refs > 0)
		return;
	if (file->spool == NULL || TAILQ_EMPTY(&file->segments)) {
		file_free(file);
		return;
	}
	file->is_closing = true;
	file->work.run = close_run;
	file->work.done = close_done;
	workers_submit(file->spool->c.blocking, &file->work);
}

void spool_file_orphan(struct spool_file *file)
{
	forget(file);
	if (file->is_closing)
		work_abandon(&file->work, close_done);
}

static bool has_room(const struct spool *s, size_t disk, size_t memory,
		     bool can_wait)
{
	uint64_t max = can_wait ? s->c.max_bytes / 2 : s->c.max_bytes;

	return s->disk_bytes <= max && disk <= max - s->disk_bytes &&
	       s->memory_bytes + memory <= MEMORY_MAX_BYTES;
}

static void take_room(struct spool_file *file, size_t disk, size_t memory)
{
	file->disk_bytes += disk;
	file->memory_bytes += memory;
	file->spool->disk_bytes += disk;
	file->spool->memory_bytes += memory;
}

/* Of an orphan nobody counts any more. */
static void give_room(struct spool_file *file, uint64_t disk, uint64_t memory)
{
	file->disk_bytes -= disk;
	file->memory_bytes -= memory;
	if (file->spool == NULL)
		return;
	file->spool->disk_bytes -= disk;
	file->spool->memory_bytes -= memory;
}

static struct spool_segment *segment_new(struct spool_file *file)
{
	struct spool_segment *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->fd = -1;
	TAILQ_INSERT_TAIL(&file->segments, g, entry);
	return g;
}

static struct spool_segment *segment_for(struct spool_file *file, bool is_first)
{
	struct spool_segment *last =
		TAILQ_LAST(&file->segments, spool_segments);

	if (last == NULL || last->is_ending ||
	    (is_first && last->bytes >= file->spool->segment_bytes))
		return segment_new(file);
	return last;
}

static size_t memory_of(const struct frame *f)
{
	size_t bytes = sizeof(struct spool_block) + sizeof(*f) +
		       f->nspans * (sizeof(*f->spans) + ITEM_BYTES);

	for (size_t i = 0; i < f->nspans; i++)
		if (f->spans[i].item->line != NULL)
			bytes += strlen(f->spans[i].item->line);
	return bytes;
}

enum spool_laid spool_file_lay(struct spool_file *file, struct frame *f,
			       bool can_wait, struct spool_blocks *blocks)
{
	size_t memory = memory_of(f);
	struct spool_segment *g;
	struct spool_block *b;

	if (!has_room(file->spool, f->len, memory, can_wait))
		return SPOOL_FULL;
	b = calloc(1, sizeof(*b));
	g = b != NULL ? segment_for(file, TAILQ_EMPTY(blocks)) : NULL;
	if (g == NULL) {
		free(b);
		return SPOOL_NOMEM;
	}
	take_room(file, f->len, memory);
	*b = (struct spool_block){.frame = f,
				  .segment = g,
				  .offset = g->bytes,
				  .number = file->next_number++,
				  .memory = memory};
	g->bytes += f->len;
	g->nblocks++;
	TAILQ_INSERT_TAIL(blocks, b, entry);
	return SPOOL_LAID;
}

struct frame *spool_file_unlay(struct spool_file *file,
			       struct spool_blocks *blocks)
{
	struct spool_block *b = TAILQ_LAST(blocks, spool_blocks);
	struct frame *f;

	if (b == NULL)
		return NULL;
	f = b->frame;
	TAILQ_REMOVE(blocks, b, entry);
	assert(b->offset + f->len == b->segment->bytes);
	b->segment->bytes -= f->len;
	b->segment->nblocks--;
	give_room(file, f->len, b->memory);
	free(b);
	return f;
}

struct frame *spool_file_take(struct spool_file *file,
			      struct spool_blocks *blocks)
{
	struct spool_block *b = TAILQ_FIRST(blocks);
	struct frame *f;

	if (b == NULL)
		return NULL;
	f = b->frame;
	TAILQ_REMOVE(blocks, b, entry);
	b->segment->nblocks--;
	give_room(file, 0, b->memory);
	free(b);
	return f;
}

void spool_segment_free(struct spool_file *file, struct spool_segment *g)
{
	assert(g->fd < 0 && g->nblocks == 0);
	give_room(file, g->bytes, 0);
	TAILQ_REMOVE(&file->segments, g, entry);
	free(g);
}
