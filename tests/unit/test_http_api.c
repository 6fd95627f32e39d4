/* The API over a real catalog, real jobs and a fake engine: what is answered,
 * member by member. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "http/routes.h"
#include "http_client.h"

static int setup(void **state)
{
	*state = shop_open(NULL);
	return 0;
}

static int teardown(void **state)
{
	shop_close(*state);
	return 0;
}

static void want(struct shop *s, int status, const char *method,
		 const char *path, const char *body)
{
	if (shop_call(s, method, path, body) != status)
		fail_msg("%s %s: %d %s", method, path, s->status,
			 s->body.data ? s->body.data : "");
}

/* All members, in any order, no others. */
static void check_members(const json_t *object, const char *names)
{
	size_t n = 0;

	assert_true(json_is_object(object));
	for (const char *p = names; *p != '\0'; n++) {
		char name[32];
		size_t len = strcspn(p, " ");

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, p);
		if (json_object_get(object, name) == NULL)
			fail_msg("%s is missing", name);
		p += len + (p[len] == ' ');
	}
	assert_int_equal(json_object_size(object), n);
}

static bool has_text(const struct shop *s, const char *text)
{
	return s->body.data != NULL && strstr(s->body.data, text) != NULL;
}

#define CONNECTION                                                             \
	"\"connection\":{\"host\":\"db.example\",\"user\":\"u\","              \
	"\"password\":\"hush-hush\"}"
#define SOURCE                                                                 \
	"{\"name\":\"shop\",\"engine\":\"mysql\",\"region\":"                  \
	"\"here\"," CONNECTION "}"

static void test_source_is_made_and_shown(void **state)
{
	struct shop *s = *state;
	char place[64];

	want(s, 201, "POST", "/v1/sources", SOURCE);
	check_members(s->json,
		      "id name remarks region engine connection status "
		      "status_reason version role methods read_from "
		      "provisioned_by plans last_backup_at revision "
		      "created_at updated_at");
	check_members(shop_value(s, "connection"),
		      "host port socket user password tls ca_file");
	assert_true(json_is_true(shop_value(s, "connection/password/set")));
	assert_int_equal(json_integer_value(shop_value(s, "connection/port")),
			 3306);
	assert_string_equal(shop_text(s, "connection/tls"), "preferred");
	assert_string_equal(shop_text(s, "status"), "available");
	assert_string_equal(shop_text(s, "role"), "primary");
	assert_string_equal(shop_header(s, "ETag"), "\"1\"");
	(void)snprintf(place, sizeof(place), "/v1/sources/%s",
		       shop_text(s, "id"));
	assert_string_equal(shop_header(s, "Location"), place);
	assert_false(has_text(s, "hush"));
	want(s, 200, "GET", place, NULL);
	want(s, 200, "GET", "/v1/sources/SHOP", NULL);
	want(s, 200, "GET", "/v1/sources?q=sho&engine=mysql", NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 1);
	check_members(s->json, "items next total");
	want(s, 409, "POST", "/v1/sources", SOURCE);
	shop_problem(s, 409, "name_taken", "/name");
}

static void test_source_that_fails_is_not_saved(void **state)
{
	struct shop *s = *state;

	(void)err_set(&fake_source_script()->probe_err, ERR_DENIED,
		      "access_denied", "wrong password");
	(void)shop_call(s, "POST", "/v1/sources", SOURCE);
	shop_problem(s, 422, "source_check_failed", NULL);
	want(s, 404, "GET", "/v1/sources/shop", NULL);
	(void)shop_call(s, "POST", "/v1/sources/test", SOURCE);
	shop_problem(s, 422, "source_check_failed", NULL);
	/* What is there becomes unreachable, and says why. */
	(void)shop_call(s, "POST", "/v1/sources/db1/test", NULL);
	shop_problem(s, 422, "source_check_failed", NULL);
	want(s, 200, "GET", "/v1/sources/db1", NULL);
	assert_string_equal(shop_text(s, "status"), "unreachable");
	assert_string_equal(shop_text(s, "status_reason"), "wrong password");
	memset(&fake_source_script()->probe_err, 0, sizeof(struct err));
	want(s, 200, "POST", "/v1/sources/db1/test", NULL);
	check_members(s->json, "ok detail version role");
	want(s, 200, "GET", "/v1/sources/db1", NULL);
	assert_string_equal(shop_text(s, "status"), "available");
	want(s, 200, "POST", "/v1/sources/test", SOURCE);
	want(s, 404, "GET", "/v1/sources/shop", NULL);
}

