/* routes.c - the table of routes, and finding one in it. */
#include "http/routes.h"

#include <stdlib.h>
#include <string.h>

#include "base/encode.h"
#include "base/text.h"
#include "http/handlers.h"
#include "http/request_int.h"

#define LIST "limit after sort "

/*
 * "Role per route" of the API: GET and previews need read; backing up,
 * canceling, holding operate; restores restore; everything else that writes,
 * and tokens, admin; of events those of the audit log are shown to admins
 * alone. A literal part stands before the "{id}" it could be taken for.
 */
static const struct route routes[] = {
	{"GET", "/v1/sources", ROLE_READ, BODY_NONE, LIST "q engine status",
	 sources_list, NULL},
	{"POST", "/v1/sources", ROLE_ADMIN, BODY_REQUIRED, "", sources_create,
	 "source.create"},
	{"POST", "/v1/sources/test", ROLE_ADMIN, BODY_REQUIRED, "",
	 sources_check, "source.check"},
	{"GET", "/v1/sources/{id}", ROLE_READ, BODY_NONE, "", sources_get,
	 NULL},
	{"PATCH", "/v1/sources/{id}", ROLE_ADMIN, BODY_MERGE, "dry_run",
	 sources_update, "source.update"},
	{"DELETE", "/v1/sources/{id}", ROLE_ADMIN, BODY_NONE, "dry_run destroy",
	 sources_delete, "source.delete"},
	{"POST", "/v1/sources/{id}/test", ROLE_ADMIN, BODY_NONE, "",
	 sources_test, "source.test"},
	{"GET", "/v1/sources/{id}/databases", ROLE_READ, BODY_NONE, "sizes",
	 sources_databases, NULL},
	{"GET", "/v1/sources/{id}/databases/{db}/tables", ROLE_READ, BODY_NONE,
	 "sizes", sources_tables, NULL},
	{"GET", "/v1/pools", ROLE_READ, BODY_NONE, LIST "q status storage_type",
	 pools_list, NULL},
	{"POST", "/v1/pools", ROLE_ADMIN, BODY_REQUIRED, "", pools_create,
	 "pool.bind"},
	{"GET", "/v1/pools/{id}", ROLE_READ, BODY_NONE, "", pools_get, NULL},
	{"PATCH", "/v1/pools/{id}", ROLE_ADMIN, BODY_MERGE, "dry_run",
	 pools_update, "pool.update"},
	{"DELETE", "/v1/pools/{id}", ROLE_ADMIN, BODY_NONE, "confirm dry_run",
	 pools_delete, "pool.unbind"},
	{"POST", "/v1/pools/{id}/test", ROLE_ADMIN, BODY_NONE, "", pools_test,
	 "pool.test"},
	{"POST", "/v1/pools/{id}/adopt", ROLE_ADMIN, BODY_NONE, "", pools_adopt,
	 "pool.adopt"},
	{"POST", "/v1/pools/{id}/takeover", ROLE_ADMIN, BODY_REQUIRED, "",
	 pools_takeover, "pool.takeover"},
	{"GET", "/v1/plans", ROLE_READ, BODY_NONE,
	 LIST "q source pool strategy status engine", plans_list, NULL},
	{"POST", "/v1/plans", ROLE_ADMIN, BODY_REQUIRED, "", plans_create,
	 "plan.create"},
	{"GET", "/v1/plans/{id}", ROLE_READ, BODY_NONE, "", plans_get, NULL},
	{"PATCH", "/v1/plans/{id}", ROLE_ADMIN, BODY_MERGE, "dry_run",
	 plans_update, "plan.update"},
	{"DELETE", "/v1/plans/{id}", ROLE_ADMIN, BODY_NONE,
	 "dry_run delete_backups", plans_delete, "plan.delete"},
	{"POST", "/v1/plans/{id}/execute", ROLE_OPERATE, BODY_OPTIONAL, "",
	 plans_execute, "plan.execute"},
	{"GET", "/v1/plans/{id}/runs", ROLE_READ, BODY_NONE, "limit",
	 plans_runs, NULL},
	{"GET", "/v1/plans/{id}/expiry", ROLE_READ, BODY_NONE, "", plans_expiry,
	 NULL},
	{"POST", "/v1/plans/{id}/release", ROLE_ADMIN, BODY_NONE, "",
	 plans_release, "plan.release"},
	{"GET", "/v1/plans/{id}/backups", ROLE_READ, BODY_NONE,
	 LIST "q type method status since until", plans_backups, NULL},
	{"GET", "/v1/backups", ROLE_READ, BODY_NONE,
	 LIST "q source plan pool type method status since until", backups_list,
	 NULL},
	{"POST", "/v1/backups", ROLE_OPERATE, BODY_REQUIRED, "", backups_create,
	 "backup.create"},
	{"POST", "/v1/backups/batch-delete", ROLE_ADMIN, BODY_REQUIRED, "",
	 backups_batch_delete, "backup.delete"},
	{"GET", "/v1/backups/{id}", ROLE_READ, BODY_NONE, "", backups_get,
	 NULL},
	{"PATCH", "/v1/backups/{id}", ROLE_OPERATE, BODY_MERGE, "",
	 backups_update, "backup.update"},
	{"DELETE", "/v1/backups/{id}", ROLE_ADMIN, BODY_NONE, "",
	 backups_delete, "backup.delete"},
	{"POST", "/v1/backups/{id}/cancel", ROLE_OPERATE, BODY_NONE, "",
	 backups_cancel, "backup.cancel"},
	{"POST", "/v1/backups/{id}/verify", ROLE_OPERATE, BODY_OPTIONAL, "",
	 backups_verify, "backup.verify"},
	{"POST", "/v1/backups/{id}/drill", ROLE_OPERATE, BODY_OPTIONAL, "",
	 backups_drill, "backup.drill"},
	{"GET", "/v1/backups/{id}/contents", ROLE_READ, BODY_NONE,
	 "folder after limit", backups_contents, NULL},
	{"GET", "/v1/backups/{id}/manifest", ROLE_READ, BODY_NONE, "",
	 backups_manifest, NULL},
	{"GET", "/v1/restores", ROLE_READ, BODY_NONE,
	 LIST "backup status target", restores_list, NULL},
	{"POST", "/v1/restores", ROLE_RESTORE, BODY_REQUIRED, "",
	 restores_create, "restore.create"},
	{"POST", "/v1/restores/check", ROLE_RESTORE, BODY_REQUIRED, "",
	 restores_check, "restore.check"},
	{"GET", "/v1/restores/{id}", ROLE_READ, BODY_NONE, "", restores_get,
	 NULL},
	{"POST", "/v1/restores/{id}/cancel", ROLE_OPERATE, BODY_NONE, "",
	 restores_cancel, "restore.cancel"},
	{"GET", "/v1/jobs", ROLE_READ, BODY_NONE, LIST "kind status source",
	 jobs_list_all, NULL},
	{"GET", "/v1/jobs/{id}", ROLE_READ, BODY_NONE, "wait", jobs_get, NULL},
	{"GET", "/v1/jobs/{id}/log", ROLE_READ, BODY_NONE, "", jobs_log, NULL},
	{"POST", "/v1/jobs/{id}/cancel", ROLE_OPERATE, BODY_NONE, "",
	 jobs_stop_one, "job.cancel"},
	{"GET", "/v1/provisioners", ROLE_READ, BODY_NONE, "", provisioners_list,
	 NULL},
	{"POST", "/v1/timers/preview", ROLE_READ, BODY_REQUIRED, "",
	 timers_preview, NULL},
	{"GET", "/v1/events", ROLE_READ, BODY_NONE,
	 LIST "resource kind result since until", events_list, NULL},
	{"GET", "/v1/tokens", ROLE_ADMIN, BODY_NONE, LIST "q", tokens_list,
	 NULL},
	{"POST", "/v1/tokens", ROLE_ADMIN, BODY_REQUIRED, "", tokens_create,
	 "token.create"},
	{"DELETE", "/v1/tokens/{id}", ROLE_ADMIN, BODY_NONE, "", tokens_delete,
	 "token.delete"},
	{"GET", "/v1/statistics", ROLE_READ, BODY_NONE,
	 "days timezone plan source", statistics_get, NULL},
	{"GET", "/v1/sessions", ROLE_READ, BODY_NONE, "", sessions_get, NULL},
	{"POST", "/v1/sessions", ROLE_NONE, BODY_REQUIRED, "", sessions_create,
	 "session.create"},
	{"DELETE", "/v1/sessions", ROLE_READ, BODY_NONE, "", sessions_delete,
	 "session.delete"},
	{"GET", "/v1/system", ROLE_READ, BODY_NONE, "", system_get, NULL},
	{"GET", "/metrics", ROLE_READ, BODY_NONE, "", system_metrics, NULL},
	{"GET", "/", ROLE_NONE, BODY_NONE, "", console_index, NULL},
	{"GET", "/docs", ROLE_NONE, BODY_NONE, "", console_docs, NULL},
	{"GET", "/console/{path}", ROLE_NONE, BODY_NONE, "", console_get, NULL},
	{"GET", "/openapi.json", ROLE_READ, BODY_NONE, "", system_openapi,
	 NULL},
	{"GET", "/healthz", ROLE_NONE, BODY_NONE, "", system_health, NULL},
	{"GET", "/readyz", ROLE_NONE, BODY_NONE, "verbose", system_ready, NULL},
};

