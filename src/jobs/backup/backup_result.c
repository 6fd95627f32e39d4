/* backup_result.c - what a backup is remembered by: record and manifest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/text.h"
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"
#include "manifest/parts.h"

static char *dump_json(json_t *json)
{
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	return text;
}

static json_t *text_or_null(const char *s)
{
	return s != NULL && s[0] != '\0' ? json_string(s) : json_null();
}

char *error_json(const struct err *e)
{
	json_t *attempts = json_array();

	for (unsigned i = 0; i < e->ncauses; i++) {
		json_t *one = json_pack("{s:s,s:s}", "code", e->causes[i].api,
					"detail", e->causes[i].msg);

		(void)json_array_append_new(attempts, one);
	}
	if (e->ncauses > 0) {
		json_t *last = json_pack("{s:s,s:s}", "code", e->api, "detail",
					 e->msg);

		(void)json_array_append_new(attempts, last);
	}
	return dump_json(json_pack("{s:s,s:s,s:o}", "code", e->api, "detail",
				   e->msg, "attempts", attempts));
}

static char *consistency_json(const struct dump_facts *f)
{
	json_t *position =
		f->binlog_file[0] != '\0'
			? json_integer((json_int_t)f->binlog_position)
			: json_null();

	json_t *offset =
		f->replication_id[0] != '\0'
			? json_integer((json_int_t)f->replication_offset)
			: json_null();

	return dump_json(json_pack(
		"{s:s,s:o,s:o,s:o,s:o,s:o}", "state", f->consistency,
		"binlog_file", text_or_null(f->binlog_file), "binlog_position",
		position, "gtid", text_or_null(f->gtid), "replication_id",
		text_or_null(f->replication_id), "replication_offset", offset));
}

static void add_warning(json_t *list, const char *code, const char *detail)
{
	(void)json_array_append_new(
		list, json_pack("{s:s,s:s}", "code", code, "detail", detail));
}

/* detail: in the place of what they tell, or NULL. */
static char *list_warnings(const struct backup_job *b, const char *detail)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	json_t *list = json_array();

	for (size_t i = 0; i < f->nwarnings; i++)
		add_warning(list, f->warnings[i].code,
			    detail != NULL ? detail : f->warnings[i].detail);
	if (b->is_tree && err_is(&b->on.why))
		add_warning(list, "not_incremental",
			    detail != NULL ? detail : b->on.why.msg);
	return dump_json(list);
}

static char *warnings_json(const struct backup_job *b)
{
	return list_warnings(b, NULL);
}

/* Redis: the engine tells each database's keys by type. */
static bool add_key_counts(json_t *counts, const struct dump_facts *f)
{
	json_t *list;

	if (f->counts_json == NULL)
		return true;
	list = json_loads(f->counts_json, 0, NULL);
	return list != NULL &&
	       json_object_set_new(counts, "by_database", list) == 0 &&
	       json_object_set_new(counts, "keys",
				   json_integer((json_int_t)f->keys)) == 0 &&
	       json_object_set_new(counts, "expiring",
				   json_integer((json_int_t)f->expiring)) ==
		       0 &&
	       json_object_set_new(counts, "functions",
				   json_integer((json_int_t)f->functions)) == 0;
}

/* Of files nothing is a table. */
static char *file_counts_json(const struct dump_facts *f)
{
	return dump_json(json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "files",
		(json_int_t)f->files, "directories", (json_int_t)f->directories,
		"symlinks", (json_int_t)f->symlinks, "hardlinks",
		(json_int_t)f->hardlinks, "others", (json_int_t)f->others,
		"rows", (json_int_t)f->rows, "content_bytes",
		(json_int_t)f->content_bytes, "bytes",
		(json_int_t)f->plain_bytes));
}

static char *object_counts_json(const struct dump_facts *f)
{
	return dump_json(json_pack("{s:I,s:I,s:I,s:I}", "objects",
				   (json_int_t)f->objects, "rows",
				   (json_int_t)f->rows, "content_bytes",
				   (json_int_t)f->content_bytes, "bytes",
				   (json_int_t)f->plain_bytes));
}

static char *table_counts_json(const struct dump_facts *f)
{
	json_t *counts = json_pack(
		"{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "databases",
		(json_int_t)f->databases, "tables", (json_int_t)f->tables,
		"rows", (json_int_t)f->rows, "views", (json_int_t)f->views,
		"routines", (json_int_t)f->routines, "triggers",
		(json_int_t)f->triggers, "events", (json_int_t)f->events,
		"sequences", (json_int_t)f->sequences, "accounts",
		(json_int_t)f->accounts, "bytes", (json_int_t)f->plain_bytes);

	if (counts == NULL || !add_key_counts(counts, f)) {
		json_decref(counts);
		return NULL;
	}
	return dump_json(counts);
}

static char *counts_json(const struct dump_facts *f)
{
	if (f->has_objects)
		return object_counts_json(f);
	return f->has_files ? file_counts_json(f) : table_counts_json(f);
}

/* Who held the others up most of the time. */
static const char *bottleneck(const struct backup_job *b)
{
	const uint64_t *ms = b->blocked_ms;

	if (ms[BLOCKED_STORE] >= ms[BLOCKED_STAGES] &&
	    ms[BLOCKED_STORE] >= ms[BLOCKED_SOURCE])
		return ms[BLOCKED_STORE] > 0 ? "store" : "source";
	return ms[BLOCKED_STAGES] >= ms[BLOCKED_SOURCE] ? "compression"
							: "source";
}

