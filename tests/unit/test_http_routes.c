/* The table of routes: matching, roles, and openapi.json beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "http/openapi.h"
#include "http/request_int.h"
#include "http/routes.h"

struct found {
	const struct route *route;
	char *params[REQUEST_PARAMS_MAX];
	struct err e;
};

static struct found find(const char *method, const char *path)
{
	struct found f = {0};

	f.route = routes_find(method, path, f.params, &f.e);
	return f;
}

static void drop(struct found *f)
{
	for (size_t i = 0; i < REQUEST_PARAMS_MAX; i++)
		free(f->params[i]);
}

static void fits(const char *method, const char *path, const char *pattern,
		 const char *first, const char *second)
{
	struct found f = find(method, path);

	if (f.route == NULL)
		fail_msg("%s %s: %s", method, path, f.e.msg);
	assert_string_equal(f.route->path, pattern);
	assert_string_equal(f.params[0] ? f.params[0] : "", first);
	assert_string_equal(f.params[1] ? f.params[1] : "", second);
	drop(&f);
}

static void fails(const char *method, const char *path, const char *code)
{
	struct found f = find(method, path);

	assert_null(f.route);
	assert_string_equal(f.e.api, code);
	drop(&f);
}

static void test_matching(void **state)
{
	(void)state;
	fits("GET", "/v1/sources", "/v1/sources", "", "");
	fits("GET", "/v1/sources/a", "/v1/sources/{id}", "a", "");
	fits("HEAD", "/v1/sources/a", "/v1/sources/{id}", "a", "");
	fits("GET", "/v1/sources/a%2Fb%20c", "/v1/sources/{id}", "a/b c", "");
	fits("GET", "/v1/sources/a/databases/%C3%A4/tables",
	     "/v1/sources/{id}/databases/{db}/tables", "a", "\xc3\xa4");
	/* A literal part goes before a placeholder, for its method alone. */
	fits("POST", "/v1/sources/test", "/v1/sources/test", "", "");
	fits("GET", "/v1/sources/test", "/v1/sources/{id}", "test", "");
	fits("POST", "/v1/backups/batch-delete", "/v1/backups/batch-delete", "",
	     "");
	fits("POST", "/v1/restores/check", "/v1/restores/check", "", "");
	fits("GET", "/v1/restores/check", "/v1/restores/{id}", "check", "");
	fits("GET", "/healthz", "/healthz", "", "");
	fits("GET", "/", "/", "", "");
	fits("GET", "/console/style.css", "/console/{path}", "style.css", "");
	fits("HEAD", "/console/app/ui/table.js", "/console/{path}",
	     "app/ui/table.js", "");
	fits("GET", "/console/app/../a%2F%2Fb/", "/console/{path}",
	     "app/../a//b/", "");
}

static void test_not_matching(void **state)
{
	(void)state;
	fails("POST", "/", "method_not_allowed");
	fails("GET", "/console", "not_found");
	fails("GET", "/console/", "not_found");
	fails("GET", "/console/a%00b", "malformed");
	fails("DELETE", "/console/app/main.js", "method_not_allowed");
	fails("GET", "/v1", "not_found");
	fails("GET", "/v1/", "not_found");
	fails("GET", "/v1/sources/", "not_found");
	fails("GET", "/v1//sources", "not_found");
	fails("GET", "/v1/sourcesx", "not_found");
	fails("GET", "/v1/source", "not_found");
	fails("GET", "/V1/sources", "not_found");
	fails("GET", "/v1/sources/a/b", "not_found");
	fails("GET", "/v1/sources/a/", "not_found");
	fails("GET", "/v1/sources/a%00b", "malformed");
	fails("GET", "/v1/sources/a%zz", "malformed");
	fails("GET", "/v1/sources/%ff", "malformed");
	fails("PUT", "/v1/sources", "method_not_allowed");
	fails("DELETE", "/v1/sources", "method_not_allowed");
	fails("HEAD", "/v1/sources/a/test", "method_not_allowed");
}

static void test_allow(void **state)
{
	char allow[64];

	(void)state;
	routes_allow("/v1/sources", allow, sizeof(allow));
	assert_string_equal(allow, "GET, HEAD, POST");
	routes_allow("/v1/sources/x", allow, sizeof(allow));
	assert_string_equal(allow, "GET, HEAD, PATCH, DELETE");
	routes_allow("/v1/sources/x/test", allow, sizeof(allow));
	assert_string_equal(allow, "POST");
	routes_allow("/nowhere", allow, sizeof(allow));
	assert_string_equal(allow, "");
}

/* "Role per route" of the API, said a second time. */
static enum role wanted_role(const struct route *r)
{
	if (strcmp(r->path, "/healthz") == 0 ||
	    strcmp(r->path, "/readyz") == 0 || strcmp(r->path, "/") == 0 ||
	    strcmp(r->path, "/docs") == 0 ||
	    strcmp(r->path, "/console/{path}") == 0)
		return ROLE_NONE;
	if (strcmp(r->path, "/v1/tokens") == 0)
		return ROLE_ADMIN;
	if (strcmp(r->path, "/v1/sessions") == 0)
		return strcmp(r->method, "POST") == 0 ? ROLE_NONE : ROLE_READ;
	if (strcmp(r->method, "GET") == 0 ||
	    strcmp(r->path, "/v1/timers/preview") == 0)
		return ROLE_READ;
	if (strstr(r->path, "/cancel") != NULL ||
	    strstr(r->path, "/execute") != NULL ||
	    strstr(r->path, "/verify") != NULL ||
	    strstr(r->path, "/drill") != NULL)
		return ROLE_OPERATE;
	if (strcmp(r->path, "/v1/backups") == 0)
		return ROLE_OPERATE;
	if (strcmp(r->path, "/v1/backups/{id}") == 0 &&
	    strcmp(r->method, "PATCH") == 0)
		return ROLE_OPERATE;
	if (strcmp(r->path, "/v1/restores") == 0 ||
	    strcmp(r->path, "/v1/restores/check") == 0)
		return ROLE_RESTORE;
	return ROLE_ADMIN;
}

