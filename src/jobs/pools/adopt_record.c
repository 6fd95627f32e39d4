/* adopt_record.c - what a manifest says, as a record of the catalog. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/packs.h"
#include "jobs/pools/adopt_int.h"
#include "jobs/pools/place.h"
#include "manifest/parts.h"
#include "model/plan.h"

static const int64_t DAY_MS = 24LL * 3600 * 1000;

/* NULL for a JSON null, so that it is as in records of our own. */
static bool copy_json(char **to, const char *json)
{
	if (json == NULL || strcmp(json, "null") == 0)
		return true;
	*to = strdup(json);
	return *to != NULL;
}

static void fill_names(struct backup_record *r, const struct manifest *m)
{
	(void)str_copy(r->id, ID_MAX, m->backup_id);
	(void)str_copy(r->source_id, ID_MAX, m->source_id);
	(void)str_copy(r->name, sizeof(r->name), m->name);
	(void)str_copy(r->type, sizeof(r->type), m->type);
	(void)str_copy(r->method, sizeof(r->method), m->method);
	(void)str_copy(r->source_name, sizeof(r->source_name), m->source_name);
	(void)str_copy(r->source_engine, sizeof(r->source_engine), m->engine);
	(void)str_copy(r->source_version, sizeof(r->source_version),
		       m->version);
	(void)str_copy(r->manifest_digest, sizeof(r->manifest_digest),
		       m->digest);
	(void)str_copy(r->trigger, sizeof(r->trigger), "user");
	r->is_encrypted = m->recipients.n > 0;
	r->status = BACKUP_COMPLETED;
}

static uint64_t count_of(const json_t *counts, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(counts, key));

	return n > 0 ? (uint64_t)n : 0;
}

static bool fill_counts(struct backup_record *r, const struct manifest *m,
			struct err *e)
{
	json_t *counts = json_loads(m->counts_json, 0, NULL);

	if (counts == NULL)
		return err_nomem(e, "a manifest's counts");
	r->table_count = count_of(counts, "tables");
	r->row_count = count_of(counts, "rows");
	r->key_count = count_of(counts, "keys");
	r->source_bytes = count_of(counts, "bytes");
	json_decref(counts);
	if (r->source_bytes == 0)
		r->source_bytes = m->plain_bytes;
	r->stored_bytes = manifest_own_bytes(m);
	r->part_count = m->part_count;
	r->created_at = r->started_at = m->started_at;
	r->finished_at = m->finished_at;
	return true;
}

static void copy_text(char *to, size_t cap, const json_t *doc, const char *key)
{
	const char *s = json_string_value(json_object_get(doc, key));

	if (s != NULL)
		(void)str_copy(to, cap, s);
}

/* An automated backup whose manifest does not say how long it is kept stays:
 * nothing is deleted on a guess. */
static void fill_retention(struct backup_record *r, const json_t *plan)
{
	json_int_t days =
		json_integer_value(json_object_get(plan, "retention_days"));

	if (strcmp(r->type, "automated") == 0 && days > 0 &&
	    days <= PLAN_RETENTION_MAX_DAYS)
		r->retention_days = days;
	if (r->retention_days > 0)
		r->expires_at = r->finished_at + days * DAY_MS;
}

static bool is_trigger(const char *word)
{
	return strcmp(word, "user") == 0 || strcmp(word, "timer") == 0 ||
	       strcmp(word, "catch_up") == 0;
}

static bool fill_plan(struct backup_record *r, const struct manifest *m,
		      struct err *e)
{
	json_t *plan = json_loads(m->plan_json, JSON_DECODE_ANY, NULL);
	json_int_t due_at = json_integer_value(json_object_get(plan, "due_at"));
	char word[sizeof(r->trigger)] = "";

	if (plan == NULL)
		return err_nomem(e, "a manifest's plan");
	copy_text(r->plan_id, ID_MAX, plan, "id");
	copy_text(r->plan_name, NAME_BUF, plan, "name");
	copy_text(word, sizeof(word), plan, "trigger");
	if (is_trigger(word))
		(void)str_copy(r->trigger, sizeof(r->trigger), word);
	r->due_at = due_at > 0 ? due_at : 0;
	fill_retention(r, plan);
	json_decref(plan);
	return true;
}

/* A scope that nobody here can read must not look like the whole instance. */
static bool warn_hidden(struct backup_record *r)
{
	json_t *list =
		json_loads(r->warnings_json ? r->warnings_json : "[]", 0, NULL);
	json_t *one = json_pack(
		"{s:s, s:s}", "code", "scope_hidden", "detail",
		"the backup is encrypted: its scope and the details of its "
		"warnings were not read, because its pool had no identity for "
		"it when the backup was adopted");
	char *text = NULL;

	if (json_array_append_new(list, one) == 0)
		text = json_dumps(list, JSON_COMPACT);
	json_decref(list);
	free(r->warnings_json);
	r->warnings_json = text;
	return text != NULL;
}

/* What it needs to be restored: ids, in their order. */
static bool fill_chain(struct backup_record *r, const struct manifest *m,
		       struct err *e)
{
	json_t *o = m->physical_json != NULL
			    ? json_loads(m->physical_json, 0, NULL)
			    : NULL;
	const json_t *chain = json_object_get(o, "chain");
	bool ok = true;

	for (size_t i = 0; ok && i < json_array_size(chain); i++) {
		const char *id = json_string_value(json_array_get(chain, i));

		ok = id != NULL && id_has_prefix(id, "bak");
	}
	if (!ok)
		(void)err_set(e, ERR_DAMAGED, "damaged_backup",
			      "its manifest names backups that it needs, and "
			      "one of the names is none");
	if (ok && json_array_size(chain) > 0) {
		r->depends_on_json = json_dumps(chain, JSON_COMPACT);
		ok = r->depends_on_json != NULL ||
		     err_nomem(e, "a manifest's chain");
	}
	json_decref(o);
	return ok;
}

static bool fill_texts(struct backup_record *r, const struct manifest *m,
		       struct err *e)
{
	struct err why = {0};
	const char *description = m->description;

	if (!description_check(description, strlen(description), &why))
		description = "";
	r->description = strdup(description);
	r->source_region = strdup(m->region);
	return (r->description != NULL && r->source_region != NULL &&
		copy_json(&r->scope_json, m->scope_json) &&
		copy_json(&r->counts_json, m->counts_json) &&
		copy_json(&r->consistency_json, m->consistency_json) &&
		copy_json(&r->warnings_json, m->warnings_json) &&
		(!m->is_hidden || warn_hidden(r))) ||
	       err_nomem(e, "a backup's record");
}

bool adopt_fill(struct backup_record *r, const struct manifest *m,
		const struct pool_record *pool, const char *server_id,
		struct err *e)
{
	fill_names(r, m);
	(void)str_copy(r->server_id, ID_MAX, server_id);
	(void)str_copy(r->pool_id, ID_MAX, pool->id);
	if (strcmp(r->type, "manual") != 0 && strcmp(r->type, "automated") != 0)
		return err_set(e, ERR_DAMAGED, "damaged_backup",
			       "its manifest says a type of backup that there "
			       "is not");
	r->is_encrypted = m->recipients.n > 0;
	r->save_path = place_of(pool, m->source_id, m->backup_id, e);
	r->packs = packs_text(m);
	r->increments = packs_from_others(m);
	if (r->packs == NULL || r->increments < 0)
		return err_nomem(e, "a list of packs");
	return r->save_path != NULL && fill_counts(r, m, e) &&
	       fill_plan(r, m, e) && fill_chain(r, m, e) && fill_texts(r, m, e);
}