static int patch(struct shop *s, const char *path, const char *body,
		 const char *headers)
{
	const struct shop_request q = {.method = "PATCH",
				       .path = path,
				       .body = body,
				       .headers = headers,
				       .role = ROLE_ADMIN};

	return shop_ask(s, &q);
}

static void test_source_is_changed(void **state)
{
	struct shop *s = *state;
	unsigned probes;

	want(s, 201, "POST", "/v1/sources", SOURCE);
	probes = fake_source_facts()->probes;
	want(s, 200, "PATCH", "/v1/sources/shop", "{\"remarks\":\"r\"}");
	assert_string_equal(shop_text(s, "remarks"), "r");
	assert_string_equal(shop_header(s, "ETag"), "\"2\"");
	want(s, 200, "PATCH", "/v1/sources/shop",
	     "{\"connection\":{\"password\":{\"set\":true}}}");
	assert_int_equal(fake_source_facts()->probes, probes);
	/* Another way to it is tried before it is taken. */
	want(s, 200, "PATCH", "/v1/sources/shop",
	     "{\"connection\":{\"port\":3307}}");
	assert_int_equal(fake_source_facts()->probes, probes + 1);
	assert_string_equal(shop_text(s, "connection/host"), "db.example");
	assert_true(json_is_true(shop_value(s, "connection/password/set")));
	assert_int_equal(patch(s, "/v1/sources/shop", "{\"remarks\":\"x\"}",
			       "If-Match: \"1\"\r\n"),
			 412);
	shop_problem(s, 412, "revision_changed", "");
	assert_int_equal(patch(s, "/v1/sources/shop", "{\"remarks\":\"x\"}",
			       "If-Match: W/\"4\"\r\n"),
			 412);
	assert_int_equal(patch(s, "/v1/sources/shop", "{\"remarks\":null}",
			       "If-Match: \"4\"\r\nContent-Type: "
			       "application/merge-patch+json\r\n"),
			 200);
	assert_string_equal(shop_text(s, "remarks"), "");
	want(s, 200, "PATCH", "/v1/sources/shop?dry_run=true",
	     "{\"remarks\":\"dry\"}");
	want(s, 200, "GET", "/v1/sources/shop", NULL);
	assert_string_equal(shop_text(s, "remarks"), "");
}

/* A client may send back the whole of what it has read. */
static void test_patch_with_the_whole_document(void **state)
{
	struct shop *s = *state;
	char *whole;

	want(s, 201, "POST", "/v1/sources", SOURCE);
	whole = json_dumps(s->json, 0);
	want(s, 200, "PATCH", "/v1/sources/shop", whole);
	free(whole);
	want(s, 400, "PATCH", "/v1/sources/shop", "{\"status\":\"restoring\"}");
	shop_problem(s, 400, "unknown_field", "/status");
	want(s, 422, "PATCH", "/v1/sources/shop",
	     "{\"name\":\"1\",\"connection\":{\"port\":0,\"host\":null}}");
	shop_problem(s, 422, "invalid_name",
		     "/name /connection/port /connection/host");
}

static void test_names_of_a_source(void **state)
{
	struct shop *s = *state;

	want(s, 200, "GET", "/v1/sources/db1/databases", NULL);
	check_members(shop_value(s, "items/0"), "name tables bytes");
	want(s, 200, "GET", "/v1/sources/db1/databases?sizes=true", NULL);
	want(s, 200, "GET", "/v1/sources/db1/databases/db/tables", NULL);
	assert_string_equal(shop_text(s, "items/0/name"), "t0");
	want(s, 404, "GET", "/v1/sources/nowhere/databases", NULL);
}

