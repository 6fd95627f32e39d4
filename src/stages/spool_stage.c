/*
 * spool_stage.c - frames on their way through the spool.
 *
 *	link -> front -> link                           while the sink keeps up
 *	link -> back -> write -> disk -> read -> front -> link       when it
 *does not
 *
 * Each is a queue, and what is in one comes before all that is in those before
 * it. A frame goes straight to the front as long as nothing is behind the
 * front; else to the back, from where it is written, or moves up when all
 * before it is gone. One job writes and one reads at a time.
 *
 * A sink that took nothing for stall_seconds has stalled. A source that can
 * wait is let wait (is_patient) until the sink took nothing for patience_ms,
 * and from then on until the disk is empty again, not. Where there is no room
 * left, every source waits: one that cannot wait long as long as the sink takes
 * something every hold_ms.
 */
#include "stages/spool.h"

#include <stdlib.h>

#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "loop/loop.h"
#include "stages/spool_int.h"

enum {
	FRONT_BYTES = 4 * 1024 * 1024,
	FRONT_PATIENT_BYTES = 512 * 1024,
	BACK_BYTES = 1024 * 1024, /* and what one job writes, or reads */
	BACK_PATIENT_BYTES = 512 * 1024,
	MIB = 1024 * 1024,
	MS_PER_SEC = 1000,
	NEVER_MS = 86400 * 1000,
};

/* Frames in memory, in stream order. */
struct queue {
	struct frame_list frames;
	size_t nframes;
	size_t bytes; /* of memory */
};

struct spool_stage {
	struct stage base;
	struct spool *spool;
	struct spool_stage_config c;
	struct spool_file *file;
	struct spool_job *write, *read;
	struct queue front, back;
	struct spool_blocks disk; /* written, not read */
	uint64_t held_bytes;	  /* came in and did not go out */
	struct event *timer;
	bool is_patient;
	bool is_disk_full;   /* until the sink has taken something */
	const char *lack;    /* of room, in words; NULL: there is some */
	uint64_t sink_taken; /* frames, when it was last looked at */
	bool is_sink_full;
	int64_t timer_at_ms; /* when the timer will fire */
	int64_t moved_at_ms; /* when the sink last took something, or there
			      * was nothing for it */
	struct err err;	     /* of a job */
};

static struct spool_stage *stage_of(struct stage *st)
{
	return (struct spool_stage *)((char *)st -
				      offsetof(struct spool_stage, base));
}

static size_t memory_of(const struct frame *f)
{
	return f->cap + f->weight;
}

/* What a job moves: of frames with lines alone not too many either. */
static size_t load_of(const struct frame *f)
{
	return f->len + f->weight;
}

static void put_last(struct queue *q, struct frame *f)
{
	TAILQ_INSERT_TAIL(&q->frames, f, entry);
	q->nframes++;
	q->bytes += memory_of(f);
}

static void put_first(struct queue *q, struct frame *f)
{
	TAILQ_INSERT_HEAD(&q->frames, f, entry);
	q->nframes++;
	q->bytes += memory_of(f);
}

static struct frame *take_first(struct queue *q)
{
	struct frame *f = TAILQ_FIRST(&q->frames);

	if (f == NULL)
		return NULL;
	TAILQ_REMOVE(&q->frames, f, entry);
	q->nframes--;
	q->bytes -= memory_of(f);
	return f;
}

/* One frame may be larger than the queue. */
static bool fits(const struct queue *q, const struct frame *f, size_t max)
{
	return q->nframes == 0 || q->bytes + memory_of(f) <= max;
}

static size_t front_bytes(const struct spool_stage *sp)
{
	return sp->c.can_wait ? FRONT_PATIENT_BYTES : FRONT_BYTES;
}

static size_t back_bytes(const struct spool_stage *sp)
{
	return sp->c.can_wait ? BACK_PATIENT_BYTES : BACK_BYTES;
}

/* Something is on disk, or on its way to it or back. */
static bool is_on_disk(const struct spool_stage *sp)
{
	return !TAILQ_EMPTY(&sp->disk) || sp->write->is_under_way ||
	       sp->read->is_under_way;
}

static bool is_empty(const struct spool_stage *sp)
{
	return sp->front.nframes == 0 && sp->back.nframes == 0 &&
	       !is_on_disk(sp);
}

