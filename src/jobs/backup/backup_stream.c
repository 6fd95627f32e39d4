/*
 * backup_stream.c - the pipelines of a backup: for each connection of the
 * dump one source, one compressing stage, one spool, one port of the part
 * writer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"
#include "jobs/backup/backup_tree_base.h"
#include "jobs/source_scope.h"
#include "loop/workers.h"
#include "stages/spool.h"
#include "stages/zstd.h"

enum {
	LINK_BYTES = FRAME_BYTES,
	/* Frames between parts and at the workers: of one pipeline, and of
	 * each further one, which has fewer of them at the workers. */
	STREAM_BYTES = 8 * 1024 * 1024,
	LANE_BYTES = 7 * 1024 * 1024,
	LANES_UNASKED = 4, /* what a dump makes of parallelism 0, at most */
	/* A store that has taken nothing for so long does not just pace the
	 * source: a part of 32 MiB is sent within it at 16 MiB/s. */
	PATIENCE_MS = 2000,
	/* Below the 60 s that a Redis server bears a reader that takes nothing
	 * (repl-timeout). */
	HOLD_SECONDS = 45,
	MS_PER_SEC = 1000,
	FULL_EVERY = 7, /* of backups with increments */
};

size_t backup_share_bytes(uint64_t part_bytes, unsigned lanes)
{
	/* One part is filled while another one is sent. */
	return STREAM_BYTES + (size_t)(lanes - 1) * LANE_BYTES +
	       2 * (size_t)part_bytes;
}

static const struct source_kind *kind_of(const struct backup_job *b)
{
	return source_kind_find(b->opening.source.engine);
}

static enum dump_method method_of(const struct backup_job *b)
{
	if (strcmp(b->r.method, "physical") == 0)
		return DUMP_PHYSICAL;
	return strcmp(b->r.method, "snapshot") == 0 ? DUMP_SNAPSHOT
						    : DUMP_LOGICAL;
}

/* What is kept of a source that cannot wait is kept in memory first. Of the
 * others a spool has SPOOL_MEMORY_PATIENT_BYTES beside the share, and that only
 * while their store hangs. */
static size_t spool_bytes(const struct backup_job *b)
{
	const struct source_kind *kind = kind_of(b);

	if (b->base.jobs->config.spool == NULL || kind == NULL ||
	    !kind->cannot_wait)
		return 0;
	return SPOOL_MEMORY_BYTES;
}

/* As many lanes as the buffers could ever hold at the same time. */
size_t backup_stream_share(struct backup_job *b)
{
	size_t total = budget_total(b->base.jobs->config.budget);
	uint64_t part_bytes = b->opening.pool.part_bytes;
	unsigned wanted = b->parallelism != 0 ? b->parallelism : LANES_UNASKED;
	unsigned lanes = wanted < DUMP_SOURCES_MAX ? wanted : DUMP_SOURCES_MAX;

	/* Files come as one stream, however many threads copy them. */
	if (method_of(b) != DUMP_LOGICAL)
		return backup_share_bytes(part_bytes, 1) + spool_bytes(b);
	while (lanes > 1 && backup_share_bytes(part_bytes, lanes) > total)
		lanes--;
	if (lanes < wanted)
		b->parallelism = lanes;
	return backup_share_bytes(part_bytes, lanes) + spool_bytes(b);
}

/* Rule 2: plans read through the source's replica, if it names one. */
static bool is_through_replica(const struct backup_job *b)
{
	return b->r.plan_id[0] != '\0' &&
	       b->opening.source.read_from_json != NULL;
}

static bool open_address(struct backup_job *b, struct err *e)
{
	const struct source_record *source = &b->opening.source;

	return is_through_replica(b)
		       ? opened_address_replica(&b->address, b->opening.jobs,
						source, e)
		       : opened_address_read(&b->address, b->opening.jobs,
					     source, e);
}

static void on_line(void *arg, const char *text)
{
	struct backup_job *b = arg;

	job_log(&b->base, LOG_INFO, "%s", text);
}