static void test_source_is_deleted(void **state)
{
	struct shop *s = *state;

	want(s, 201, "POST", "/v1/sources", SOURCE);
	want(s, 200, "DELETE", "/v1/sources/shop?dry_run=true", NULL);
	assert_int_equal(json_array_size(shop_value(s, "would_delete")), 0);
	want(s, 200, "GET", "/v1/sources/shop", NULL);
	want(s, 409, "DELETE", "/v1/sources/shop?destroy=true", NULL);
	want(s, 409, "DELETE", "/v1/sources/shop?destroy=true&dry_run=true",
	     NULL);
	want(s, 204, "DELETE", "/v1/sources/shop", NULL);
	assert_int_equal(s->body.len, 0);
	want(s, 404, "DELETE", "/v1/sources/shop", NULL);
}

/* A pool in a folder of its own below the house. */
static void bind_pool(struct shop *s, const char *name)
{
	struct text body = {0};
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", s->house->dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
	text_printf(&body,
		    "{\"name\":\"%s\",\"storage_type\":\"local_directory\","
		    "\"local_directory\":{\"path\":\"%s\"},"
		    "\"part_bytes\":1048576}",
		    name, path);
	want(s, 201, "POST", "/v1/pools", body.data);
	text_free(&body);
}

static void test_pool_is_bound_and_unbound(void **state)
{
	struct shop *s = *state;

	bind_pool(s, "second");
	check_members(s->json,
		      "id name remarks status status_reason storage_type "
		      "local_directory part_bytes encryption capabilities "
		      "plans backup_count stored_bytes revision created_at "
		      "updated_at");
	assert_string_equal(shop_text(s, "status"), "available");
	assert_true(
		json_is_boolean(shop_value(s, "capabilities/conditional_put")));
	want(s, 200, "GET", "/v1/pools?storage_type=local_directory", NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 2);
	want(s, 200, "POST", "/v1/pools/second/test", NULL);
	check_members(s->json, "ok capabilities");
	want(s, 200, "PATCH", "/v1/pools/second",
	     "{\"remarks\":\"r\",\"part_bytes\":2097152}");
	assert_int_equal(json_integer_value(shop_value(s, "part_bytes")),
			 2097152);
	want(s, 422, "PATCH", "/v1/pools/second",
	     "{\"local_directory\":{\"path\":\"/elsewhere\"}}");
	shop_problem(s, 422, "invalid_value", "/local_directory/path");
	want(s, 422, "PATCH", "/v1/pools/second",
	     "{\"storage_type\":\"object_storage\"}");
	want(s, 200, "DELETE", "/v1/pools/second?dry_run=1", NULL);
	want(s, 204, "DELETE", "/v1/pools/second", NULL);
	want(s, 404, "GET", "/v1/pools/second", NULL);
}

static void test_pool_that_fails_is_not_saved(void **state)
{
	struct shop *s = *state;

	(void)shop_call(s, "POST", "/v1/pools",
			"{\"name\":\"p\",\"storage_type\":\"local_directory\","
			"\"local_directory\":{\"path\":\"/proc/nothing\"}}");
	shop_problem(s, 422, "pool_check_failed", NULL);
	(void)shop_call(s, "POST", "/v1/pools",
			"{\"name\":\"p\",\"storage_type\":\"object_storage\","
			"\"object_storage\":{\"endpoint\":"
			"\"http://127.0.0.1:1\",\"bucket\":\"b\","
			"\"access_key\":\"a\",\"secret_key\":\"hush\"}}");
	shop_problem(s, 422, "pool_check_failed", NULL);
	assert_false(has_text(s, "hush"));
	want(s, 404, "GET", "/v1/pools/p", NULL);
}

static void back_up(struct shop *s, const char *name)
{
	char body[256], job[ID_MAX], place[64];

	(void)snprintf(body, sizeof(body),
		       "{\"source\":\"DB1\",\"pool\":\"local\",\"name\":\"%s\","
		       "\"description\":\"d\",\"options\":"
		       "{\"compression_level\":1}}",
		       name);
	want(s, 202, "POST", "/v1/backups", body);
	(void)str_copy(job, sizeof(job), shop_text(s, "job_id"));
	(void)snprintf(place, sizeof(place), "/v1/jobs/%s", job);
	assert_string_equal(shop_header(s, "Location"), place);
	house_wait(s->house, job);
}