static bool give_one(struct spool_stage *sp, struct link *out)
{
	struct frame *f;

	if (link_is_full(out))
		return false;
	f = take_first(&sp->front);
	if (f == NULL)
		return false;
	sp->held_bytes -= f->len;
	link_push(out, f);
	return true;
}

/* All that was before the back is out of its way. */
static bool move_up(struct spool_stage *sp)
{
	struct frame *f = TAILQ_FIRST(&sp->back.frames);

	if (f == NULL || is_on_disk(sp) ||
	    !fits(&sp->front, f, front_bytes(sp)))
		return false;
	put_last(&sp->front, take_first(&sp->back));
	return true;
}

static struct queue *place_for(struct spool_stage *sp, const struct frame *f,
			       const struct link *out)
{
	bool is_straight = sp->back.nframes == 0 && !is_on_disk(sp);

	if (sp->is_patient)
		return is_straight && sp->front.nframes == 0 &&
				       !link_is_full(out)
			       ? &sp->front
			       : NULL;
	if (is_straight && fits(&sp->front, f, front_bytes(sp)))
		return &sp->front;
	return fits(&sp->back, f, back_bytes(sp)) ? &sp->back : NULL;
}

static bool take_one(struct spool_stage *sp, struct link *in,
		     const struct link *out)
{
	const struct frame *f = TAILQ_FIRST(&in->frames);
	struct queue *q = f != NULL ? place_for(sp, f, out) : NULL;

	if (q == NULL)
		return false;
	sp->held_bytes += f->len;
	put_last(q, link_pop(in));
	return true;
}

/* Bounded by what is in memory and in the link. */
static bool move_frames(struct spool_stage *sp, struct link *in,
			struct link *out)
{
	bool did = false;

	while (give_one(sp, out) || move_up(sp) || take_one(sp, in, out))
		did = true;
	return did;
}

static enum flow lay_back(struct spool_stage *sp, struct err *e)
{
	struct frame *f;
	size_t bytes = 0;

	while ((f = TAILQ_FIRST(&sp->back.frames)) != NULL &&
	       (bytes == 0 || bytes + load_of(f) <= back_bytes(sp))) {
		enum spool_laid laid = spool_file_lay(
			sp->file, f, sp->c.can_wait, &sp->write->blocks);

		if (laid == SPOOL_NOMEM) {
			(void)err_nomem(e, "a frame of the spool");
			return FLOW_FAIL;
		}
		if (laid == SPOOL_FULL)
			break;
		bytes += load_of(f);
		(void)take_first(&sp->back);
	}
	sp->lack = TAILQ_EMPTY(&sp->write->blocks) && sp->back.nframes > 0
			   ? "the spool (spool_bytes) is full"
			   : NULL;
	return FLOW_WAIT;
}

/* FLOW_WAIT: begun, or there is no need or no room. */
static enum flow begin_write(struct spool_stage *sp, struct err *e)
{
	enum flow f = FLOW_WAIT;

	if (sp->write->is_under_way || sp->is_disk_full ||
	    sp->back.nframes == 0)
		return FLOW_WAIT;
	f = lay_back(sp, e);
	if (!TAILQ_EMPTY(&sp->write->blocks))
		spool_job_write(sp->write);
	return f;
}

/* What one job reads lies in one segment. */
static void begin_read(struct spool_stage *sp)
{
	const struct spool_segment *g = NULL;
	struct spool_block *b;
	size_t bytes = 0;

	if (sp->read->is_under_way || sp->front.bytes > front_bytes(sp) / 2)
		return;
	while ((b = TAILQ_FIRST(&sp->disk)) != NULL &&
	       (g == NULL || (b->segment == g &&
			      bytes + load_of(b->frame) <= back_bytes(sp)))) {
		g = b->segment;
		bytes += load_of(b->frame);
		TAILQ_REMOVE(&sp->disk, b, entry);
		TAILQ_INSERT_TAIL(&sp->read->blocks, b, entry);
	}
	if (g != NULL)
		spool_job_read(sp->read);
}