static bool open_dump(struct backup_job *b, const struct source_kind *kind,
		      struct err *e)
{
	const struct jobs_config *jc = &b->base.jobs->config;
	struct dump_config c = {
		.address = b->address.a,
		.method = method_of(b),
		.base_json =
			b->is_tree ? b->on.manifest.physical_json : b->on.json,
		.wants_increments = b->full_every > 1,
		.line = on_line,
		.line_arg = b,
		.backup_id = b->r.id,
		.server_id = b->r.server_id,
		.hook = b->hook,
		.hold_seconds = jc->snapshot_seconds,
		.parallelism = b->parallelism,
		.guard_seconds = jc->guard_seconds,
		.with_accounts = b->has_accounts,
		.is_locking = b->is_locking,
		.is_replica = is_through_replica(b),
		.max_tables = jc->max_tables,
		.max_row_bytes = jc->max_row_bytes,
		.is_strict = b->is_strict,
		.is_one_file_system = b->is_one_file_system,
		.base = b->on.tree,
	};

	json_t *pool =
		record_json(b->opening.pool.config_json, "a pool's record", e);

	if (pool == NULL)
		return false;
	/* A pool that lies in the tree is not backed up into itself. */
	c.avoid = json_string_value(json_object_get(pool, "path"));
	c.avoid_bucket = (struct dump_avoid){
		.endpoint =
			json_string_value(json_object_get(pool, "endpoint")),
		.bucket = json_string_value(json_object_get(pool, "bucket")),
		.prefix = json_string_value(json_object_get(pool, "prefix")),
	};
	if (source_scope_of(&c.scope, &b->scope, e))
		b->dump = kind->dump_new(&b->base.jobs->source_env, &c, e);
	source_scope_fini(&c.scope);
	json_decref(pool);
	return b->dump != NULL;
}

/* What a restore by hand unpacks the parts with. */
static const char *ending_of(const struct backup_job *b,
			     const struct source_kind *kind)
{
	switch (method_of(b)) {
	case DUMP_PHYSICAL:
		return ".xbstream";
	case DUMP_SNAPSHOT:
		return ".tar";
	case DUMP_LOGICAL:
		break;
	}
	return kind->part_suffix;
}

static bool open_writer(struct backup_job *b, const struct source_kind *kind,
			struct err *e)
{
	const struct jobs_config *jc = &b->base.jobs->config;
	char suffix[32];
	struct part_writer_config c = {
		.loop = jc->loop,
		.store = b->opening.store,
		.workers = jc->cpu,
		.share = &b->share,
		.source_id = b->r.source_id,
		.backup_id = b->r.id,
		.suffix = suffix,
		.part_bytes = (size_t)b->opening.pool.part_bytes,
		.puts_at_once = jc->puts_at_once,
		.is_packs = backup_has_packs(b),
		.base = b->on.is_there ? &b->on.manifest : NULL,
	};

	(void)snprintf(suffix, sizeof(suffix), "%s.zst", ending_of(b, kind));
	if (!opening_recipients(&b->opening.pool, &c.recipients, e))
		return false;
	b->writer = part_writer_new(&c, e);
	return b->writer != NULL;
}

static int number_of(const json_t *options, const char *key, int otherwise)
{
	const json_t *n = json_object_get(options, key);

	return json_is_integer(n) ? (int)json_integer_value(n) : otherwise;
}

static bool flag_of(const json_t *options, const char *key, bool otherwise)
{
	const json_t *flag = json_object_get(options, key);

	return json_is_boolean(flag) ? json_is_true(flag) : otherwise;
}

static bool read_hook(struct backup_job *b, const json_t *options,
		      struct err *e)
{
	const char *name =
		json_string_value(json_object_get(options, "snapshot_hook"));

	free(b->hook);
	b->hook = name != NULL ? strdup(name) : NULL;
	return name == NULL || b->hook != NULL || err_nomem(e, "a hook's name");
}

