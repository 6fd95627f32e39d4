/* problem.c - codes of the API: their status and their title. */
#include "http/problem.h"

#include <string.h>

#include "base/text.h"
#include "http/faults.h"

static const struct known {
	const char *code;
	int status;
	const char *title;
} known[] = {
	{"malformed", 400, "The request is malformed"},
	{"unknown_field", 400, "Unknown field or parameter"},
	{"invalid_parameter", 400, "Invalid parameter"},
	{"invalid_sort", 400, "Invalid order"},
	{"invalid_cursor", 400, "Invalid cursor"},
	{"tls_required", 400, "TLS is needed"},
	{"unauthorized", 401, "A valid token is needed"},
	{"forbidden", 403, "The token's role does not allow this"},
	{"csrf", 403, "The request may come from another page"},
	{"not_found", 404, "Not found"},
	{"console_off", 404, "The console is turned off"},
	{"method_not_allowed", 405, "Method not allowed"},
	{"revision_changed", 412, "Changed meanwhile"},
	{"too_large", 413, "The body is too large"},
	{"unsupported_media_type", 415, "Unsupported media type"},
	{"expectation_failed", 417, "Unknown expectation"},
	{"invalid_type", 422, "Wrong type"},
	{"required", 422, "A field is missing"},
	{"invalid_value", 422, "Invalid value"},
	{"invalid_name", 422, "Invalid name"},
	{"invalid_description", 422, "Invalid description"},
	{"invalid_timer", 422, "Invalid timer"},
	{"invalid_scope", 422, "Invalid scope"},
	{"not_supported", 422, "Not supported"},
	{"source_check_failed", 422, "The source failed its check"},
	{"pool_check_failed", 422, "The pool failed its check"},
	{"idempotency_key_reused", 422, "The key was used for something else"},
	{"request_in_progress", 409, "The first request is under way"},
	{"last_admin", 409, "The last admin token"},
	{"too_many_streams", 503, "Too many streams"},
	{"too_many_sessions", 503, "Too many sessions"},
	{"name_taken", 409, "The name is taken"},
	{"source_busy", 409, "The source is busy"},
	{"plan_busy", 409, "The plan is busy"},
	{"expiry_held", 409, "Expiry stands still"},
	{"source_unavailable", 409, "The source is not available"},
	{"source_is_replica", 409, "The source is a replica"},
	{"quota_exceeded", 409, "The quota is used up"},
	{"pool_contested", 409, "Another server uses the pool"},
	{"pool_in_use", 409, "The pool is in use"},
	{"backup_in_use", 409, "The backup is in use"},
	{"backup_held", 409, "The backup is held"},
	{"backup_not_completed", 409, "The backup is not completed"},
	{"target_not_empty", 409, "The target is not empty"},
	{"target_incompatible", 409, "The target does not fit"},
	{"confirm_required", 409, "Confirmation is needed"},
	{"not_provisioned", 409, "No provisioner made the instance"},
	{"job_not_running", 409, "The job is over"},
	{"job_not_cancelable", 409, "The job cannot be canceled"},
	{"damaged_backup", 409, "The backup is damaged"},
	{"too_many_requests", 429, "Too many requests"},
	{"host_not_allowed", 421, "The server is not known by this name"},
	{"headers_too_large", 431, "The headers are too large"},
	{"too_many_connections", 503, "Too many connections"},
	{"not_ready", 503, "Not ready"},
	{"connection_failed", 503, "No connection"},
	{"address_refused", 503, "The address is refused"},
	{"access_denied", 503, "Access denied"},
	{"store_failed", 503, "The store failed"},
	{"store_stalled", 503, "The store stalled"},
	{"provisioner_failed", 503, "The provisioner failed"},
	{"helper_failed", 503, "The helper failed"},
	{"zone_missing", 503, "The time zone's file is missing"},
	{"version_not_supported", 505, "Unsupported version of HTTP"},
};

static const struct known *problem_find(const char *code)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].code, code) == 0)
			return &known[i];
	}
	return NULL;
}

int problem_status_of(const char *code, int otherwise)
{
	const struct known *k = problem_find(code);

	return k ? k->status : otherwise;
}

static int status_of_kind(enum err_code code)
{
	switch (code) {
	case ERR_INVALID:
		return 422;
	case ERR_CONFLICT:
	case ERR_DAMAGED:
		return 409;
	case ERR_NOT_FOUND:
		return 404;
	case ERR_NOMEM:
	case ERR_CONNECT:
	case ERR_DENIED:
	case ERR_REMOTE:
	case ERR_TIMEOUT:
	case ERR_CANCELED:
		return 503;
	case ERR_NONE:
	case ERR_IO:
	case ERR_BUG:
	case ERR_COUNT:
		return 500;
	}
	return 500;
}

int problem_status(const struct err *e)
{
	return problem_status_of(e->api, status_of_kind(e->code));
}

const char *problem_title(const char *code)
{
	const struct known *k = problem_find(code);

	return k ? k->title : "The request failed";
}

const char *problem_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{201, "Created"},
		{202, "Accepted"},
		{204, "No Content"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{409, "Conflict"},
		{412, "Precondition Failed"},
		{413, "Content Too Large"},
		{415, "Unsupported Media Type"},
		{417, "Expectation Failed"},
		{421, "Misdirected Request"},
		{422, "Unprocessable Content"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
		{505, "HTTP Version Not Supported"},
	};

	for (size_t i = 0; i < sizeof(phrases) / sizeof(phrases[0]); i++) {
		if (phrases[i].status == status)
			return phrases[i].phrase;
	}
	return "Unknown";
}

/* "/problems/invalid-name" */
static void problem_type(char *out, size_t cap, const char *code)
{
	struct text t = {0};

	text_printf(&t, "/problems/%s", code);
	(void)str_copy(out, cap, t.data ? t.data : "about:blank");
	text_free(&t);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '_')
			*p = '-';
	}
}

json_t *problem_json(const struct problem *p)
{
	char type[ERR_API_MAX + 16];
	json_t *errors = p->faults ? faults_json(p->faults) : json_array();

	problem_type(type, sizeof(type), p->code);
	return json_pack("{s:s, s:s, s:i, s:s, s:s, s:s?, s:o}", "type", type,
			 "title", problem_title(p->code), "status", p->status,
			 "code", p->code, "detail", p->detail, "request_id",
			 p->request_id, "errors", errors);
}
