/* server_doc.c - what servers/<id>.json says of sources, pools and plans, and
 * reading it again. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/pools/server_file.h"

static json_t *json_of(const char *text)
{
	return text != NULL ? json_loads(text, JSON_DECODE_ANY, NULL)
			    : json_null();
}

json_t *server_doc_source(const struct source_record *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b}", "id", r->id,
			 "name", r->name, "engine", r->engine, "region",
			 r->region ? r->region : "", "remarks",
			 r->remarks ? r->remarks : "", "connection",
			 json_of(r->connection_json), "has_secret",
			 r->has_secret);
}

json_t *server_doc_pool(const struct pool_record *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:I, s:o}", "id", r->id,
			 "name", r->name, "storage_type", r->storage_type,
			 "remarks", r->remarks ? r->remarks : "",
			 r->storage_type, json_of(r->config_json), "part_bytes",
			 (json_int_t)r->part_bytes, "recipients",
			 json_of(r->recipients_json));
}

json_t *server_doc_plan(const struct plan_record *r)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:o, s:o,"
			 " s:o, s:I, s:I}",
			 "id", r->id, "name", r->name, "remarks",
			 r->remarks ? r->remarks : "", "enabled", r->is_enabled,
			 "source_id", r->source_id, "pool_id", r->pool_id,
			 "strategy", r->strategy, "method", r->method, "scope",
			 json_of(r->scope_json), "timer",
			 json_of(r->timer_json), "options",
			 json_of(r->options_json), "retention_days",
			 (json_int_t)r->retention_days, "grace_seconds",
			 (json_int_t)r->grace_seconds);
}

/* --- the way back */

static bool read_word(const json_t *doc, const char *key, char *to, size_t cap)
{
	const char *s = json_string_value(json_object_get(doc, key));

	return s != NULL && str_copy(to, cap, s);
}

static bool read_text(const json_t *doc, const char *key, char **to)
{
	const char *s = json_string_value(json_object_get(doc, key));

	*to = strdup(s != NULL ? s : "");
	return *to != NULL;
}

/* NULL for null. */
static bool read_json(const json_t *doc, const char *key, char **to)
{
	const json_t *value = json_object_get(doc, key);

	if (value == NULL || json_is_null(value))
		return true;
	*to = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	return *to != NULL;
}

bool server_doc_read_source(const json_t *doc, struct source_record *r,
			    bool *has_secret)
{
	*has_secret = json_is_true(json_object_get(doc, "has_secret"));
	return read_word(doc, "id", r->id, sizeof(r->id)) &&
	       id_has_prefix(r->id, "src") &&
	       read_word(doc, "name", r->name, sizeof(r->name)) &&
	       read_word(doc, "engine", r->engine, sizeof(r->engine)) &&
	       json_is_object(json_object_get(doc, "connection")) &&
	       read_text(doc, "region", &r->region) &&
	       read_text(doc, "remarks", &r->remarks) &&
	       read_json(doc, "connection", &r->connection_json);
}

static int64_t read_number(const json_t *doc, const char *key, int64_t max,
			   int64_t otherwise)
{
	const json_t *value = json_object_get(doc, key);
	json_int_t n = json_integer_value(value);

	return json_is_integer(value) && n >= 1 && n <= max ? n : otherwise;
}

static bool is_strategy(const struct plan_record *r)
{
	if (strcmp(r->strategy, "timer") == 0)
		return r->timer_json != NULL;
	return strcmp(r->strategy, "manual") == 0;
}

bool server_doc_read_plan(const json_t *doc, struct plan_record *r)
{
	r->retention_days =
		read_number(doc, "retention_days", PLAN_RETENTION_MAX_DAYS,
			    PLAN_RETENTION_DAYS);
	r->grace_seconds = read_number(doc, "grace_seconds", INT32_MAX,
				       PLAN_GRACE_SECONDS);
	return read_word(doc, "id", r->id, sizeof(r->id)) &&
	       id_has_prefix(r->id, "plan") &&
	       read_word(doc, "name", r->name, sizeof(r->name)) &&
	       read_word(doc, "source_id", r->source_id,
			 sizeof(r->source_id)) &&
	       read_word(doc, "strategy", r->strategy, sizeof(r->strategy)) &&
	       read_word(doc, "method", r->method, sizeof(r->method)) &&
	       read_text(doc, "remarks", &r->remarks) &&
	       read_json(doc, "scope", &r->scope_json) &&
	       read_json(doc, "timer", &r->timer_json) &&
	       read_json(doc, "options", &r->options_json) && is_strategy(r);
}