bool backup_read_options(struct backup_job *b, struct err *e)
{
	const char *text = b->r.options_json;
	json_t *o = record_json(text ? text : "{}", "a backup's options", e);
	bool is_read;

	if (o == NULL)
		return false;
	b->level = number_of(o, "compression_level", 3);
	b->parallelism = (unsigned)number_of(o, "parallelism", 0);
	b->has_accounts = flag_of(o, "include_accounts", true);
	b->is_locking = flag_of(o, "lock_non_transactional", false);
	b->is_strict = flag_of(o, "strict", false);
	b->is_one_file_system = flag_of(o, "one_file_system", false);
	b->full_every = flag_of(o, "incremental", false)
				? number_of(o, "full_every", FULL_EVERY)
				: 0;
	b->is_tree = kind_of(b) != NULL && kind_of(b)->is_tree;
	is_read = read_hook(b, o, e);
	json_decref(o);
	return is_read;
}

/* At each try from its beginning. */
static bool open_base(struct backup_job *b, struct err *e)
{
	if (b->on.is_there)
		b->on.tree =
			backup_tree_base_new(&b->on.manifest, b->on.index, e);
	return !b->on.is_there || b->on.tree != NULL;
}

bool backup_stream_open(struct backup_job *b, struct err *e)
{
	const struct source_kind *kind = kind_of(b);

	if (kind == NULL)
		return err_set(e, ERR_INVALID, "internal",
			       "this build of the server has no %s sources",
			       b->opening.source.engine);
	memset(b->blocked_ms, 0, sizeof(b->blocked_ms));
	b->is_read = b->is_renamed = false;
	opened_address_fini(&b->address);
	scope_fini(&b->scope);
	return open_address(b, e) && open_base(b, e) &&
	       scope_parse(&b->scope, b->r.scope_json, source_scope_form(kind),
			   e) &&
	       open_dump(b, kind, e) && open_writer(b, kind, e);
}

/* Frames that one of so many pipelines has at the workers: together they keep
 * all busy. */
static unsigned frames_in_flight(const struct backup_job *b, size_t npipes)
{
	unsigned all = workers_count(b->base.jobs->config.cpu);
	unsigned n = all / (unsigned)npipes + 1;

	return n > 2 ? n : 2;
}

static unsigned hold_ms(const struct jobs_config *c)
{
	unsigned seconds = HOLD_SECONDS;

	if (c->stall_seconds < seconds)
		seconds = c->stall_seconds;
	return seconds * MS_PER_SEC;
}

/* The last stage: while the store hangs, the source goes on. A phase that
 * waits for the one before it does not stall. */
static bool add_spool(const struct backup_job *b, struct pipeline_parts *parts,
		      struct err *e)
{
	const struct jobs_config *jc = &b->base.jobs->config;
	const struct spool_stage_config c = {
		.stall_seconds =
			TAILQ_EMPTY(&b->phases) ? jc->stall_seconds : 0,
		.can_wait = !kind_of(b)->cannot_wait,
		.patience_ms = PATIENCE_MS,
		.hold_ms = hold_ms(jc),
	};
	struct stage *spool;

	if (jc->spool == NULL)
		return true;
	spool = spool_stage_new(jc->spool, &c, e);
	if (spool == NULL)
		return false;
	parts->stages[parts->nstages++] = spool;
	return true;
}

/* The other methods copy the server's own files. */
static struct zstd_how how_of(const struct backup_job *b)
{
	return (struct zstd_how){
		.level = b->level,
		.shape = method_of(b) == DUMP_LOGICAL ? ZSTD_TEXT : ZSTD_PAGES,
	};
}

/* On failure what is there stays in parts. */
static bool make_parts(const struct backup_job *b, struct pipeline_parts *parts,
		       size_t npipes, struct err *e)
{
	parts->stages[0] = zstd_pack_new(b->base.jobs->config.cpu, how_of(b),
					 frames_in_flight(b, npipes), e);
	if (parts->stages[0] == NULL)
		return false;
	parts->nstages = 1;
	if (!add_spool(b, parts, e))
		return false;
	parts->sink = part_writer_port(b->writer, e);
	return parts->sink != NULL;
}

