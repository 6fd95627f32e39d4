/*
 * files.c - unpack, then make ready:
 *
 *   parts in their order -> unzstd -> what unpacks them, in the folder;
 *   physical, of MariaDB: -> mariadb-backup --prepare, which rolls the copy
 *   forward to the one moment that the backup stands for.
 *
 * Of an increment, first the full backup with which its chain begins; then each
 * that follows, itself the last: unpacked into a folder beside, applied to what
 * is there, and removed.
 */
#include "jobs/instances/files.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/jobs_int.h"
#include "jobs/restore/preflight.h"
#include "loop/workers.h"
#include "manifest/part_reader.h"
#include "manifest/parts.h"
#include "programs/stream.h"
#include "stages/zstd.h"

enum {
	LINK_BYTES = FRAME_BYTES,
	FRAME_PLAIN_MAX = 64 * 1024 * 1024, /* more is damage */
	/* Frames between the parts of the pipeline and at the workers. */
	PIPE_BYTES = 8 * 1024 * 1024,
	GETS_AT_ONCE = 3,
};

static uint64_t largest_part(const struct manifest *m, uint64_t largest)
{
	for (size_t i = 0; i < m->parts.n; i++) {
		if (m->parts.list[i].stored_bytes > largest)
			largest = m->parts.list[i].stored_bytes;
	}
	return largest;
}

size_t instance_files_share(const struct preflight *p)
{
	uint64_t largest = largest_part(&p->manifest, 0);

	for (size_t i = 0; i < p->chain.n; i++)
		largest = largest_part(&p->chain.manifests[i], largest);
	return PIPE_BYTES + GETS_AT_ONCE * (size_t)largest;
}

/* What is being laid there. */
static const struct manifest *manifest_of(const struct instance_files *f)
{
	const struct preflight_chain *c = &f->preflight->chain;

	return f->step < c->n ? &c->manifests[f->step]
			      : &f->preflight->manifest;
}

/* Where it is unpacked. */
static const char *place_of_step(const struct instance_files *f)
{
	return f->step > 0 ? f->increment : f->directory;
}

static void on_line(void *arg, const char *text)
{
	struct instance_files *f = arg;

	job_log(f->job, LOG_INFO, "%s", text);
}

/* The last statement may free the files' owner. */
static void end(struct instance_files *f, const struct err *e)
{
	struct err mine = {0};

	if (failure(e) != NULL)
		mine = *e;
	f->lingers = instance_files_drop(f) && err_is(&mine);
	f->done(f->arg, failure(&mine));
}

/* --- making ready */

static void on_tool_started(void *arg)
{
	struct instance_files *f = arg;

	program_close_input(f->tool);
}

/* Restores have their own words for what goes wrong. */
static void as_target(struct err *to, const struct err *from)
{
	if (from->code == ERR_NOMEM || from->code == ERR_BUG)
		*to = *from;
	else
		(void)err_set(to, from->code, "target_failed", "%s", from->msg);
}

static bool start_step(struct instance_files *f, struct err *e);
static bool start_tool(struct instance_files *f, struct err *e);

/* One is applied; what it was unpacked into goes, and the next one comes. */
static bool go_on(struct instance_files *f, bool *is_over, struct err *e)
{
	*is_over = false;
	if (f->doing == FILES_PREPARE && f->step > 0) {
		f->doing = FILES_REMOVE;
		return start_tool(f, e);
	}
	*is_over = f->step == f->preflight->chain.n;
	if (*is_over)
		return true;
	f->step++;
	return start_step(f, e);
}

static void on_tool_ended(void *arg, const struct program_end *ended)
{
	struct instance_files *f = arg;
	struct err e = {0};
	bool is_over = true;

	if (err_is(&ended->err)) {
		as_target(&e, &ended->err);
		end(f, &e);
		return;
	}
	program_free(f->tool);
	f->tool = NULL;
	if (!go_on(f, &is_over, &e) || is_over)
		end(f, &e);
}

static json_t *tool_fields(const struct instance_files *f)
{
	if (f->doing == FILES_REMOVE)
		return json_pack("{s:s}", "directory", f->increment);
	if (f->step == 0)
		return json_pack("{s:s}", "directory", f->directory);
	return json_pack("{s:s, s:s}", "directory", f->directory,
			 "incremental_directory", f->increment);
}

static bool start_tool(struct instance_files *f, struct err *e)
{
	static const struct program_ops ops = {
		.started = on_tool_started,
		.line = on_line,
		.ended = on_tool_ended,
	};
	bool removes = f->doing == FILES_REMOVE;
	json_t *fields = tool_fields(f);
	const struct program_request r = {
		.verb = removes ? "remove" : "prepare",
		.name = removes ? NULL : "mariadb-backup",
		.fields = fields};

	if (fields == NULL)
		return err_nomem(e, "a program's fields");
	f->tool = program_start(f->job->jobs->config.helper, &r, &ops, f, e);
	json_decref(fields);
	return f->tool != NULL;
}

/* --- unpacking */

static bool is_method(const struct instance_files *f, const char *method)
{
	return strcmp(f->preflight->manifest.method, method) == 0;
}

/* Of MariaDB; the files of MySQL come as they are (its CLONE makes them). */
static bool is_stream_of_tool(const struct instance_files *f)
{
	const struct manifest *m = &f->preflight->manifest;

	return is_method(f, "physical") &&
	       (m->parts.n == 0 ||
		strstr(m->parts.list[0].key, ".tar.zst") == NULL);
}

static void drop_pipe(struct instance_files *f)
{
	struct pipeline_facts facts;

	if (f->pipe == NULL)
		return;
	pipeline_facts(f->pipe, &facts);
	f->bytes_before += facts.source_bytes;
	pipeline_free(f->pipe);
	f->pipe = NULL;
}

