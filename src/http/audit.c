/* audit.c - each request that writes, or is denied, becomes an event. */
#include "http/audit.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "catalog/events.h"
#include "http/routes.h"
#include "http/server_int.h"

enum { DETAIL_MAX = 320, PATH_CHARS = 160, DENIAL_MS = 1000 };

static bool is_id(const char *key)
{
	static const char *const prefixes[] = {"src", "pool", "plan", "bak",
					       "res", "job",  "tok"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (id_has_prefix(key, prefixes[i]))
			return true;
	}
	return false;
}

static const char *text_of(const json_t *json, const char *name)
{
	const char *value = json_string_value(json_object_get(json, name));

	return value != NULL ? value : "";
}

/* A job is told of by what it works on. */
static const char *resource_of(const json_t *json)
{
	const char *id = text_of(json, "id");
	const char *resource = text_of(json, "resource");

	return id_has_prefix(id, "job") && *resource != '\0' ? resource : id;
}

/* An act on many: each of {"results":[{"id","status"}]} is an event. */
static void note_results(const struct request *r, const json_t *results);

void audit_note_reply(struct request *r, json_t *json)
{
	if (r->route == NULL || r->route->act == NULL)
		return;
	(void)str_copy(r->resource, sizeof(r->resource), resource_of(json));
	(void)str_copy(r->resource_name, sizeof(r->resource_name),
		       text_of(json, "name"));
	note_results(r, json_object_get(json, "results"));
}

static bool is_denied(int status)
{
	return status == 401 || status == 403 || status == 429;
}

static const char *result_of(int status)
{
	if (is_denied(status))
		return "denied";
	return status < 400 ? "ok" : "failed";
}

/* True once a second for each address; the oldest makes room, unless all of
 * them are of this second. */
static bool gate_opens(struct audit_gate *g, const char *address)
{
	struct audit_denial *oldest = &g->list[0];
	int64_t now_ms = clock_mono_ms();

	for (size_t i = 0; i < AUDIT_ADDRESSES; i++) {
		struct audit_denial *d = &g->list[i];

		if (strcmp(d->address, address) == 0) {
			oldest = d;
			break;
		}
		if (d->at_ms < oldest->at_ms)
			oldest = d;
	}
	if (oldest->address[0] != '\0' && now_ms - oldest->at_ms < DENIAL_MS)
		return false;
	(void)str_copy(oldest->address, sizeof(oldest->address), address);
	oldest->at_ms = now_ms;
	return true;
}

/* The path as sent, cut, with nothing but printable ASCII. */
static void plain_path(const struct request *r, char out[PATH_CHARS + 1])
{
	(void)str_copy(out, PATH_CHARS + 1, r->path);
	for (char *p = out; *p != '\0'; p++) {
		if (*p < ' ' || *p > '~')
			*p = '?';
	}
}

static void detail_of(const struct request *r, int status, char out[DETAIL_MAX])
{
	const char *dry = query_get(&r->query, "dry_run");
	bool is_dry = dry != NULL && strcmp(dry, "false") != 0 &&
		      strcmp(dry, "0") != 0;
	char path[PATH_CHARS + 1];

	plain_path(r, path);
	(void)snprintf(out, DETAIL_MAX, "%s %s%s: %d%s%s, request %s",
		       r->method, path, is_dry ? " (dry run)" : "", status,
		       r->code[0] != '\0' ? " " : "", r->code, r->id);
}

static void add(const struct request *r, int status, const char *resource,
		const char *name)
{
	char detail[DETAIL_MAX];
	const struct event_record e = {
		.kind = "audit",
		.act = r->route != NULL && r->route->act != NULL ? r->route->act
								 : "request",
		.resource = resource,
		.name = name,
		.result = result_of(status),
		.who = r->who.name,
		.address = r->address,
		.detail = detail,
	};

	detail_of(r, status, detail);
	catalog_event_add(r->server->config.catalog, &e);
}

static void note_results(const struct request *r, const json_t *results)
{
	for (size_t i = 0; i < json_array_size(results); i++) {
		const json_t *one = json_array_get(results, i);
		json_int_t status =
			json_integer_value(json_object_get(one, "status"));

		add(r, (int)status, text_of(one, "id"), "");
	}
}

/* What the request calls its resource: by the path, or by its body. */
static const char *name_of(const struct request *r)
{
	const char *name = text_of(r->body, "name");
	struct err e = {0};

	if (r->resource_name[0] != '\0')
		return r->resource_name;
	if (r->is_private)
		return "";
	if (r->params[0] != NULL)
		return is_id(r->params[0]) ? "" : r->params[0];
	return name_check_resource(name, &e) ? name : "";
}

void audit_request(const struct request *r, int status)
{
	const char *key = r->params[0] != NULL ? r->params[0] : "";

	if (r->path == NULL || r->is_replay)
		return;
	if (is_denied(status) ? !gate_opens(&r->server->gate, r->address)
			      : r->route == NULL || r->route->act == NULL)
		return;
	add(r, status, is_id(key) ? key : r->resource, name_of(r));
}
