/* verdict.c - what an attempt's outcome means. */
#include "verdict.h"

#include <stdio.h>
#include <string.h>

#include "base/address.h"

enum { BACKOFF_MAX_MS = 15 * 1000, RETRY_AFTER_MAX_S = 30 };

/* One line of the table: what an S3 code or an HTTP status means. */
struct meaning {
	const char *code;
	long status;
	enum err_code err;
	enum s3_verdict verdict;
	const char *advice;
};

static const char clock_advice[] = "set the clock of this machine";
static const char keys_advice[] = "check access_key and secret_key";
static const char grant_advice[] =
	"let this key list and read in the bucket, and for a pool write and "
	"delete";
static const char region_advice[] = "set the region of the pool";
static const char bucket_advice[] = "make the bucket or correct its name";
static const char later_advice[] = "the store is in trouble or overloaded";
static const char broken_advice[] = "the bytes were damaged on the way";

/* https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
static const struct meaning by_code[] = {
	{"AccessDenied", 0, ERR_DENIED, S3_FAILED, grant_advice},
	{"InvalidAccessKeyId", 0, ERR_DENIED, S3_FAILED, keys_advice},
	{"SignatureDoesNotMatch", 0, ERR_DENIED, S3_FAILED, keys_advice},
	{"RequestTimeTooSkewed", 0, ERR_DENIED, S3_RETRY_CLOCK, clock_advice},
	{"AuthorizationHeaderMalformed", 0, ERR_DENIED, S3_FAILED,
	 region_advice},
	{"PermanentRedirect", 0, ERR_REMOTE, S3_FAILED, region_advice},
	{"TemporaryRedirect", 0, ERR_REMOTE, S3_FAILED, region_advice},
	{"NoSuchBucket", 0, ERR_NOT_FOUND, S3_FAILED, bucket_advice},
	{"InvalidBucketName", 0, ERR_NOT_FOUND, S3_FAILED, bucket_advice},
	{"NoSuchKey", 0, ERR_NOT_FOUND, S3_FAILED, "there is no such object"},
	{"PreconditionFailed", 0, ERR_CONFLICT, S3_FAILED, "it exists already"},
	{"ConditionalRequestConflict", 0, ERR_CONFLICT, S3_RETRY,
	 "another writer was at the same key"},
	{"OperationAborted", 0, ERR_CONFLICT, S3_RETRY, later_advice},
	{"NotImplemented", 0, ERR_REMOTE, S3_WITHOUT_CONDITION,
	 "the store cannot do this"},
	{"QuotaExceeded", 0, ERR_REMOTE, S3_FAILED,
	 "raise the quota of the bucket or delete backups"},
	{"EntityTooLarge", 0, ERR_REMOTE, S3_FAILED,
	 "lower part_bytes of the pool"},
	{"InvalidRange", 0, ERR_DAMAGED, S3_FAILED,
	 "the object is shorter than it must be"},
	{"InvalidObjectState", 0, ERR_REMOTE, S3_FAILED,
	 "the object is in an archive class: bring it back first"},
	{"BadDigest", 0, ERR_DAMAGED, S3_RETRY, broken_advice},
	{"XAmzContentSHA256Mismatch", 0, ERR_DAMAGED, S3_RETRY, broken_advice},
	{"IncompleteBody", 0, ERR_DAMAGED, S3_RETRY, broken_advice},
	{"RequestTimeout", 0, ERR_TIMEOUT, S3_RETRY, later_advice},
	{"SlowDown", 0, ERR_REMOTE, S3_RETRY, later_advice},
	{"ServiceUnavailable", 0, ERR_REMOTE, S3_RETRY, later_advice},
	{"InternalError", 0, ERR_REMOTE, S3_RETRY, later_advice},
	{"Throttling", 0, ERR_REMOTE, S3_RETRY, later_advice},
};

static const struct meaning by_status[] = {
	{NULL, 301, ERR_REMOTE, S3_FAILED, region_advice},
	{NULL, 302, ERR_REMOTE, S3_FAILED, "correct the endpoint"},
	{NULL, 307, ERR_REMOTE, S3_FAILED, region_advice},
	{NULL, 308, ERR_REMOTE, S3_FAILED, "correct the endpoint"},
	{NULL, 401, ERR_DENIED, S3_FAILED, keys_advice},
	{NULL, 403, ERR_DENIED, S3_FAILED, grant_advice},
	{NULL, 404, ERR_NOT_FOUND, S3_FAILED,
	 "no such object, or the endpoint is no S3 server"},
	{NULL, 408, ERR_TIMEOUT, S3_RETRY, later_advice},
	{NULL, 412, ERR_CONFLICT, S3_FAILED, "it exists already"},
	{NULL, 416, ERR_DAMAGED, S3_FAILED,
	 "the object is shorter than it must be"},
	{NULL, 429, ERR_REMOTE, S3_RETRY, later_advice},
	{NULL, 500, ERR_REMOTE, S3_RETRY, later_advice},
	{NULL, 501, ERR_REMOTE, S3_WITHOUT_CONDITION,
	 "the store cannot do this"},
	{NULL, 502, ERR_REMOTE, S3_RETRY, later_advice},
	{NULL, 503, ERR_REMOTE, S3_RETRY, later_advice},
	{NULL, 504, ERR_REMOTE, S3_RETRY, later_advice},
};

/* Unknown refusals: nothing says that asking again would help. */
static const struct meaning unknown = {NULL, 0, ERR_REMOTE, S3_FAILED,
				       "is the endpoint an S3 server?"};