/* One of npipes. Takes src over, also on failure. */
static bool add_pipeline(struct backup_phase *phase, struct source *src,
			 size_t npipes, pipeline_done_cb *done, struct err *e)
{
	const struct backup_job *b = phase->job;
	const struct jobs_config *jc = &b->base.jobs->config;
	struct pipeline_parts parts = {
		.source = src,
		.link_bytes = LINK_BYTES,
		.idle_seconds = jc->stall_seconds,
	};

	if (!make_parts(b, &parts, npipes, e)) {
		for (size_t i = 0; i < parts.nstages; i++)
			parts.stages[i]->ops->destroy(parts.stages[i]);
		src->ops->destroy(src);
		return false;
	}
	phase->pipes[phase->npipes] =
		pipeline_new(jc->loop, &parts, done, phase, e);
	if (phase->pipes[phase->npipes] == NULL)
		return false;
	phase->npipes++;
	return true;
}

/* On failure what was made of it stays in the list. */
static bool add_phase(struct backup_job *b, struct source **sources, size_t n,
		      pipeline_done_cb *done, struct err *e)
{
	struct backup_phase *phase = calloc(1, sizeof(*phase));
	size_t added = 0;

	if (phase == NULL) {
		(void)err_nomem(e, "a phase of a backup");
	} else {
		phase->job = b;
		part_writer_begin_phase(b->writer);
		while (added < n &&
		       add_pipeline(phase, sources[added], n, done, e))
			added++;
		phase->nrunning = added;
		TAILQ_INSERT_TAIL(&b->phases, phase, entry);
		if (added == n)
			return true;
		added++; /* it was taken over */
	}
	for (; added < n; added++)
		sources[added]->ops->destroy(sources[added]);
	return false;
}

/* What they are shows only when the source has told what it is. */
static bool rename_parts(struct backup_job *b, struct err *e)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	char suffix[32];

	if (f->part_suffix[0] == '\0' || b->is_renamed)
		return true;
	b->is_renamed = true;
	(void)snprintf(suffix, sizeof(suffix), "%s.zst", f->part_suffix);
	return part_writer_rename(b->writer, suffix, e);
}

bool backup_stream_next(struct backup_job *b, pipeline_done_cb *done,
			struct err *e)
{
	struct source *sources[DUMP_SOURCES_MAX];
	size_t n;

	if (!b->dump->ops->next_phase(b->dump, sources, &n, e))
		return false;
	b->is_read = n == 0;
	if (n == 0)
		return true;
	if (rename_parts(b, e))
		return add_phase(b, sources, n, done, e);
	while (n > 0) {
		n--;
		sources[n]->ops->destroy(sources[n]);
	}
	return false;
}

bool backup_stream_is_ahead(struct backup_job *b)
{
	struct backup_phase *last = TAILQ_LAST(&b->phases, backup_phases);
	size_t ended = 0;

	for (size_t i = 0; last != NULL && i < last->npipes; i++)
		ended += pipeline_drop_source(last->pipes[i]);
	return last != NULL && ended == last->npipes;
}

static void phase_drop(struct backup_job *b, struct backup_phase *phase)
{
	TAILQ_REMOVE(&b->phases, phase, entry);
	for (size_t i = 0; i < phase->npipes; i++) {
		struct pipeline_facts f;

		pipeline_facts(phase->pipes[i], &f);
		b->blocked_ms[BLOCKED_SOURCE] += f.source_starved_ms;
		b->blocked_ms[BLOCKED_STAGES] += f.source_blocked_ms;
		b->blocked_ms[BLOCKED_STORE] += f.stage_blocked_ms;
		pipeline_free(phase->pipes[i]);
	}
	free(phase);
}

void backup_phases_reap(struct backup_job *b)
{
	struct backup_phase *first;

	while ((first = TAILQ_FIRST(&b->phases)) != NULL &&
	       first->nrunning == 0)
		phase_drop(b, first);
}

void backup_stream_drop(struct backup_job *b)
{
	struct backup_phase *phase;

	/* The analyzer thinks that the queue keeps what was removed. */
	while ((phase = TAILQ_FIRST(&b->phases)) != NULL)
		phase_drop(b, phase); /* NOLINT(clang-analyzer-unix.Malloc) */
	if (b->dump != NULL)
		b->dump->ops->destroy(b->dump);
	b->dump = NULL;
	tree_base_unref(b->on.tree);
	b->on.tree = NULL;
	part_writer_free(b->writer);
	b->writer = NULL;
}
