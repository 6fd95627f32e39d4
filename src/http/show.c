/* show.c - small things that every resource shows; sources and pools. */
#include "http/show.h"

#include <string.h>

#include "base/clock.h"
#include "catalog/events.h"
#include "http/list_int.h"
#include "sources/kinds.h"
#include "stores/probe.h"

json_t *show_time(int64_t at_ms)
{
	char text[CLOCK_TEXT_MAX];

	return at_ms == 0 ? json_null()
			  : json_string(clock_format(at_ms, text));
}

json_t *show_text(const char *s)
{
	return s == NULL || *s == '\0' ? json_null() : json_string(s);
}

json_t *show_json_or(const char *text, json_t *otherwise)
{
	if (text == NULL)
		return otherwise;
	json_decref(otherwise);
	return json_loads(text, JSON_DECODE_ANY, NULL);
}

json_t *show_json(const char *text)
{
	return show_json_or(text, json_null());
}

json_t *show_secret(bool is_set)
{
	return is_set ? json_pack("{s:b}", "set", 1) : json_null();
}

json_t *show_ref(const char *id, const char *name)
{
	return json_pack("{s:s, s:s}", "id", id, "name", name);
}

json_t *show_doomed(const char *id, const char *name, uint64_t stored_bytes)
{
	return json_pack("{s:s, s:s, s:I}", "id", id, "name", name,
			 "stored_bytes", (json_int_t)stored_bytes);
}

json_t *show_page(json_t *items, const struct catalog_page *page)
{
	return json_pack("{s:o, s:s?, s:I}", "items", items, "next", page->next,
			 "total", (json_int_t)page->total);
}

/* An object of its own with the secret's place filled in. */
static json_t *with_secret(const char *text, const char *member, bool is_set)
{
	json_t *object = show_json_or(text, json_object());

	if (json_object_set_new(object, member, show_secret(is_set)) != 0) {
		json_decref(object);
		return NULL;
	}
	return object;
}

/* That of a folder has no secret. */
static json_t *show_connection(const struct source_record *r)
{
	const struct source_kind *kind = source_kind_find(r->engine);

	if (kind != NULL && kind->is_bucket)
		return with_secret(r->connection_json, "secret_key",
				   r->has_secret);
	if (kind != NULL && kind->is_tree && r->connection_json != NULL)
		return show_json(r->connection_json);
	return with_secret(r->connection_json, "password", r->has_secret);
}

static json_t *show_read_from(const struct source_record *r)
{
	if (r->read_from_json == NULL)
		return json_null();
	return with_secret(r->read_from_json, "password",
			   r->has_read_from_secret);
}

json_t *show_methods(const struct source_kind *kind)
{
	json_t *list = json_array();

	for (const char *const *m = kind ? kind->methods : NULL;
	     m != NULL && *m != NULL; m++)
		list_append(&list, json_string(*m));
	return list;
}

json_t *show_source(const struct source_record *r)
{
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s?, s:o, s:o, s:o,"
		" s:o, s:o, s:o, s:o, s:I, s:o, s:o}",
		"id", r->id, "name", r->name, "remarks",
		r->remarks ? r->remarks : "", "region",
		r->region ? r->region : "", "engine", r->engine, "connection",
		show_connection(r), "status", source_status_name(r),
		"status_reason", r->is_reachable ? NULL : r->reason, "version",
		show_text(r->version), "role", show_text(r->role), "methods",
		show_methods(source_kind_find(r->engine)), "read_from",
		show_read_from(r), "provisioned_by",
		show_text(r->provisioned_by), "plans",
		show_json_or(r->plans_json, json_array()), "last_backup_at",
		show_time(r->last_backup_at), "revision",
		(json_int_t)r->revision, "created_at", show_time(r->created_at),
		"updated_at", show_time(r->updated_at));
}

static json_t *show_encryption(const struct pool_record *r)
{
	if (r->recipients_json == NULL)
		return json_null();
	return json_pack("{s:o, s:o}", "recipients",
			 show_json(r->recipients_json), "identity",
			 show_secret(r->has_identity));
}

json_t *show_pool(const struct pool_record *r)
{
	bool is_bucket = strcmp(r->storage_type, "object_storage") == 0;
	json_t *settings =
		is_bucket ? with_secret(r->config_json, "secret_key",
					r->has_secret)
			  : show_json_or(r->config_json, json_object());

	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s?, s:s, s:o, s:I, s:o, s:o, s:o,"
		" s:I, s:I, s:I, s:o, s:o}",
		"id", r->id, "name", r->name, "remarks",
		r->remarks ? r->remarks : "", "status",
		!r->is_reachable ? "unreachable"
		: r->is_adopting ? "adopting"
				 : "available",
		"status_reason", r->is_reachable ? r->rival : r->reason,
		"storage_type", r->storage_type, r->storage_type, settings,
		"part_bytes", (json_int_t)r->part_bytes, "encryption",
		show_encryption(r), "capabilities",
		show_json_or(r->capabilities_json, json_object()), "plans",
		show_json_or(r->plans_json, json_array()), "backup_count",
		(json_int_t)r->backup_count, "stored_bytes",
		(json_int_t)r->stored_bytes, "revision",
		(json_int_t)r->revision, "created_at", show_time(r->created_at),
		"updated_at", show_time(r->updated_at));
}

json_t *show_capabilities(const struct store_capabilities *c)
{
	return json_pack("{s:b, s:b, s:b, s:I, s:i, s:i, s:i, s:i}",
			 "conditional_put", c->conditional_put,
			 "list_after_write", c->list_after_write, "ranged_get",
			 c->ranged_get, "clock_skew_ms",
			 (json_int_t)c->clock_skew_ms, "put_ms", (int)c->put_ms,
			 "get_ms", (int)c->get_ms, "list_ms", (int)c->list_ms,
			 "delete_ms", (int)c->delete_ms);
}

json_t *show_event(const struct event_record *r)
{
	return json_pack("{s:I, s:o, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o,"
			 " s:o, s:o}",
			 "id", (json_int_t)r->id, "at", show_time(r->at_ms),
			 "kind", r->kind, "act", r->act, "resource",
			 show_text(r->resource), "name", show_text(r->name),
			 "result", r->result, "who", show_text(r->who),
			 "address", show_text(r->address), "detail",
			 show_text(r->detail), "hash", show_text(r->hash),
			 "previous_hash", show_text(r->previous_hash));
}
