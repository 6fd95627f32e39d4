/*
 * spool_job.c - blocks go to the disk and come back, on a worker.
 *
 * From start to done the blocks, their frames and the descriptor of their
 * segment are the worker's. A frame gives its data up when all of its job's
 * blocks are written: a full disk leaves them as they were.
 */
#include "config.h" /* for fallocate() */
#include "stages/spool_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "pipeline/buffer.h"

enum { WRITER, READER };

static struct spool_job *job_of(struct work *w)
{
	return (struct spool_job *)((char *)w -
				    offsetof(struct spool_job, work));
}

static bool lacks_room(int error)
{
	return error == ENOSPC || error == EDQUOT || error == EFBIG;
}

static enum spool_verdict failed_write(struct spool_job *job)
{
	if (lacks_room(errno))
		return SPOOL_NO_ROOM;
	(void)err_set(&job->err, ERR_IO, "internal",
		      "cannot write to the spool in %s: %m; mend that, or "
		      "do without (spool_bytes = 0)",
		      job->file->folder);
	return SPOOL_FAILED;
}

static bool write_all(int fd, const unsigned char *at, size_t len,
		      uint64_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

static enum spool_verdict write_block(struct spool_job *job,
				      struct spool_block *b)
{
	const struct frame *f = b->frame;

	if (!spool_seal(job->file->ciphers[WRITER], b->number, f->data, f->len,
			b->tag)) {
		(void)err_bug(&job->err, "OpenSSL cannot seal a frame");
		return SPOOL_FAILED;
	}
	if (!write_all(b->segment->fd, f->data, f->len, b->offset))
		return failed_write(job);
	return SPOOL_GOOD;
}

/* What was sealed up to this one is opened again. */
static enum spool_verdict take_back(struct spool_job *job,
				    const struct spool_block *last)
{
	struct spool_block *b;

	TAILQ_FOREACH (b, &job->blocks, entry) {
		if (!spool_open(job->file->ciphers[WRITER], b->number,
				b->frame->data, b->frame->len, b->tag)) {
			(void)err_bug(&job->err, "OpenSSL cannot open a frame");
			return SPOOL_FAILED;
		}
		if (b == last)
			break;
	}
	return SPOOL_NO_ROOM;
}

static enum spool_verdict write_blocks(struct spool_job *job)
{
	struct spool_block *b;

	TAILQ_FOREACH (b, &job->blocks, entry) {
		enum spool_verdict v = write_block(job, b);

		if (v == SPOOL_NO_ROOM)
			return take_back(job, b);
		if (v != SPOOL_GOOD)
			return v;
	}
	TAILQ_FOREACH (b, &job->blocks, entry) {
		buffer_give(b->frame->data, b->frame->cap);
		b->frame->data = NULL;
		b->frame->cap = 0;
	}
	return SPOOL_GOOD;
}

/* A full disk shows here, before anything was sealed, where the file system
 * can tell; all other answers are the writes' business. */
static bool allocate(const struct spool_job *job)
{
	const struct spool_block *first = TAILQ_FIRST(&job->blocks);
	const struct spool_block *last = TAILQ_LAST(&job->blocks, spool_blocks);
	uint64_t len = last->offset + last->frame->len - first->offset;

	return len == 0 ||
	       fallocate(first->segment->fd, 0, (off_t)first->offset,
			 (off_t)len) == 0 ||
	       !lacks_room(errno);
}

static void write_run(struct work *w)
{
	struct spool_job *job = job_of(w);
	struct spool_segment *g = TAILQ_FIRST(&job->blocks)->segment;

	if (g->fd < 0)
		g->fd = file_open_nameless(job->file->folder,
					   SPOOL_FILE_PREFIX);
	if (g->fd < 0)
		job->verdict = failed_write(job);
	else if (!allocate(job))
		job->verdict = SPOOL_NO_ROOM;
	else
		job->verdict = write_blocks(job);
}

static bool damaged(const struct spool_job *job, struct err *e)
{
	return err_set(e, ERR_DAMAGED, "internal",
		       "the disk of the spool gave back other bytes than were "
		       "written to it: look after the disk of %s, then back up "
		       "again",
		       job->file->folder);
}

static bool read_all(struct spool_job *job, struct spool_block *b)
{
	unsigned char *at = b->frame->data;
	uint64_t offset = b->offset;
	size_t len = b->frame->len;

	while (len > 0) {
		ssize_t n = pread(b->segment->fd, at, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(
				&job->err, ERR_IO, "internal",
				"cannot read from the spool in %s: %m; "
				"look after its disk, then back up again",
				job->file->folder);
		if (n == 0)
			return damaged(job, &job->err);
		at += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return true;
}

static bool read_block(struct spool_job *job, struct spool_block *b)
{
	struct frame *f = b->frame;

	f->data = buffer_take(f->len);
	if (f->data == NULL)
		return err_nomem(&job->err, "a frame of the spool");
	f->cap = f->len;
	if (!read_all(job, b))
		return false;
	return spool_open(job->file->ciphers[READER], b->number, f->data,
			  f->len, b->tag) ||
	       damaged(job, &job->err);
}

static void read_run(struct work *w)
{
	struct spool_job *job = job_of(w);
	struct spool_segment *g = TAILQ_FIRST(&job->blocks)->segment;
	struct spool_block *b;

	job->verdict = SPOOL_GOOD;
	TAILQ_FOREACH (b, &job->blocks, entry) {
		if (!read_block(job, b)) {
			job->verdict = SPOOL_FAILED;
			return;
		}
	}
	if (g->is_ending) {
		(void)close(g->fd);
		g->fd = -1;
	}
}

static void job_done(struct work *w)
{
	struct spool_job *job = job_of(w);

	job->is_under_way = false;
	spool_file_unref(job->file);
	job->done(job);
}

static void job_free(struct spool_job *job)
{
	struct frame *f;

	while ((f = spool_file_take(job->file, &job->blocks)) != NULL)
		frame_free(f);
	free(job);
}

static void job_dispose(struct work *w)
{
	struct spool_job *job = job_of(w);
	struct spool_file *file = job->file;

	job_free(job);
	spool_file_unref(file);
}

struct spool_job *spool_job_new(struct spool_file *file,
				void (*done)(struct spool_job *job), void *arg)
{
	struct spool_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	TAILQ_INIT(&job->blocks);
	job->file = file;
	job->done = done;
	job->arg = arg;
	return job;
}

static void start(struct spool_job *job, void (*run)(struct work *w))
{
	job->work.run = run;
	job->work.done = job_done;
	job->is_under_way = true;
	job->file->refs++;
	workers_submit(job->file->spool->c.blocking, &job->work);
}

void spool_job_write(struct spool_job *job)
{
	start(job, write_run);
}

void spool_job_read(struct spool_job *job)
{
	struct spool_segment *g = TAILQ_FIRST(&job->blocks)->segment;
	const struct spool_block *b;
	unsigned n = 0;

	TAILQ_FOREACH (b, &job->blocks, entry)
		n++;
	g->is_ending = n == g->nblocks;
	start(job, read_run);
}

void spool_job_leave(struct spool_job *job)
{
	if (job == NULL)
		return;
	if (job->is_under_way)
		work_abandon(&job->work, job_dispose);
	else
		job_free(job);
}
