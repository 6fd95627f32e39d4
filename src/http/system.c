/* system.c - /v1/system, /healthz, /readyz, /openapi.json. */
#include "http/handlers.h"

#include <string.h>

#include "base/clock.h"
#include "catalog/usage.h"
#include "http/list_int.h"
#include "http/openapi.h"
#include "http/server_int.h"
#include "jobs/jobs.h"
#include "pipeline/budget.h"
#include "sources/kinds.h"

static json_t *show_engines(void)
{
	json_t *engines = json_array();

	for (const struct source_kind *const *k = source_kinds(); *k != NULL;
	     k++)
		list_append(&engines,
			    json_pack("{s:s, s:i, s:o}", "engine", (*k)->engine,
				      "default_port", (int)(*k)->default_port,
				      "methods", show_methods(*k)));
	return engines;
}

static json_t *show_limits(const struct http_server *s)
{
	const struct http_config *c = &s->config;

	return json_pack(
		"{s:i, s:i, s:i, s:I, s:I, s:I, s:i, s:i, s:i}",
		"manual_backups", (int)c->manual_backups_max, "concurrent_jobs",
		(int)c->max_jobs, "tables_per_source", (int)c->max_tables,
		"buffer_bytes",
		(json_int_t)(c->budget ? budget_total(c->budget) : 0),
		"request_body_bytes", (json_int_t)c->limits.body_bytes,
		"request_header_bytes", (json_int_t)c->limits.header_bytes,
		"connections", (int)c->limits.connections, "list_items",
		(int)LIMIT_MAX, "batch_delete", 50);
}

static json_t *show_quota(const struct http_server *s,
			  const struct catalog_usage *u)
{
	return json_pack("{s:{s:I, s:i}}", "manual_backups", "used",
			 (json_int_t)u->manual_backups, "max",
			 (int)s->config.manual_backups_max);
}

static void on_usage(void *arg, const struct catalog_usage *u,
		     const struct err *e)
{
	struct request *r = arg;
	const struct http_server *s;
	const struct http_config *c;
	unsigned queued = 0, running = 0;

	if (!request_resume(r, e))
		return;
	s = r->server;
	c = &s->config;
	jobs_load(c->jobs, &queued, &running);
	request_reply(
		r, 200,
		json_pack("{s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:{s:i, s:i},"
			  " s:I, s:I, s:I}",
			  "version", c->version, "server_id",
			  catalog_identity(c->catalog)->server_id, "started_at",
			  show_time(c->started_at), "uptime_seconds",
			  (json_int_t)((clock_now_ms() - c->started_at) / 1000),
			  "limits", show_limits(s), "quota", show_quota(s, u),
			  "engines", show_engines(), "jobs", "queued",
			  (int)queued, "running", (int)running, "source_count",
			  (json_int_t)u->sources, "pool_count",
			  (json_int_t)u->pools, "stored_bytes",
			  (json_int_t)u->stored_bytes));
}

void system_get(struct request *r)
{
	struct err e = {0};

	request_await_catalog(
		r, catalog_count(r->server->config.catalog, on_usage, r, &e),
		&e);
}

void system_health(struct request *r)
{
	request_reply(r, 200, json_pack("{s:s}", "status", "ok"));
}

static json_t *show_checks(const struct http_server *s, const char *why)
{
	return json_pack("{s:s, s:[{s:s, s:b}, {s:s, s:b, s:s?}]}", "status",
			 why ? "not_ready" : "ok", "checks", "name", "tokens",
			 "ok", auth_is_loaded(s->auth), "name", "server", "ok",
			 why == NULL, "detail", why);
}

void system_ready(struct request *r)
{
	const char *why = server_not_ready(r->server);
	bool is_verbose = query_flag(&r->query, "verbose", &r->faults);

	if (!request_is_sound(r))
		return;
	if (is_verbose)
		request_reply(r, why ? 503 : 200, show_checks(r->server, why));
	else if (why != NULL)
		request_refuse(r, ERR_CONFLICT, "not_ready", "%s", why);
	else
		request_reply(r, 200, json_pack("{s:s}", "status", "ok"));
}

void system_openapi(struct request *r)
{
	struct reply_bytes b = {.type = "application/json", .is_static = true};

	b.bytes = openapi_document(&b.len);
	request_reply_bytes(r, 200, &b);
}