static void test_backup_from_end_to_end(void **state)
{
	struct shop *s = *state;
	char path[96];

	back_up(s, "first");
	want(s, 200, "GET", "/v1/backups/first", NULL);
	check_members(
		s->json,
		"id name description type trigger method status owner source "
		"plan pool scope created_at started_at finished_at expires_at "
		"save_path source_bytes stored_bytes part_count table_count "
		"row_count key_count counts consistency warnings error phases "
		"bottleneck verified_at verify_status verify_scope "
		"verify_note last_drill "
		"depends_on held encrypted restoring job_id revision");
	assert_string_equal(shop_text(s, "status"), "completed");
	check_members(shop_value(s, "counts"),
		      "databases tables rows views routines triggers events "
		      "sequences accounts bytes");
	assert_int_equal(json_integer_value(shop_value(s, "counts/tables")),
			 json_integer_value(shop_value(s, "table_count")));
	assert_string_equal(shop_text(s, "type"), "manual");
	assert_string_equal(shop_text(s, "trigger"), "user");
	assert_true(json_is_true(shop_value(s, "owner/this")));
	assert_string_equal(shop_text(s, "source/name"), "db1");
	assert_string_equal(shop_text(s, "pool/name"), "local");
	(void)snprintf(path, sizeof(path), "/v1/jobs/%s?wait=60",
		       shop_text(s, "job_id"));
	want(s, 200, "GET", path, NULL);
	check_members(s->json, "id kind status resource progress created_at "
			       "started_at finished_at error");
	check_members(shop_value(s, "progress"),
		      "phase bytes_read bytes_stored items_done items_total "
		      "percent bytes_per_second eta_seconds");
	*strchr(path, '?') = '\0';
	(void)strncat(path, "/log", sizeof(path) - strlen(path) - 1);
	want(s, 200, "GET", path, NULL);
	assert_int_equal(
		strncmp(shop_header(s, "Content-Type"), "text/plain", 10), 0);
	want(s, 200, "GET", "/v1/backups/first/contents", NULL);
	assert_true(json_is_array(shop_value(s, "items")));
	want(s, 200, "GET", "/v1/backups/first/manifest", NULL);
	assert_true(strstr(shop_header(s, "Content-Disposition"),
			   "manifest.json") != NULL);
	want(s, 200, "GET",
	     "/v1/backups?source=db1&pool=local&type=manual&method=logical"
	     "&status=completed&since=2020-01-01T00:00:00Z&q=FIR",
	     NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 1);
}

static void test_backup_is_changed_and_held(void **state)
{
	struct shop *s = *state;
	char *whole;

	back_up(s, "first");
	want(s, 200, "PATCH", "/v1/backups/first",
	     "{\"description\":\"other\",\"held\":true}");
	assert_string_equal(shop_text(s, "description"), "other");
	assert_true(json_is_true(shop_value(s, "held")));
	want(s, 409, "DELETE", "/v1/backups/first", NULL);
	shop_problem(s, 409, "backup_held", NULL);
	want(s, 200, "PATCH", "/v1/backups/first", "{\"held\":false}");
	assert_string_equal(shop_text(s, "description"), "other");
	whole = json_dumps(s->json, 0);
	want(s, 200, "PATCH", "/v1/backups/first", whole);
	free(whole);
	want(s, 422, "PATCH", "/v1/backups/first", "{\"description\":\"<\"}");
	shop_problem(s, 422, "invalid_description", "/description");
	want(s, 400, "PATCH", "/v1/backups/first", "{\"name\":\"other\"}");
	shop_problem(s, 400, "unknown_field", "/name");
	assert_int_equal(patch(s, "/v1/backups/first", "{\"held\":true}",
			       "If-Match: \"99\"\r\n"),
			 412);
	want(s, 202, "DELETE", "/v1/backups/first", NULL);
	assert_string_equal(shop_text(s, "status"), "deleting");
	house_settle(s->house);
	want(s, 404, "GET", "/v1/backups/first", NULL);
}

static void test_batch_delete(void **state)
{
	struct shop *s = *state;

	back_up(s, "first");
	back_up(s, "second");
	want(s, 200, "POST", "/v1/backups/batch-delete",
	     "{\"ids\":[\"first\",\"nowhere\",\"second\",\"first\"]}");
	assert_int_equal(json_array_size(shop_value(s, "results")), 4);
	check_members(shop_value(s, "results/0"), "id status code detail");
	assert_int_equal(json_integer_value(shop_value(s, "results/0/status")),
			 202);
	assert_string_equal(shop_text(s, "results/1/code"), "not_found");
	assert_int_equal(json_integer_value(shop_value(s, "results/2/status")),
			 202);
	assert_true(json_integer_value(shop_value(s, "results/3/status")) >=
		    404);
	house_settle(s->house);
}

