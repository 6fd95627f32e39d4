/*
 * restore_stream.c - the sections of a backup in their order, each when all
 * pipelines of the one before are through: what is made by one may be needed
 * by the next. The readers of a section share a feed.
 *
 * Backups of early versions tell no sections: all their parts are read in
 * order by one reader.
 */
#include "jobs/restore/restore_stream.h"

#include "jobs/jobs_int.h"
#include "jobs/restore/nothing.h"
#include "jobs/restore/preflight.h"
#include "loop/workers.h"
#include "manifest/part_reader.h"
#include "manifest/parts.h"
#include "manifest/selection.h"
#include "pipeline/budget.h"
#include "sources/load.h"
#include "stages/zstd.h"

enum {
	LINK_BYTES = FRAME_BYTES,
	FRAME_PLAIN_MAX = 64 * 1024 * 1024, /* more is damage */
	/* Of one pipeline: frames between its parts and at the workers, and
	 * those that its sink keeps until their rows are committed. With the
	 * default buffers and parts this is room for four. */
	STREAM_BYTES = 6 * 1024 * 1024,
	GETS_AT_ONCE = 2,
};

static uint64_t largest_part(const struct manifest *m)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < m->parts.n; i++) {
		if (m->parts.list[i].stored_bytes > largest)
			largest = m->parts.list[i].stored_bytes;
	}
	return largest;
}

/* The most that any section bears. */
static unsigned widest(const struct preflight *p)
{
	unsigned most = 1;

	for (unsigned i = 0; i < ITEM_KIND_COUNT; i++) {
		unsigned n = p->load->ops->width(p->load, (enum item_kind)i);

		most = n > most ? n : most;
	}
	return most < RESTORE_PIPES_MAX ? most : RESTORE_PIPES_MAX;
}

static size_t keeps_bytes(const struct load *load)
{
	size_t bytes = load->ops->keeps_bytes;

	return STREAM_BYTES + (bytes > 0 ? bytes : LOAD_KEEPS_BYTES);
}

/* A quarter of the buffers stays for others. */
size_t restore_stream_share(struct restore_stream *s, struct preflight *p)
{
	size_t part = (size_t)largest_part(&p->manifest);
	size_t most = budget_total(p->jobs->config.budget) / 4 * 3;
	size_t stream = keeps_bytes(p->load), one;

	s->preflight = p;
	s->max_pipes = widest(p);
	s->gets_at_once = GETS_AT_ONCE;
	one = stream + GETS_AT_ONCE * part;
	if (s->max_pipes * one > most && s->max_pipes > 1) {
		s->gets_at_once = 1;
		one = stream + part;
	}
	while (s->max_pipes * one > most && s->max_pipes > 1)
		s->max_pipes--;
	return s->max_pipes * one;
}

static struct source *new_reader(struct restore_stream *s, struct err *e)
{
	const struct jobs_config *jc = &s->preflight->jobs->config;
	const struct part_reader_config c = {
		.loop = jc->loop,
		.store = s->preflight->opening.store,
		.workers = jc->cpu,
		.feed = &s->feed,
		.gets_at_once = s->gets_at_once,
		.identities = &s->preflight->opening.identities,
	};

	return part_reader_new(&c, e);
}

static struct sink *new_sink(struct restore_stream *s, enum item_kind section,
			     struct err *e)
{
	struct load *load = s->preflight->load;

	return s->is_proof ? nothing_sink_new(e)
			   : load->ops->sink(load, section, e);
}

static void on_piped(void *arg, const struct err *e);

static bool add_pipeline(struct restore_stream *s, enum item_kind section,
			 struct err *e)
{
	const struct jobs_config *jc = &s->preflight->jobs->config;
	struct pipeline_parts parts = {
		.nstages = 1,
		.link_bytes = LINK_BYTES,
		.idle_seconds = jc->stall_seconds,
		.source_stall_api = "store_stalled",
		.sink_stall_api = "target_failed",
	};

	parts.source = new_reader(s, e);
	if (parts.source == NULL)
		return false;
	parts.stages[0] = zstd_unpack_new(jc->cpu, FRAME_PLAIN_MAX,
					  workers_count(jc->cpu) + 1, e);
	if (parts.stages[0] == NULL)
		goto no_stage;
	parts.sink = new_sink(s, section, e);
	if (parts.sink == NULL)
		goto no_sink;
	s->pipes[s->npipes] = pipeline_new(jc->loop, &parts, on_piped, s, e);
	if (s->pipes[s->npipes] == NULL)
		return false;
	s->npipes++;
	return true;
no_sink:
	parts.stages[0]->ops->destroy(parts.stages[0]);
no_stage:
	parts.source->ops->destroy(parts.source);
	return false;
}

static uint64_t bytes_now(const struct restore_stream *s)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < s->npipes; i++) {
		struct pipeline_facts f;

		pipeline_facts(s->pipes[i], &f);
		sum += f.source_bytes;
	}
	return sum;
}