static void on_piped(void *arg, const struct err *e)
{
	struct instance_files *f = arg;
	struct err mine = {0};

	if (failure(e) != NULL || !is_stream_of_tool(f)) {
		end(f, e);
		return;
	}
	drop_pipe(f);
	f->doing = FILES_PREPARE;
	if (!start_tool(f, &mine))
		end(f, &mine);
}

static const char *unpacker(const struct instance_files *f)
{
	if (is_stream_of_tool(f))
		return "xbstream";
	return is_method(f, "logical") ? "rdb" : "tar";
}

static struct sink *new_sink(struct instance_files *f, struct err *e)
{
	json_t *fields = json_pack("{s:s}", "directory", place_of_step(f));
	const struct program_stream_config c = {
		.helper = f->job->jobs->config.helper,
		.loop = f->job->jobs->config.loop,
		.request = {.verb = "unpack",
			    .name = unpacker(f),
			    .fields = fields},
		.line = on_line,
		.arg = f,
		.fail_api = "target_failed",
	};
	struct sink *sink;

	if (fields == NULL) {
		(void)err_nomem(e, "a program's fields");
		return NULL;
	}
	sink = program_sink_new(&c, &f->bytes_written, e);
	json_decref(fields);
	return sink;
}

static struct source *new_reader(struct instance_files *f, struct err *e)
{
	const struct jobs_config *jc = &f->job->jobs->config;
	const struct part_reader_config c = {
		.loop = jc->loop,
		.store = f->preflight->opening.store,
		.workers = jc->cpu,
		.feed = &f->feed,
		.gets_at_once = GETS_AT_ONCE,
		.identities = &f->preflight->opening.identities,
	};

	return part_reader_new(&c, e);
}

/* What passes is counted, where the engine can be compared by that. */
static bool add_gauge(struct instance_files *f, struct pipeline_parts *parts,
		      struct err *e)
{
	struct load *load = f->preflight->load;

	if (load == NULL || load->ops->gauge == NULL)
		return true;
	parts->stages[1] = load->ops->gauge(load, e);
	if (parts->stages[1] != NULL)
		parts->nstages = 2;
	return parts->stages[1] != NULL;
}

static bool start_pipe(struct instance_files *f, struct err *e)
{
	const struct jobs_config *jc = &f->job->jobs->config;
	struct pipeline_parts parts = {
		.nstages = 1,
		.link_bytes = LINK_BYTES,
		.idle_seconds = jc->stall_seconds,
		.source_stall_api = "store_stalled",
		.sink_stall_api = "target_failed",
	};

	parts.source = new_reader(f, e);
	if (parts.source == NULL)
		return false;
	parts.stages[0] = zstd_unpack_new(jc->cpu, FRAME_PLAIN_MAX,
					  workers_count(jc->cpu) + 1, e);
	if (parts.stages[0] == NULL)
		goto no_stage;
	if (!add_gauge(f, &parts, e))
		goto no_gauge;
	parts.sink = new_sink(f, e);
	if (parts.sink == NULL)
		goto no_sink;
	f->pipe = pipeline_new(jc->loop, &parts, on_piped, f, e);
	return f->pipe != NULL;
no_sink:
	if (parts.nstages > 1)
		parts.stages[1]->ops->destroy(parts.stages[1]);
no_gauge:
	parts.stages[0]->ops->destroy(parts.stages[0]);
no_stage:
	parts.source->ops->destroy(parts.source);
	return false;
}

static bool start_step(struct instance_files *f, struct err *e)
{
	const struct manifest *m = manifest_of(f);

	if (f->preflight->chain.n > 0)
		job_log(f->job, LOG_INFO, "backup %s, %zu of %zu", m->backup_id,
			f->step + 1, f->preflight->chain.n + 1);
	f->doing = FILES_UNPACK;
	part_feed_fini(&f->feed);
	return part_feed_parts(&f->feed, m, 1, manifest_last_number(m), e) &&
	       start_pipe(f, e);
}

static bool name_increment(struct instance_files *f, struct err *e)
{
	struct text t = {0};

	if (f->preflight->chain.n == 0)
		return true;
	text_printf(&t, "%s.increment", f->directory);
	free(f->increment);
	f->increment = text_take(&t);
	text_free(&t);
	return f->increment != NULL || err_nomem(e, "a folder's name");
}

bool instance_files_start(struct instance_files *f,
			  void (*done)(void *arg, const struct err *e),
			  void *arg, struct err *e)
{
	f->done = done;
	f->arg = arg;
	if (f->job->jobs->config.helper == NULL)
		return err_set(e, ERR_REMOTE, "target_failed",
			       "this server has no helper that could unpack "
			       "files: see helper_program in cofferd.conf");
	f->step = 0;
	return name_increment(f, e) && start_step(f, e);
}

uint64_t instance_files_bytes(const struct instance_files *f)
{
	struct pipeline_facts facts = {0};

	if (f->pipe != NULL)
		pipeline_facts(f->pipe, &facts);
	return f->bytes_before + facts.source_bytes;
}

bool instance_files_drop(struct instance_files *f)
{
	bool was_running = f->pipe != NULL || f->tool != NULL || f->lingers;

	drop_pipe(f);
	program_free(f->tool);
	f->tool = NULL;
	f->lingers = false;
	part_feed_fini(&f->feed);
	return was_running;
}

void instance_files_fini(struct instance_files *f)
{
	(void)instance_files_drop(f);
	free(f->directory);
	free(f->increment);
	memset(f, 0, sizeof(*f));
}
