/* transfer.c - phase by phase, and in each as many at once as the load bears.
 */
#include "jobs/extract/transfer.h"

#include <stdlib.h>

#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"
#include "jobs/source_scope.h"
#include "pipeline/budget.h"
#include "sources/load.h"

enum {
	LINK_BYTES = FRAME_BYTES,
	/* Of one pipeline: a frame that is filled, both links with one more
	 * than full, and those that its sink keeps until their rows are
	 * committed. */
	LANE_BYTES = 5 * FRAME_BYTES + LOAD_KEEPS_BYTES,
};

/* A quarter of the buffers stays for others. */
size_t transfer_share(struct transfer *t, struct preflight *p)
{
	size_t most = budget_total(p->jobs->config.budget) / 4 * 3;
	unsigned n = p->load->ops->width(p->load, ITEM_DATA);

	t->preflight = p;
	t->max_lanes = n < DUMP_SOURCES_MAX ? n : DUMP_SOURCES_MAX;
	if (t->max_lanes == 0)
		t->max_lanes = 1;
	while (t->max_lanes > 1 && t->max_lanes * (size_t)LANE_BYTES > most)
		t->max_lanes--;
	return t->max_lanes * (size_t)LANE_BYTES;
}

/* --- a phase that only asks */

static enum flow take_nothing(struct sink *sink, struct link *in, struct err *e)
{
	struct frame *f = link_pop(in);

	(void)sink;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	frame_free(f);
	(void)err_bug(e, "a phase of a dump gave what no section is for");
	return FLOW_FAIL;
}

static void free_sink(struct sink *sink)
{
	free(sink);
}

static const struct sink_ops no_ops = {
	.name = "no section",
	.write = take_nothing,
	.destroy = free_sink,
};

static struct sink *no_sink_new(struct err *e)
{
	struct sink *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->ops = &no_ops;
	else
		(void)err_nomem(e, "a phase of a dump");
	return s;
}

/* --- lanes */

static enum item_kind section_of(const struct transfer *t)
{
	return t->dump->ops->facts(t->dump)->section;
}

static struct sink *new_sink(struct transfer *t, struct err *e)
{
	struct load *load = t->preflight->load;
	enum item_kind section = section_of(t);

	if (section == ITEM_KIND_COUNT)
		return no_sink_new(e);
	return load->ops->sink(load, section, e);
}

static void on_lane_done(void *arg, const struct err *e);

static struct transfer_lane *free_lane(struct transfer *t)
{
	struct transfer_lane *lane = t->lanes;

	while (lane->pipe != NULL)
		lane++;
	lane->transfer = t;
	return lane;
}

/* Takes the next source, also on failure. */
static bool start_lane(struct transfer *t, struct err *e)
{
	const struct jobs_config *jc = &t->preflight->jobs->config;
	struct transfer_lane *lane = free_lane(t);
	struct pipeline_parts parts = {
		.source = t->sources[t->next++],
		.nstages = 1,
		.link_bytes = LINK_BYTES,
		.idle_seconds = jc->stall_seconds,
		.source_stall_api = "provisioner_failed",
		.sink_stall_api = "target_failed",
	};

	parts.stages[0] = tally_stage_new(&t->tally, e);
	if (parts.stages[0] == NULL)
		goto no_stage;
	parts.sink = new_sink(t, e);
	if (parts.sink == NULL)
		goto no_sink;
	lane->pipe = pipeline_new(jc->loop, &parts, on_lane_done, lane, e);
	if (lane->pipe == NULL)
		return false;
	t->nrunning++;
	return true;
no_sink:
	parts.stages[0]->ops->destroy(parts.stages[0]);
no_stage:
	parts.source->ops->destroy(parts.source);
	return false;
}

/* How many of the phase run at the same time. */
static unsigned width(const struct transfer *t)
{
	struct load *load = t->preflight->load;
	enum item_kind section = section_of(t);
	unsigned n;

	if (section == ITEM_KIND_COUNT)
		return DUMP_SOURCES_MAX;
	n = load->ops->width(load, section);
	n = n < t->max_lanes ? n : t->max_lanes;
	return n > 0 ? n : 1;
}

static bool start_lanes(struct transfer *t, struct err *e)
{
	unsigned n = width(t);

	while (t->nrunning < n && t->next < t->nsources)
		if (!start_lane(t, e))
			return false;
	return true;
}

static bool next_phase(struct transfer *t, struct err *e)
{
	t->next = t->nsources = 0;
	return t->dump->ops->next_phase(t->dump, t->sources, &t->nsources, e) &&
	       start_lanes(t, e);
}

static void lane_fini(struct transfer_lane *lane)
{
	struct pipeline_facts f;

	if (lane->pipe == NULL)
		return;
	pipeline_facts(lane->pipe, &f);
	lane->transfer->bytes_before += f.source_bytes;
	pipeline_free(lane->pipe);
	lane->pipe = NULL;
}

/* The last statement may free the transfer's owner. */
static void on_lane_done(void *arg, const struct err *e)
{
	struct transfer_lane *lane = arg;
	struct transfer *t = lane->transfer;
	struct err mine = {0};

	if (err_is(e)) {
		t->done(t->arg, e);
		return;
	}
	lane_fini(lane);
	t->nrunning--;
	if (t->next < t->nsources)
		(void)start_lanes(t, &mine);
	else if (t->nrunning == 0)
		(void)next_phase(t, &mine);
	if (err_is(&mine))
		t->done(t->arg, &mine);
	else if (t->nrunning == 0)
		t->done(t->arg, NULL);
}

bool transfer_start(struct transfer *t, const struct source_address *from,
		    transferred_cb *done, void *arg, struct err *e)
{
	struct preflight *p = t->preflight;
	const struct jobs_config *jc = &p->jobs->config;
	const struct source_kind *kind = source_kind_find(p->manifest.engine);
	struct dump_config c = {
		.address = *from,
		.method = DUMP_LOGICAL,
		.is_copy = true,
		.parallelism = t->max_lanes,
		.max_tables = jc->max_tables,
		.max_row_bytes = jc->max_row_bytes,
	};

	t->done = done;
	t->arg = arg;
	t->tally.preflight = p;
	if (source_scope_of(&c.scope, &p->scope, e))
		t->dump = kind->dump_new(&p->jobs->source_env, &c, e);
	source_scope_fini(&c.scope);
	return t->dump != NULL && next_phase(t, e);
}

uint64_t transfer_bytes(const struct transfer *t)
{
	uint64_t sum = t->bytes_before;

	for (unsigned i = 0; i < DUMP_SOURCES_MAX; i++) {
		struct pipeline_facts f;

		if (t->lanes[i].pipe == NULL)
			continue;
		pipeline_facts(t->lanes[i].pipe, &f);
		sum += f.source_bytes;
	}
	return sum;
}

const struct dump_facts *transfer_facts(const struct transfer *t)
{
	return t->dump != NULL ? t->dump->ops->facts(t->dump) : NULL;
}

void transfer_drop(struct transfer *t)
{
	for (unsigned i = 0; i < DUMP_SOURCES_MAX; i++)
		lane_fini(&t->lanes[i]);
	for (; t->next < t->nsources; t->next++)
		t->sources[t->next]->ops->destroy(t->sources[t->next]);
	t->nrunning = 0;
	if (t->dump != NULL)
		t->dump->ops->destroy(t->dump);
	t->dump = NULL;
	tally_fini(&t->tally);
}
