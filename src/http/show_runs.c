/* show_runs.c - backups, restores and jobs as the API shows them. */
#include "http/show.h"

#include <string.h>

/* Adds all members of more (taken) to object (taken). */
static json_t *joined(json_t *object, json_t *more)
{
	if (object != NULL && more != NULL &&
	    json_object_update(object, more) == 0) {
		json_decref(more);
		return object;
	}
	json_decref(object);
	json_decref(more);
	return NULL;
}

static json_t *backup_source(const struct backup_record *r)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:s}", "id", r->source_id,
			 "name", r->source_name, "engine", r->source_engine,
			 "version", show_text(r->source_version), "region",
			 r->source_region ? r->source_region : "");
}

/* The plan itself may be gone: its name is in the backup's own record. */
static json_t *backup_plan(const struct backup_record *r)
{
	return r->plan_id[0] == '\0' ? json_null()
				     : show_ref(r->plan_id, r->plan_name);
}

static json_t *backup_head(const struct backup_record *r, const char *server_id)
{
	json_t *owner = json_pack("{s:s, s:b}", "server_id", r->server_id,
				  "this", strcmp(r->server_id, server_id) == 0);

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:o,"
			 " s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "id", r->id, "name", r->name, "description",
			 r->description ? r->description : "", "type", r->type,
			 "trigger", r->trigger, "method", r->method, "status",
			 backup_status_name(r->status), "owner", owner,
			 "source", backup_source(r), "plan", backup_plan(r),
			 "pool", show_ref(r->pool_id, r->pool_name), "scope",
			 show_json(r->scope_json), "created_at",
			 show_time(r->created_at), "started_at",
			 show_time(r->started_at), "finished_at",
			 show_time(r->finished_at), "expires_at",
			 show_time(r->expires_at), "save_path",
			 show_text(r->save_path));
}

static json_t *backup_sizes(const struct backup_record *r)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o,"
			 " s:o, s:o}",
			 "source_bytes", (json_int_t)r->source_bytes,
			 "stored_bytes", (json_int_t)r->stored_bytes,
			 "part_count", (json_int_t)r->part_count, "table_count",
			 (json_int_t)r->table_count, "row_count",
			 (json_int_t)r->row_count, "key_count",
			 (json_int_t)r->key_count, "counts",
			 show_json(r->counts_json), "consistency",
			 show_json(r->consistency_json), "warnings",
			 show_json_or(r->warnings_json, json_array()), "error",
			 show_json(r->error_json), "phases",
			 show_json_or(r->phases_json, json_array()),
			 "bottleneck", show_text(r->bottleneck));
}

/* What "passed" does not say. */
static const char *verify_note(const struct backup_record *r)
{
	if (!r->is_verify_shallow)
		return NULL;
	return "only sizes and SHA-256 of the stored objects were compared: "
	       "the backup is encrypted, and the pool has no identity that "
	       "opens it; give it that one and verify again";
}

static json_t *backup_tail(const struct backup_record *r)
{
	const char *verdict = r->verify_status;

	return json_pack(
		"{s:o, s:s, s:o, s:s?, s:o, s:o, s:b, s:b, s:b, s:o, s:I}",
		"verified_at", show_time(r->verified_at), "verify_status",
		verdict[0] ? verdict : "never", "verify_scope",
		show_text(r->verify_scope), "verify_note", verify_note(r),
		"last_drill", show_json(r->last_drill_json), "depends_on",
		show_json_or(r->depends_on_json, json_array()), "held", r->held,
		"encrypted", r->is_encrypted, "restoring", r->is_restoring,
		"job_id", show_text(r->job_id), "revision",
		(json_int_t)r->revision);
}

json_t *show_backup(const struct backup_record *r, const char *server_id)
{
	return joined(joined(backup_head(r, server_id), backup_sizes(r)),
		      backup_tail(r));
}

/* The API knows no queue of restores: what waits for its turn is under way. */
static const char *restore_status(enum job_status s)
{
	return job_status_name(s == JOB_QUEUED ? JOB_RUNNING : s);
}

json_t *show_restore(const struct restore_record *r)
{
	return json_pack(
		"{s:s, s:s, s:o, s:s?, s:s, s:I, s:I, s:b, s:o, s:o, s:o,"
		" s:o, s:o}",
		"id", r->id, "backup", r->backup_id, "target_source",
		r->target_path != NULL ? json_null()
				       : show_ref(r->target_id, r->target_name),
		"target_path", r->target_path, "status",
		restore_status(r->status), "row_count",
		(json_int_t)r->row_count, "key_count", (json_int_t)r->key_count,
		"verified", r->verified, "error", show_json(r->error_json),
		"created_at", show_time(r->created_at), "started_at",
		show_time(r->started_at), "finished_at",
		show_time(r->finished_at), "job_id", show_text(r->job_id));
}

static json_t *known_or_null(int64_t n)
{
	return n < 0 ? json_null() : json_integer(n);
}

json_t *show_progress(const struct job_progress *p)
{
	return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:I, s:o}", "phase",
			 p->phase, "bytes_read", (json_int_t)p->bytes_read,
			 "bytes_stored", (json_int_t)p->bytes_stored,
			 "items_done", (json_int_t)p->items_done, "items_total",
			 (json_int_t)p->items_total, "percent",
			 known_or_null(p->percent), "bytes_per_second",
			 (json_int_t)p->bytes_per_second, "eta_seconds",
			 known_or_null(p->eta_seconds));
}

/* What was kept, else nothing but where it stands. */
static json_t *job_progress_of(const struct job_record *r,
			       const struct job_progress *now)
{
	struct job_progress none = {.percent = -1, .eta_seconds = -1};

	if (now != NULL)
		return show_progress(now);
	if (r->progress_json != NULL)
		return show_json(r->progress_json);
	if (r->status == JOB_QUEUED)
		memcpy(none.phase, "queued", sizeof("queued"));
	return show_progress(&none);
}

json_t *show_job(const struct job_record *r, const struct job_progress *now)
{
	return json_pack(
		"{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "id", r->id,
		"kind", job_kind_name(r->kind), "status",
		job_status_name(r->status), "resource", show_text(r->resource),
		"progress", job_progress_of(r, now), "created_at",
		show_time(r->created_at), "started_at",
		show_time(r->started_at), "finished_at",
		show_time(r->finished_at), "error", show_json(r->error_json));
}