/* A try that came so far before may have left its own. */
static void replace(char **to, char *with)
{
	free(*to);
	*to = with;
}

bool backup_fill_record(struct backup_job *b, struct err *e)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	struct backup_record *r = &b->r;

	r->source_bytes = f->plain_bytes;
	/* What it shares counts where it was stored first. */
	(void)str_copy(b->manifest.backup_id, sizeof(b->manifest.backup_id),
		       r->id);
	r->stored_bytes = manifest_own_bytes(&b->manifest);
	r->part_count = b->manifest.part_count;
	r->table_count = f->tables;
	r->row_count = f->rows;
	r->key_count = f->keys;
	(void)snprintf(r->source_version, sizeof(r->source_version), "%s",
		       f->version);
	(void)snprintf(r->bottleneck, sizeof(r->bottleneck), "%s",
		       bottleneck(b));
	replace(&r->counts_json, counts_json(f));
	replace(&r->consistency_json, consistency_json(f));
	replace(&r->warnings_json, warnings_json(b));
	replace(&r->phases_json, meter_phases_json(&b->meter));
	if (!r->counts_json || !r->consistency_json || !r->warnings_json ||
	    !r->phases_json)
		return err_nomem(e, "a backup's record");
	return backup_note_base(b, e);
}

static char *copy_of(const char *s)
{
	return strdup(s != NULL ? s : "");
}

static char *copy_or_null(const char *json)
{
	return strdup(json != NULL ? json : "null");
}

static void fill_names(struct manifest *m, const struct backup_record *r)
{
	memcpy(m->backup_id, r->id, ID_MAX);
	memcpy(m->source_id, r->source_id, ID_MAX);
	memcpy(m->server_id, r->server_id, ID_MAX);
	m->name = copy_of(r->name);
	m->description = copy_of(r->description);
	m->source_name = copy_of(r->source_name);
	m->engine = copy_of(r->source_engine);
	m->version = copy_of(r->source_version);
	m->method = copy_of(r->method);
	m->type = copy_of(r->type);
	m->region = copy_of(r->source_region);
	m->compression = copy_of("zstd");
}

/* What a catalog that is made again from manifests has to know of the plan. */
static char *plan_json(const struct backup_record *r)
{
	if (r->plan_id[0] == '\0')
		return copy_or_null(NULL);
	return dump_json(json_pack(
		"{s:s,s:s,s:s,s:I,s:I}", "id", r->plan_id, "name", r->plan_name,
		"trigger", r->trigger, "due_at", (json_int_t)r->due_at,
		"retention_days", (json_int_t)r->retention_days));
}

/* Warnings name tables: what an encrypted backup's manifest may tell of them
 * is how many there are of which kind. */
static char *bare_warnings_json(const struct backup_job *b)
{
	return list_warnings(b, "encrypted, as the backup is");
}

bool backup_fill_hidden(struct backup_job *b, struct err *e)
{
	const char *scope = b->r.scope_json;
	char *warnings = warnings_json(b);
	struct text t = {0};

	text_printf(&t, "{\"scope\":%s,\"warnings\":",
		    scope != NULL ? scope : "null");
	text_str(&t, warnings);
	text_str(&t, "}");
	free(b->manifest.hidden_json);
	b->manifest.hidden_json = warnings != NULL ? text_take(&t) : NULL;
	text_free(&t);
	free(warnings);
	return b->manifest.hidden_json != NULL ||
	       err_nomem(e, "a backup's warnings");
}

/* No database, table or file is named in it: what was is sealed already. */
static void hide_names(struct backup_job *b)
{
	struct manifest *m = &b->manifest;

	free(m->scope_json);
	free(m->warnings_json);
	m->scope_json = copy_or_null(NULL);
	m->warnings_json = bare_warnings_json(b);
}

/* Of methods that copy files: what an instance made of them must have. */
static bool fill_files(struct backup_job *b, const struct dump_facts *f)
{
	struct manifest *m = &b->manifest;
	char hex[DIGEST_HEX_MAX];

	free(m->physical_json);
	free(m->names_digest);
	m->physical_json = m->names_digest = NULL;
	if (f->physical_json == NULL)
		return true;
	m->physical_json = backup_physical_json(b);
	if (f->names.low == 0 && f->names.high == 0)
		return m->physical_json != NULL;
	m->names_digest = strdup(digest_format(&f->names, hex));
	return m->physical_json != NULL && m->names_digest != NULL;
}

static bool is_filled(const struct manifest *m)
{
	return m->name && m->description && m->source_name && m->engine &&
	       m->version && m->method && m->type && m->region &&
	       m->compression && m->plan_json && m->scope_json &&
	       m->consistency_json && m->session_json && m->counts_json &&
	       m->warnings_json;
}

bool backup_fill_manifest(struct backup_job *b, struct err *e)
{
	const struct dump_facts *f = b->dump->ops->facts(b->dump);
	const struct backup_record *r = &b->r;
	struct manifest *m = &b->manifest;

	fill_names(m, r);
	m->plan_json = plan_json(r);
	m->scope_json = copy_or_null(r->scope_json);
	m->consistency_json = copy_or_null(r->consistency_json);
	m->session_json = copy_or_null(f->session_json);
	m->counts_json = counts_json(f);
	m->warnings_json = copy_or_null(r->warnings_json);
	m->longest_statement = f->max_statement_bytes;
	m->started_at = r->started_at;
	m->finished_at = r->finished_at;
	if (m->recipients.n > 0)
		hide_names(b);
	if (!fill_files(b, f) || !is_filled(m))
		return err_nomem(e, "a manifest");
	return true;
}