static void test_backup_is_canceled(void **state)
{
	struct shop *s = *state;
	char body[] = "{\"source\":\"db1\",\"pool\":\"local\",\"name\":"
		      "\"hanging\"}";
	char job[ID_MAX], path[96];

	fake_source_script()->is_hanging = true;
	want(s, 202, "POST", "/v1/backups", body);
	(void)str_copy(job, sizeof(job), shop_text(s, "job_id"));
	want(s, 409, "POST", "/v1/backups", body);
	/* It waits for a second, then says how far it is. */
	(void)snprintf(path, sizeof(path), "/v1/jobs/%s?wait=1", job);
	want(s, 200, "GET", path, NULL);
	assert_true(strcmp(shop_text(s, "status"), "running") == 0);
	want(s, 202, "POST", "/v1/backups/hanging/cancel", NULL);
	house_wait(s->house, job);
	(void)snprintf(path, sizeof(path), "/v1/backups?status=canceled");
	want(s, 200, "GET", path, NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 1);
	(void)snprintf(path, sizeof(path), "/v1/jobs/%s/cancel", job);
	want(s, 409, "POST", path, NULL);
	shop_problem(s, 409, "job_not_running", NULL);
	(void)snprintf(path, sizeof(path), "/v1/jobs?kind=backup&source=db1");
	want(s, 200, "GET", path, NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 1);
}

static void test_waiting_answers_when_the_job_ends(void **state)
{
	struct shop *s = *state;
	char path[96];

	want(s, 202, "POST", "/v1/backups",
	     "{\"source\":\"db1\",\"pool\":\"local\",\"name\":\"quick\"}");
	(void)snprintf(path, sizeof(path), "/v1/jobs/%s?wait=60",
		       shop_text(s, "job_id"));
	want(s, 200, "GET", path, NULL);
	assert_string_equal(shop_text(s, "status"), "completed");
}

static void test_restore(void **state)
{
	struct shop *s = *state;
	char path[96];

	back_up(s, "first");
	want(s, 202, "POST", "/v1/restores",
	     "{\"backup\":\"first\",\"target\":{\"source\":\"db1\"},"
	     "\"rename\":{},\"overwrite\":true,\"confirm\":[\"db\"],"
	     "\"options\":{\"parallelism\":2}}");
	check_members(s->json,
		      "id backup target_source target_path status "
		      "row_count key_count "
		      "verified error created_at started_at finished_at "
		      "job_id");
	assert_string_equal(shop_text(s, "status"), "running");
	assert_string_equal(shop_text(s, "target_source/name"), "db1");
	(void)snprintf(path, sizeof(path), "/v1/restores/%s",
		       shop_text(s, "id"));
	house_wait(s->house, shop_text(s, "job_id"));
	want(s, 200, "GET", path, NULL);
	assert_string_equal(shop_text(s, "status"), "completed");
	want(s, 200, "GET", "/v1/restores?backup=first&status=completed", NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 1);
	(void)strncat(path, "/cancel", sizeof(path) - strlen(path) - 1);
	want(s, 409, "POST", path, NULL);
}

static void look_before(struct shop *s)
{
	want(s, 200, "POST", "/v1/restores/check",
	     "{\"backup\":\"first\",\"target\":{\"source\":\"db1\"},"
	     "\"scope\":{\"include\":[\"db.t*\"]},"
	     "\"confirm\":[\"db.t0\"],\"options\":{\"accounts\":true,"
	     "\"definer\":\"replace\",\"parallelism\":16}}");
	check_members(s->json, "blockers warnings would_create would_replace "
			       "download_bytes");
}