uint64_t restore_stream_bytes(const struct restore_stream *s)
{
	return s->bytes_before + bytes_now(s);
}

static void end_section(struct restore_stream *s)
{
	s->bytes_before += bytes_now(s);
	for (unsigned i = 0; i < s->npipes; i++) {
		pipeline_free(s->pipes[i]);
		s->pipes[i] = NULL;
	}
	s->npipes = 0;
	part_feed_fini(&s->feed);
}

void restore_stream_drop(struct restore_stream *s)
{
	end_section(s);
	s->nrunning = 0;
}

/* The parts of the section of that kind, if the backup has one. */
static bool feed_parts(struct restore_stream *s, enum item_kind kind,
		       struct err *e)
{
	const struct manifest *m = &s->preflight->manifest;

	if (m->nsections == 0)
		return kind != ITEM_SCHEMA ||
		       part_feed_parts(&s->feed, m, 1, manifest_last_number(m),
				       e);
	for (unsigned i = 0; i < m->nsections; i++) {
		size_t last = i + 1 < m->nsections
				      ? m->sections[i + 1].first_part - 1
				      : manifest_last_number(m);

		if (m->sections[i].kind == kind)
			return part_feed_parts(&s->feed, m,
					       m->sections[i].first_part, last,
					       e);
	}
	return true;
}

static bool fill_feed(struct restore_stream *s, enum item_kind kind,
		      struct err *e)
{
	struct preflight *p = s->preflight;

	if (kind == ITEM_ACCOUNT && !p->with_accounts)
		return true;
	if (p->selection != NULL)
		return selection_feed(p->selection, kind, &s->feed, e);
	return feed_parts(s, kind, e);
}

/* Runs; a reader that has nothing to read only costs a connection. */
static unsigned count_runs(const struct part_feed *f)
{
	unsigned runs = 0;

	for (size_t i = 0; i < f->n && runs < RESTORE_PIPES_MAX; i++)
		runs += !f->pieces[i].goes_on;
	return runs;
}

static bool start_section(struct restore_stream *s, enum item_kind kind,
			  struct err *e)
{
	struct load *load = s->preflight->load;
	unsigned width = load->ops->width(load, kind);
	unsigned runs = count_runs(&s->feed);

	if (s->preflight->manifest.nsections == 0 &&
	    s->preflight->selection == NULL)
		width = 1;
	width = width < s->max_pipes ? width : s->max_pipes;
	width = width < runs ? width : runs;
	if (width == 0)
		width = 1;
	s->nrunning = width;
	while (s->npipes < width) {
		if (!add_pipeline(s, kind, e))
			return false;
	}
	return true;
}

/* Goes to the next section that there is something of; *is_over: none. */
static bool next_section(struct restore_stream *s, bool *is_over, struct err *e)
{
	for (*is_over = true; s->section < ITEM_KIND_COUNT;) {
		enum item_kind kind = (enum item_kind)s->section++;

		if (!fill_feed(s, kind, e))
			return false;
		/* The first one drops what is overwritten, and there is always
		 * one that is done. */
		if (s->feed.n == 0 && kind != ITEM_SCHEMA)
			continue;
		*is_over = false;
		return start_section(s, kind, e);
	}
	return true;
}

static bool is_through(struct restore_stream *s, struct err *e)
{
	struct selection *sel = s->preflight->selection;

	return sel == NULL || selection_is_through(sel, e);
}

/* The last statement may free the stream's owner. */
static void on_piped(void *arg, const struct err *e)
{
	struct restore_stream *s = arg;
	struct err mine = {0};
	bool is_over = false;

	if (err_is(e)) {
		s->done(s->arg, e);
		return;
	}
	if (--s->nrunning > 0)
		return;
	end_section(s);
	if (!is_through(s, &mine) || !next_section(s, &is_over, &mine))
		s->done(s->arg, &mine);
	else if (is_over)
		s->done(s->arg, NULL);
}

static bool begin(struct restore_stream *s, restore_streamed_cb *done,
		  void *arg, struct err *e)
{
	bool is_over;

	s->done = done;
	s->arg = arg;
	s->section = 0;
	return next_section(s, &is_over, e);
}

bool restore_stream_prove(struct restore_stream *s, restore_streamed_cb *done,
			  void *arg, struct err *e)
{
	struct selection *sel = s->preflight->selection;

	s->is_proof = true;
	return (sel == NULL || selection_keep(sel, e)) &&
	       begin(s, done, arg, e);
}

bool restore_stream_start(struct restore_stream *s, restore_streamed_cb *done,
			  void *arg, struct err *e)
{
	if (s->is_proof && s->preflight->selection != NULL)
		selection_rewind(s->preflight->selection);
	s->is_proof = false;
	return begin(s, done, arg, e);
}