enum { ROUTES = sizeof(routes) / sizeof(routes[0]) };

const struct route *routes_all(size_t *n)
{
	*n = ROUTES;
	return routes;
}

/* The length of the part that begins here. */
static size_t part_len(const char *s)
{
	return strcspn(s, "/");
}

/* The length of what the part of a pattern stands for, of a path. */
static size_t fit_len(const char *pattern, const char *path)
{
	return strcmp(pattern, "{path}") == 0 ? strlen(path) : part_len(path);
}

static bool route_fits(const char *pattern, const char *path)
{
	while (*pattern == '/' && *path == '/') {
		size_t want = part_len(++pattern);
		size_t have = fit_len(pattern, ++path);

		if (*pattern == '{'
			    ? have == 0
			    : want != have || memcmp(pattern, path, want) != 0)
			return false;
		pattern += want;
		path += have;
	}
	return *pattern == '\0' && *path == '\0';
}

static bool route_is(const struct route *route, const char *method,
		     const char *path)
{
	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	return strcmp(route->method, method) == 0 &&
	       route_fits(route->path, path);
}

static bool take_param(const char *part, size_t len, char **param,
		       struct err *e)
{
	*param = strndup(part, len);
	if (*param == NULL)
		return err_nomem(e, "a path");
	if (percent_decode(*param) && utf8_check(*param, strlen(*param), NULL))
		return true;
	return err_set(e, ERR_INVALID, "malformed",
		       "the path is badly escaped or not UTF-8");
}