static const struct meaning *find(long status, const char *code)
{
	size_t ncodes = sizeof(by_code) / sizeof(by_code[0]);
	size_t nstatuses = sizeof(by_status) / sizeof(by_status[0]);

	for (size_t i = 0; i < ncodes; i++) {
		if (strcmp(by_code[i].code, code) == 0)
			return &by_code[i];
	}
	for (size_t i = 0; i < nstatuses; i++) {
		if (by_status[i].status == status)
			return &by_status[i];
	}
	return &unknown;
}

enum s3_verdict s3_judge_fault(long status, const struct s3_fault *f,
			       struct err *e)
{
	const struct meaning *m = find(status, f->code);
	char region[S3_REGION_MAX + 32] = "";

	if (f->region[0] != '\0')
		(void)snprintf(region, sizeof(region), " (it wants \"%s\")",
			       f->region);
	err_set(e, m->err, "store_failed",
		"the store answered %ld%s%s%s%s%s; %s%s", status,
		f->code[0] != '\0' ? " " : "", f->code,
		f->message[0] != '\0' ? " (" : "", f->message,
		f->message[0] != '\0' ? ")" : "", m->advice, region);
	return m->verdict;
}

/* The store refused; its reasons may stand in the body. */
static enum s3_verdict judge_refusal(const struct s3_outcome *o, struct err *e)
{
	const struct s3_reply *r = o->reply;
	struct s3_fault *f = o->fault;

	(void)s3_fault_read(f, r->body.data, r->body.len);
	if (f->region[0] == '\0')
		memcpy(f->region, r->region, sizeof(f->region));
	return s3_judge_fault(r->status, f, e);
}

static enum s3_verdict too_long(const struct s3_reply *r, struct err *e)
{
	if (r->landing.buf == NULL)
		err_set(e, ERR_REMOTE, "store_failed",
			"the answer is longer than any of S3; is the endpoint "
			"an S3 server?");
	else
		err_set(e, ERR_DAMAGED, "store_failed",
			"the object is longer than the %zu bytes that it must "
			"have: it was changed or damaged",
			r->landing.cap);
	return S3_FAILED;
}

/* Certificates, files and protocols do not get better by waiting. */
static bool is_final(CURLcode result)
{
	static const CURLcode final[] = {
		CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_ISSUER_ERROR,		CURLE_SSL_CIPHER,
		CURLE_UNSUPPORTED_PROTOCOL,	CURLE_URL_MALFORMAT,
		CURLE_WEIRD_SERVER_REPLY,	CURLE_BAD_FUNCTION_ARGUMENT,
	};

	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++) {
		if (result == final[i])
			return true;
	}
	return false;
}

static enum s3_verdict judge_broken(const struct s3_outcome *o,
				    const char *text, struct err *e)
{
	if (o->result == CURLE_OPERATION_TIMEDOUT && o->was_connected)
		err_set(e, ERR_TIMEOUT, "store_failed",
			"the store stopped answering (%s)", text);
	else
		err_set(e, ERR_CONNECT, "store_failed",
			"%s (%s); check the endpoint and that the store runs",
			o->was_connected ? "the connection broke"
					 : "could not reach the store",
			text);
	return S3_RETRY;
}