/* What was to be written stays in memory. */
static void take_back(struct spool_stage *sp, struct spool_job *job)
{
	struct frame *f;

	sp->is_disk_full = true;
	sp->lack = "the disk of the spool is full";
	while ((f = spool_file_unlay(sp->file, &job->blocks)) != NULL)
		put_first(&sp->back, f);
}

static void on_written(struct spool_job *job)
{
	struct spool_stage *sp = job->arg;

	if (job->verdict == SPOOL_NO_ROOM)
		take_back(sp, job);
	else if (job->verdict == SPOOL_FAILED)
		sp->err = job->err;
	if (job->verdict == SPOOL_GOOD)
		TAILQ_CONCAT(&sp->disk, &job->blocks, entry);
	wake(&sp->base.waker);
}

static void on_read(struct spool_job *job)
{
	struct spool_stage *sp = job->arg;
	struct frame *f;

	if (job->verdict == SPOOL_GOOD) {
		struct spool_segment *g = TAILQ_FIRST(&job->blocks)->segment;

		while ((f = spool_file_take(sp->file, &job->blocks)) != NULL)
			put_last(&sp->front, f);
		if (g->is_ending)
			spool_segment_free(sp->file, g);
	} else {
		sp->err = job->err;
	}
	wake(&sp->base.waker);
}

/* Whether it is patient follows from when the sink last took something. */
static void watch_sink(struct spool_stage *sp, const struct link *out)
{
	int64_t now_ms = clock_mono_ms();

	if (out->ntaken != sp->sink_taken) {
		sp->is_disk_full = false;
		sp->lack = NULL;
	}
	if (out->ntaken != sp->sink_taken || out->nframes == 0)
		sp->moved_at_ms = now_ms;
	sp->sink_taken = out->ntaken;
	sp->is_sink_full = link_is_full(out);
	if (!sp->c.can_wait)
		return;
	if (sp->is_patient && sp->is_sink_full &&
	    now_ms - sp->moved_at_ms >= (int64_t)sp->c.patience_ms) {
		log_debug("spool", "the store takes nothing for a while");
		sp->is_patient = false;
	} else if (is_empty(sp) && !sp->is_sink_full) {
		sp->is_patient = true;
	}
}

/* Never is a day later than anybody looks. */
static int64_t stall_ms(const struct spool_stage *sp)
{
	if (sp->c.stall_seconds == 0)
		return clock_mono_ms() - sp->moved_at_ms + NEVER_MS;
	return (int64_t)sp->c.stall_seconds * MS_PER_SEC;
}

static bool has_stalled(struct spool_stage *sp, const struct link *out,
			struct err *e)
{
	uint64_t waiting = sp->held_bytes + out->bytes;

	if (out->nframes == 0 || sp->c.stall_seconds == 0 ||
	    clock_mono_ms() - sp->moved_at_ms < stall_ms(sp))
		return false;
	(void)err_set(e, ERR_TIMEOUT, "store_stalled",
		      "the store took nothing for %u s, and %llu MiB wait for "
		      "it; see whether the pool answers, then back up again",
		      sp->c.stall_seconds, (unsigned long long)(waiting / MIB));
	return true;
}

/* There is no room for what the source gives, and it cannot wait long. */
static bool is_held(const struct spool_stage *sp)
{
	return sp->lack != NULL && !sp->c.can_wait;
}

static bool is_held_too_long(const struct spool_stage *sp, struct err *e)
{
	if (!is_held(sp) ||
	    clock_mono_ms() - sp->moved_at_ms < (int64_t)sp->c.hold_ms)
		return false;
	(void)err_set(e, ERR_TIMEOUT, "store_stalled",
		      "the store took nothing for %u s while %llu MiB wait for "
		      "it and %s, and the source cannot be made to wait "
		      "longer; look at what holds the pool up, or give the "
		      "spool more room",
		      sp->c.hold_ms / MS_PER_SEC,
		      (unsigned long long)(sp->held_bytes / MIB), sp->lack);
	return true;
}

/* When the sink must have taken something. */
static int64_t due_ms(const struct spool_stage *sp)
{
	int64_t ms = stall_ms(sp);

	if (sp->is_patient && sp->is_sink_full)
		ms = (int64_t)sp->c.patience_ms;
	else if (is_held(sp) && (int64_t)sp->c.hold_ms < ms)
		ms = (int64_t)sp->c.hold_ms;
	return sp->moved_at_ms + ms;
}