static bool take_params(const struct route *route, const char *path,
			char **params, struct err *e)
{
	const char *pattern = route->path;
	size_t n = 0, len;

	while (*pattern == '/' && *path == '/') {
		pattern++;
		path++;
		len = fit_len(pattern, path);
		if (*pattern == '{' && n < REQUEST_PARAMS_MAX &&
		    !take_param(path, len, &params[n++], e))
			return false;
		pattern += part_len(pattern);
		path += len;
	}
	return true;
}

const struct route *routes_find(const char *method, const char *path,
				char **params, struct err *e)
{
	bool is_there = false;

	for (size_t i = 0; i < ROUTES; i++) {
		if (route_is(&routes[i], method, path))
			return take_params(&routes[i], path, params, e)
				       ? &routes[i]
				       : NULL;
		is_there = is_there || route_fits(routes[i].path, path);
	}
	if (is_there)
		(void)err_set(e, ERR_INVALID, "method_not_allowed",
			      "this path cannot be asked with %s", method);
	else
		(void)err_set(e, ERR_NOT_FOUND, "not_found",
			      "there is nothing at this path");
	return NULL;
}

void routes_allow(const char *path, char *out, size_t cap)
{
	struct text t = {0};

	for (size_t i = 0; i < ROUTES; i++) {
		if (!route_fits(routes[i].path, path))
			continue;
		text_printf(&t, "%s%s", t.len ? ", " : "", routes[i].method);
		if (strcmp(routes[i].method, "GET") == 0)
			text_str(&t, ", HEAD");
	}
	(void)str_copy(out, cap, t.data ? t.data : "");
	text_free(&t);
}