/* What broke before the store said anything that counts. */
static enum s3_verdict judge_transport(const struct s3_outcome *o,
				       struct err *e)
{
	const char *text = o->curl_text[0] != '\0'
				   ? o->curl_text
				   : curl_easy_strerror(o->result);
	char clean[S3_MESSAGE_MAX];

	str_printable(clean, sizeof(clean), text);
	if (o->result == CURLE_OUT_OF_MEMORY) {
		err_nomem(e, "a request");
		return S3_FAILED;
	}
	if (o->met_forbidden && !o->was_connected) {
		err_set(e, ERR_CONNECT, "address_refused",
			"the endpoint is not connected to: %s",
			address_forbidden_text());
		return S3_FAILED;
	}
	if (!is_final(o->result))
		return judge_broken(o, clean, e);
	err_set(e, ERR_CONNECT, "store_failed",
		"cannot talk to the store (%s); check http or https, and the "
		"CA file",
		clean);
	return S3_FAILED;
}

/* A body that ended early by the length that the store itself announced. */
static enum s3_verdict cut_short(struct err *e)
{
	err_set(e, ERR_DAMAGED, "store_failed",
		"the answer broke off before its announced end");
	return S3_RETRY;
}

static enum s3_verdict judge_range(const struct s3_outcome *o, struct err *e)
{
	const struct s3_reply *r = o->reply;

	if (r->has_range && r->from != o->offset) {
		err_set(e, ERR_REMOTE, "store_failed",
			"the store sent another range than was asked for");
		return S3_FAILED;
	}
	if (r->got == o->length)
		return S3_SUCCEEDED;
	err_set(e, ERR_DAMAGED, "store_failed",
		"%zu of %zu bytes came: the object is shorter than it must be",
		r->got, o->length);
	/* Shorter by its own word, or did an honest range come in part? */
	return r->has_range && r->total >= o->offset + o->length ? S3_RETRY
								 : S3_FAILED;
}

static enum s3_verdict judge_success(const struct s3_outcome *o, struct err *e)
{
	const struct s3_reply *r = o->reply;

	if (o->length > 0)
		return judge_range(o, e);
	/* Facts of life: 200, headers sent, and then it went wrong. */
	if (r->landing.buf == NULL &&
	    s3_fault_read(o->fault, r->body.data, r->body.len))
		return s3_judge_fault(r->status, o->fault, e);
	return S3_SUCCEEDED;
}

static bool is_unasked(const struct s3_outcome *o)
{
	const struct s3_reply *r = o->reply;

	return r->is_unasked ||
	       (o->result == CURLE_OK && r->landing.wanted_status != 0 &&
		r->status < 300 && r->status != r->landing.wanted_status);
}

enum s3_verdict s3_judge(const struct s3_outcome *o, struct err *e)
{
	const struct s3_reply *r = o->reply;

	if (is_unasked(o)) {
		err_set(e, ERR_REMOTE, "store_failed",
			"the store answered %ld where it must be %ld: it "
			"cannot send ranges of objects",
			r->status, r->landing.wanted_status);
		return S3_FAILED;
	}
	if (r->body.is_broken || r->fields.bytes.is_broken) {
		err_nomem(e, "an answer of the store");
		return S3_FAILED;
	}
	if (r->is_too_long)
		return too_long(r, e);
	/* An early refusal often ends with a reset: the status counts. */
	if (r->status >= 300)
		return judge_refusal(o, e);
	if (o->result == CURLE_PARTIAL_FILE)
		return cut_short(e);
	if (o->result != CURLE_OK)
		return judge_transport(o, e);
	return judge_success(o, e);
}

unsigned s3_backoff_ms(unsigned first_ms, unsigned attempt, unsigned wait_s,
		       unsigned random)
{
	unsigned ms = first_ms;
	unsigned asked_ms;

	while (--attempt > 0 && ms < BACKOFF_MAX_MS)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = BACKOFF_MAX_MS;
	ms = ms - ms / 4 + random % (ms / 2 + 1);
	if (wait_s > RETRY_AFTER_MAX_S)
		wait_s = RETRY_AFTER_MAX_S;
	asked_ms = wait_s * 1000;
	return ms > asked_ms ? ms : asked_ms;
}
