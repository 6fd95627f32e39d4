/*
 * zstd_stage.c - frames go to the workers as they come and leave in the order
 * in which they came, however long each takes.
 *
 * A job belongs to the stage, but from submit to done its frame is the
 * worker's. When the stage is destroyed in between, the job is abandoned and
 * frees itself when the worker is through with it; it knows nothing of the
 * stage but through on_done(), which then does not run.
 */
#include "stages/zstd.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "loop/workers.h"
#include "stages/zstd_int.h"

struct job {
	struct work work;
	TAILQ_ENTRY(job) entry;
	struct zstd_stage *stage;
	struct frame *frame;
	struct err err;
	struct zstd_how how;
	size_t max_plain;
	bool is_unpack;
	bool is_over;
	bool is_good; /* else err tells, when the frame's turn comes */
};

struct zstd_stage {
	struct stage base;
	struct workers *workers;
	TAILQ_HEAD(, job) jobs; /* in stream order */
	unsigned njobs, in_flight;
	struct job proto; /* what all jobs have in common */
};

static struct zstd_stage *stage_of(struct stage *st)
{
	return (struct zstd_stage *)((char *)st -
				     offsetof(struct zstd_stage, base));
}

static struct job *job_of(struct work *w)
{
	return (struct job *)((char *)w - offsetof(struct job, work));
}

static void job_free(struct job *j)
{
	frame_free(j->frame);
	free(j);
}

/* On a worker. */
static void job_run(struct work *w)
{
	struct job *j = job_of(w);

	if (j->is_unpack)
		j->is_good = zstd_frame_unpack(j->frame, j->max_plain, &j->err);
	else
		j->is_good = zstd_frame_pack(j->frame, j->how, &j->err);
}

static void job_done(struct work *w)
{
	struct job *j = job_of(w);

	j->is_over = true;
	if (TAILQ_FIRST(&j->stage->jobs) == j)
		wake(&j->stage->base.waker);
}

static void job_dispose(struct work *w)
{
	job_free(job_of(w));
}

static bool job_start(struct zstd_stage *z, struct frame *f, struct err *e)
{
	struct job *j = malloc(sizeof(*j));

	if (j == NULL) {
		frame_free(f);
		return err_nomem(e, "a frame's compression");
	}
	*j = z->proto;
	j->stage = z;
	j->frame = f;
	TAILQ_INSERT_TAIL(&z->jobs, j, entry);
	z->njobs++;
	workers_submit(z->workers, &j->work);
	return true;
}

static bool take_input(struct zstd_stage *z, struct link *in, struct err *e)
{
	while (z->njobs < z->in_flight) {
		struct frame *f = link_pop(in);

		if (f == NULL)
			break;
		if (!job_start(z, f, e))
			return false;
	}
	return true;
}

/* One frame out at a time, so that the next link is at most one frame over
 * its bound. */
static enum flow give_output(struct zstd_stage *z, struct link *out,
			     struct err *e)
{
	struct job *j = TAILQ_FIRST(&z->jobs);

	if (!j->is_good) {
		*e = j->err;
		return FLOW_FAIL;
	}
	TAILQ_REMOVE(&z->jobs, j, entry);
	z->njobs--;
	link_push(out, j->frame);
	j->frame = NULL;
	job_free(j);
	return FLOW_MORE;
}

static enum flow zstd_step(struct stage *st, struct link *in, struct link *out,
			   struct err *e)
{
	struct zstd_stage *z = stage_of(st);
	struct job *first;

	if (!take_input(z, in, e))
		return FLOW_FAIL;
	first = TAILQ_FIRST(&z->jobs);
	if (first != NULL)
		return first->is_over ? give_output(z, out, e) : FLOW_WAIT;
	return in->eof ? FLOW_END : FLOW_WAIT;
}

static void zstd_destroy(struct stage *st)
{
	struct zstd_stage *z = stage_of(st);
	struct job *j;

	while ((j = TAILQ_FIRST(&z->jobs)) != NULL) {
		TAILQ_REMOVE(&z->jobs, j, entry);
		if (j->is_over)
			job_free(j);
		else
			work_abandon(&j->work, job_dispose);
	}
	zstd_contexts_drop();
	free(z);
}

static const struct stage_ops pack_ops = {
	.name = "zstd",
	.step = zstd_step,
	.destroy = zstd_destroy,
};

static const struct stage_ops unpack_ops = {
	.name = "unzstd",
	.step = zstd_step,
	.destroy = zstd_destroy,
};

static struct zstd_stage *stage_new(const struct stage_ops *ops,
				    struct workers *ws, unsigned in_flight,
				    struct err *e)
{
	struct zstd_stage *z = calloc(1, sizeof(*z));

	if (z == NULL) {
		(void)err_nomem(e, "a compression stage");
		return NULL;
	}
	z->base.ops = ops;
	z->workers = ws;
	z->in_flight = in_flight > 0 ? in_flight : 1;
	z->proto.work.run = job_run;
	z->proto.work.done = job_done;
	TAILQ_INIT(&z->jobs);
	zstd_contexts_hold();
	return z;
}

struct stage *zstd_pack_new(struct workers *ws, struct zstd_how how,
			    unsigned in_flight, struct err *e)
{
	struct zstd_stage *z;

	if (how.level < 0 || how.level > ZSTD_LEVEL_MAX) {
		(void)err_bug(e, "compression level %d", how.level);
		return NULL;
	}
	z = stage_new(&pack_ops, ws, in_flight, e);
	if (z == NULL)
		return NULL;
	z->proto.how = how;
	return &z->base;
}

struct stage *zstd_unpack_new(struct workers *ws, size_t max_plain,
			      unsigned in_flight, struct err *e)
{
	struct zstd_stage *z = stage_new(&unpack_ops, ws, in_flight, e);

	if (z == NULL)
		return NULL;
	z->proto.is_unpack = true;
	z->proto.max_plain = max_plain;
	return &z->base;
}