static void arm_timer(struct spool_stage *sp, int64_t at_ms)
{
	int64_t ms = at_ms - clock_mono_ms();
	struct timeval tv = {0, 0};

	if (ms > 0) {
		tv.tv_sec = (time_t)(ms / MS_PER_SEC);
		tv.tv_usec = (suseconds_t)(ms % MS_PER_SEC * 1000);
	}
	sp->timer_at_ms = at_ms;
	if (evtimer_add(sp->timer, &tv) != 0)
		abort(); /* as loop_next_turn() does */
}

/* Nobody is woken before something is due: that would look like work. */
static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct spool_stage *sp = arg;

	(void)fd;
	(void)what;
	if (clock_mono_ms() < due_ms(sp))
		arm_timer(sp, due_ms(sp));
	else
		wake(&sp->base.waker);
}

/* The timer is not moved when the sink has taken something: it looks itself. */
static enum flow wait_for_sink(struct spool_stage *sp, const struct link *out)
{
	if (out->nframes == 0)
		(void)evtimer_del(sp->timer);
	else if (!evtimer_pending(sp->timer, NULL) ||
		 due_ms(sp) < sp->timer_at_ms)
		arm_timer(sp, due_ms(sp));
	return FLOW_WAIT;
}

static enum flow spool_step(struct stage *st, struct link *in, struct link *out,
			    struct err *e)
{
	struct spool_stage *sp = stage_of(st);
	bool did;

	if (err_is(&sp->err)) {
		*e = sp->err;
		return FLOW_FAIL;
	}
	watch_sink(sp, out);
	did = move_frames(sp, in, out);
	begin_read(sp);
	if (begin_write(sp, e) == FLOW_FAIL || is_held_too_long(sp, e) ||
	    has_stalled(sp, out, e))
		return FLOW_FAIL;
	if (in->eof && in->nframes == 0 && is_empty(sp))
		return FLOW_END;
	return did ? FLOW_MORE : wait_for_sink(sp, out);
}

static void queue_drain(struct queue *q)
{
	struct frame *f;

	while ((f = take_first(q)) != NULL)
		frame_free(f);
}

static void stage_free(struct spool_stage *sp)
{
	struct frame *f;

	queue_drain(&sp->front);
	queue_drain(&sp->back);
	while ((f = spool_file_take(sp->file, &sp->disk)) != NULL)
		frame_free(f);
	spool_job_leave(sp->write);
	spool_job_leave(sp->read);
	if (sp->file != NULL)
		spool_file_unref(sp->file);
	if (sp->timer != NULL)
		event_free(sp->timer);
	free(sp);
}

static void spool_destroy(struct stage *st)
{
	stage_free(stage_of(st));
}

static const struct stage_ops spool_ops = {
	.name = "spool",
	.is_buffer = true,
	.step = spool_step,
	.destroy = spool_destroy,
};

static bool make_parts(struct spool_stage *sp, struct err *e)
{
	sp->file = spool_file_new(sp->spool, e);
	if (sp->file == NULL)
		return false;
	sp->timer = evtimer_new(loop_base(sp->spool->c.loop), on_timer, sp);
	sp->write = spool_job_new(sp->file, on_written, sp);
	sp->read = spool_job_new(sp->file, on_read, sp);
	return (sp->timer != NULL && sp->write != NULL && sp->read != NULL) ||
	       err_nomem(e, "a spool");
}

struct stage *spool_stage_new(struct spool *s,
			      const struct spool_stage_config *c, struct err *e)
{
	struct spool_stage *sp = calloc(1, sizeof(*sp));

	if (sp == NULL) {
		(void)err_nomem(e, "a spool");
		return NULL;
	}
	sp->base.ops = &spool_ops;
	sp->spool = s;
	sp->c = *c;
	sp->is_patient = c->can_wait;
	sp->moved_at_ms = clock_mono_ms();
	TAILQ_INIT(&sp->front.frames);
	TAILQ_INIT(&sp->back.frames);
	TAILQ_INIT(&sp->disk);
	if (!make_parts(sp, e)) {
		stage_free(sp);
		return NULL;
	}
	return &sp->base;
}