static void test_roles(void **state)
{
	const struct route *all;
	size_t n;

	(void)state;
	all = routes_all(&n);
	assert_true(n > 30);
	for (size_t i = 0; i < n; i++) {
		if (all[i].role != wanted_role(&all[i]))
			fail_msg("%s %s needs %s", all[i].method, all[i].path,
				 role_name(all[i].role));
	}
}

/* The audit log has a word for all that writes. */
static void test_acts(void **state)
{
	size_t n;
	const struct route *all = routes_all(&n);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		bool is_read = strcmp(all[i].method, "GET") == 0 ||
			       strstr(all[i].path, "/preview") != NULL;

		if (is_read != (all[i].act == NULL))
			fail_msg("%s %s: act %s", all[i].method, all[i].path,
				 all[i].act ? all[i].act : "is missing");
	}
}

static const json_t *operation(const json_t *document, const struct route *r)
{
	char method[16] = "";
	const json_t *path =
		json_object_get(json_object_get(document, "paths"), r->path);

	for (size_t i = 0; r->method[i] != '\0'; i++)
		method[i] = (char)(r->method[i] | 0x20);
	return json_object_get(path, method);
}

/* Its parameters of the query are those that the route takes. */
static void check_parameters(const struct route *r, const json_t *op)
{
	const json_t *list = json_object_get(op, "parameters");
	size_t said = 0, taken = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *one = json_array_get(list, i);
		const char *name =
			json_string_value(json_object_get(one, "name"));

		if (strcmp(json_string_value(json_object_get(one, "in")),
			   "query") != 0)
			continue;
		said++;
		if (strstr(r->query, name) == NULL)
			fail_msg("%s %s takes no %s", r->method, r->path, name);
	}
	for (const char *p = r->query; *p != '\0'; p += strspn(p, " ")) {
		taken++;
		p += strcspn(p, " ");
	}
	if (said != taken)
		fail_msg("%s %s: parameters are not documented", r->method,
			 r->path);
}

static void check_operation(const struct route *r, const json_t *op)
{
	if (op == NULL)
		fail_msg("%s %s is not documented", r->method, r->path);
	assert_string_equal(json_string_value(json_object_get(op, "x-role")),
			    role_name(r->role));
	assert_int_equal(json_object_get(op, "requestBody") != NULL,
			 r->body != BODY_NONE);
	check_parameters(r, op);
}

static json_t *load(void)
{
	json_error_t error;
	const char *bytes;
	json_t *json;
	size_t len;

	bytes = openapi_document(&len);
	json = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error);
	if (json == NULL)
		fail_msg("line %d: %s", error.line, error.text);
	return json;
}

static void test_openapi_says_the_same(void **state)
{
	json_t *document = load();
	size_t n, documented = 0;
	const struct route *all = routes_all(&n);
	const char *path;
	json_t *operations;

	(void)state;
	assert_string_equal(
		json_string_value(json_object_get(document, "openapi")),
		"3.1.0");
	for (size_t i = 0; i < n; i++)
		check_operation(&all[i], operation(document, &all[i]));
	json_object_foreach(json_object_get(document, "paths"), path,
			    operations) documented +=
		json_object_size(operations);
	assert_int_equal(documented, n);
	json_decref(document);
}

/* Follows "#/components/..." */
static bool is_there(const json_t *document, const char *ref)
{
	const json_t *at = document;
	char part[64];

	assert_int_equal(strncmp(ref, "#/", 2), 0);
	for (ref += 2; at != NULL && *ref != '\0';) {
		size_t n = strcspn(ref, "/");

		assert_true(n < sizeof(part));
		memcpy(part, ref, n);
		part[n] = '\0';
		at = json_object_get(at, part);
		ref += n + (ref[n] == '/');
	}
	return at != NULL;
}

static void check_refs(const json_t *document, json_t *at)
{
	const char *name;
	json_t *member;
	size_t i;

	json_array_foreach(at, i, member) check_refs(document, member);
	json_object_foreach(at, name, member)
	{
		if (strcmp(name, "$ref") == 0 &&
		    !is_there(document, json_string_value(member)))
			fail_msg("%s leads nowhere", json_string_value(member));
		check_refs(document, member);
	}
}

static void test_openapi_refs_lead_somewhere(void **state)
{
	json_t *document = load();

	(void)state;
	check_refs(document, document);
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matching),
		cmocka_unit_test(test_not_matching),
		cmocka_unit_test(test_allow),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_acts),
		cmocka_unit_test(test_openapi_says_the_same),
		cmocka_unit_test(test_openapi_refs_lead_somewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