/* What is found is told with 200, and nothing is queued. */
static void test_check_of_a_restore(void **state)
{
	struct fake_script *script = fake_source_script();
	struct shop *s = *state;

	back_up(s, "first");
	look_before(s);
	assert_int_equal(json_array_size(shop_value(s, "blockers")), 0);
	assert_int_equal(json_array_size(shop_value(s, "warnings")), 1);
	assert_true(has_text(s, "definer_missing"));
	assert_true(has_text(s, "\"would_create\":[\"db\"]"));
	assert_true(has_text(s, "\"would_replace\":[\"old\"]"));
	assert_true(json_integer_value(shop_value(s, "download_bytes")) > 0);
	(void)err_set(&script->check_err, ERR_CONFLICT, "confirm_required",
		      "type the name");
	look_before(s);
	assert_int_equal(json_array_size(shop_value(s, "blockers")), 1);
	assert_int_equal(json_array_size(shop_value(s, "warnings")), 1);
	assert_true(has_text(s, "\"code\":\"confirm_required\""));
	want(s, 200, "GET", "/v1/restores", NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 0);
	want(s, 200, "GET", "/v1/jobs?kind=restore", NULL);
	assert_int_equal(json_integer_value(shop_value(s, "total")), 0);
	assert_int_equal(fake_source_facts()->alive, 0);
}

/* Who cannot be asked has nothing to tell. */
static void test_check_of_a_target_that_is_down(void **state)
{
	struct shop *s = *state;

	back_up(s, "first");
	(void)err_set(&fake_source_script()->check_err, ERR_CONNECT,
		      "source_unavailable", "it is down");
	want(s, 409, "POST", "/v1/restores/check",
	     "{\"backup\":\"first\",\"target\":{\"source\":\"db1\"}}");
	assert_string_equal(shop_text(s, "code"), "source_unavailable");
}

static void test_what_is_named_has_to_be_there(void **state)
{
	struct shop *s = *state;

	(void)shop_call(s, "POST", "/v1/backups",
			"{\"source\":\"no-such\",\"pool\":\"nowhere\","
			"\"name\":\"good\"}");
	shop_problem(s, 404, "not_found", "/source /pool");
	assert_true(has_text(s, "no-such") && has_text(s, "nowhere"));
	(void)shop_call(s, "POST", "/v1/restores",
			"{\"backup\":\"none\",\"target\":{\"source\":"
			"\"nowhere\"}}");
	shop_problem(s, 404, "not_found", "/backup /target/source");
	(void)shop_call(s, "POST", "/v1/restores/check",
			"{\"backup\":\"none\",\"target\":{\"source\":"
			"\"nowhere\"}}");
	shop_problem(s, 404, "not_found", "/backup /target/source");
	(void)shop_call(s, "GET", "/v1/jobs/job_x", NULL);
	shop_problem(s, 404, "not_found", "");
	(void)shop_call(s, "GET", "/v1/jobs/job_x?wait=5", NULL);
	shop_problem(s, 404, "not_found", "");
	(void)shop_call(s, "GET", "/v1/nothing", NULL);
	shop_problem(s, 404, "not_found", "");
}

static void test_system_and_figures(void **state)
{
	struct shop *s = *state;

	back_up(s, "first");
	want(s, 200, "GET", "/v1/system", NULL);
	check_members(s->json,
		      "version server_id started_at uptime_seconds limits "
		      "quota engines jobs source_count pool_count "
		      "stored_bytes");
	assert_string_equal(shop_text(s, "version"), "1.2.3");
	assert_int_equal(
		json_integer_value(shop_value(s, "quota/manual_backups/used")),
		1);
	assert_string_equal(shop_text(s, "engines/0/engine"), "mysql");
	want(s, 200, "GET", "/metrics", NULL);
	assert_true(has_text(s, "\ncoffer_backups{status=\"completed\"} 1\n"));
	assert_true(has_text(s, "coffer_http_requests_total{class=\"2xx\"}"));
	assert_true(has_text(s, "coffer_resident_bytes "));
	want(s, 200, "GET", "/openapi.json", NULL);
	assert_string_equal(shop_text(s, "openapi"), "3.1.0");
	want(s, 200, "GET", "/healthz", NULL);
	want(s, 200, "GET", "/readyz", NULL);
	want(s, 200, "GET", "/readyz?verbose", NULL);
	check_members(s->json, "status checks");
}

static void test_pages(void **state)
{
	struct shop *s = *state;
	char path[256];

	want(s, 201, "POST", "/v1/sources", SOURCE);
	want(s, 200, "GET", "/v1/sources?limit=1&sort=name", NULL);
	assert_string_equal(shop_text(s, "items/0/name"), "db1");
	assert_int_equal(json_integer_value(shop_value(s, "total")), 2);
	(void)snprintf(path, sizeof(path),
		       "/v1/sources?limit=1&sort=name&after=%s",
		       shop_text(s, "next"));
	want(s, 200, "GET", path, NULL);
	assert_string_equal(shop_text(s, "items/0/name"), "shop");
	assert_true(json_is_null(shop_value(s, "next")));
	(void)shop_call(s, "GET", "/v1/sources?after=xyz", NULL);
	shop_problem(s, 400, "invalid_cursor", NULL);
	(void)shop_call(s, "GET", "/v1/sources?sort=colour", NULL);
	shop_problem(s, 400, "invalid_sort", NULL);
}

/* Every route with every role: let in exactly from its own role up. */
static void walk_route(struct shop *s, const struct route *route)
{
	char path[128];
	struct shop_request q = {.method = route->method, .path = path};
	size_t n = 0;

	for (const char *p = route->path; *p != '\0'; p++) {
		path[n++] = *p == '{' ? 'x' : *p;
		if (*p == '{')
			p = strchr(p, '}');
	}
	path[n] = '\0';
	if (route->body != BODY_NONE)
		q.body = "{\"none\":1}";
	for (unsigned r = ROLE_NONE; r < ROLE_COUNT; r++) {
		int status, wanted = r == ROLE_NONE ? 401 : 403;

		q.role = (enum role)r;
		status = shop_ask(s, &q);
		if (r >= route->role && (status == 401 || status == 403))
			fail_msg("%s %s as %s: %d", q.method, path,
				 role_name(q.role), status);
		if (r < route->role && status != wanted)
			fail_msg("%s %s as %s: %d", q.method, path,
				 role_name(q.role), status);
		if (status == 401)
			assert_non_null(strstr(
				shop_header(s, "WWW-Authenticate"), "Bearer"));
	}
}

static void test_every_route_with_every_role(void **state)
{
	struct shop *s = *state;
	const struct route *all;
	size_t n;

	all = routes_all(&n);
	for (size_t i = 0; i < n; i++)
		walk_route(s, &all[i]);
}

static void test_owner_on_the_socket(void **state)
{
	struct shop *s = *state;
	struct shop_request q = {
		.method = "GET", .path = "/v1/system", .is_unix = true};

	assert_int_equal(shop_ask(s, &q), 200);
	q.method = "DELETE";
	q.path = "/v1/sources/nowhere";
	assert_int_equal(shop_ask(s, &q), 404);
}

/* Until the tokens are there nobody is let in, and that is no guess. */
static void test_not_ready(void **state)
{
	struct shop *s = *state;
	struct http_config c = s->config;
	struct http_server *ready = s->http;
	struct err e = {0};

	c.socket = NULL;
	s->http = http_server_new(&c, &e);
	assert_non_null(s->http);
	(void)shop_call(s, "GET", "/v1/system", NULL);
	shop_problem(s, 503, "not_ready", "");
	(void)shop_call(s, "GET", "/readyz", NULL);
	shop_problem(s, 503, "not_ready", "");
	assert_int_equal(shop_call(s, "GET", "/healthz", NULL), 200);
	http_server_free(s->http);
	s->http = ready;
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_source_is_made_and_shown),
		TEST(test_source_that_fails_is_not_saved),
		TEST(test_source_is_changed),
		TEST(test_patch_with_the_whole_document),
		TEST(test_names_of_a_source),
		TEST(test_source_is_deleted),
		TEST(test_pool_is_bound_and_unbound),
		TEST(test_pool_that_fails_is_not_saved),
		TEST(test_backup_from_end_to_end),
		TEST(test_backup_is_changed_and_held),
		TEST(test_batch_delete),
		TEST(test_backup_is_canceled),
		TEST(test_waiting_answers_when_the_job_ends),
		TEST(test_restore),
		TEST(test_check_of_a_restore),
		TEST(test_check_of_a_target_that_is_down),
		TEST(test_what_is_named_has_to_be_there),
		TEST(test_system_and_figures),
		TEST(test_pages),
		TEST(test_every_route_with_every_role),
		TEST(test_owner_on_the_socket),
		TEST(test_not_ready),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
