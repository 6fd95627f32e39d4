/* client_exchange.c - one request by libcurl. */
#include "ctl/client_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/secret.h"
#include "base/text.h"
#include "ctl/interrupt.h"

enum {
	CONNECT_SECONDS = 10,
	ANSWER_SECONDS = 600,
	ANSWER_MAX = 256 * 1024 * 1024,
	TRIES = 3,
};

static size_t on_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct text *t = arg;

	(void)size;
	if (t->len + n > ANSWER_MAX)
		return 0;
	text_add(t, bytes, n);
	return t->is_broken ? 0 : n;
}

/* Not 0 ends the transfer. */
static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
		       curl_off_t d)
{
	(void)arg;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return interrupt_came();
}

static bool append(struct curl_slist **list, const char *name,
		   const char *value)
{
	struct curl_slist *longer;
	struct text line = {0};
	bool ok;

	text_printf(&line, "%s: %s", name, value);
	longer = line.is_broken ? NULL : curl_slist_append(*list, line.data);
	ok = longer != NULL;
	if (ok)
		*list = longer;
	if (line.data != NULL)
		secret_wipe(line.data, line.cap);
	text_free(&line);
	return ok;
}

static bool list_headers(const struct client *c, const struct client_ask *ask,
			 const char *key, struct curl_slist **list)
{
	struct text bearer = {0};
	bool ok = true;

	if (*c->token != '\0') {
		text_printf(&bearer, "Bearer %s", c->token);
		ok = !bearer.is_broken &&
		     append(list, "Authorization", bearer.data);
		if (bearer.data != NULL)
			secret_wipe(bearer.data, bearer.cap);
		text_free(&bearer);
	}
	if (ok && ask->if_match != NULL) {
		text_printf(&bearer, "\"%s\"", ask->if_match);
		ok = !bearer.is_broken && append(list, "If-Match", bearer.data);
		text_free(&bearer);
	}
	return ok && append(list, "Content-Type", "application/json") &&
	       append(list, "Expect", "") &&
	       (!ask->is_keyed || append(list, "Idempotency-Key", key));
}

#define SET(option, value)                                                     \
	(curl_easy_setopt(easy, (option), (value)) == CURLE_OK)

static bool set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	return SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
	return SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static bool set_way(const struct client *c, CURL *easy)
{
	if (*c->socket != '\0')
		return SET(CURLOPT_UNIX_SOCKET_PATH, c->socket) &&
		       SET(CURLOPT_PROXY, "");
	return *c->ca_file == '\0' || SET(CURLOPT_CAINFO, c->ca_file);
}

static bool set_all(const struct client *c, const struct client_ask *ask,
		    const char *url, struct text *answer)
{
	CURL *easy = c->easy;
	long seconds = ask->seconds > 0 ? (long)ask->seconds : ANSWER_SECONDS;

	curl_easy_reset(easy);
	return set_protocols(easy) && set_way(c, easy) &&
	       SET(CURLOPT_URL, url) &&
	       SET(CURLOPT_CUSTOMREQUEST, ask->method) &&
	       SET(CURLOPT_NOSIGNAL, 1L) && SET(CURLOPT_NOPROGRESS, 0L) &&
	       SET(CURLOPT_XFERINFOFUNCTION, on_progress) &&
	       SET(CURLOPT_WRITEFUNCTION, on_bytes) &&
	       SET(CURLOPT_WRITEDATA, answer) &&
	       SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS) &&
	       SET(CURLOPT_TIMEOUT, seconds);
}

static bool set_body(const struct client *c, const char *body)
{
	CURL *easy = c->easy;

	return body == NULL ||
	       (SET(CURLOPT_POSTFIELDS, body) &&
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body)));
}

static bool tell_failure(const struct client *c, CURLcode why, struct err *e)
{
	const char *where = *c->socket != '\0' ? c->socket : c->server;
	long os = 0;

	(void)curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os);
	if (why == CURLE_ABORTED_BY_CALLBACK)
		return err_set(e, ERR_CANCELED, "interrupted", "interrupted");
	if (why == CURLE_OPERATION_TIMEDOUT)
		return err_set(e, ERR_TIMEOUT, "unreachable",
			       "no answer from %.120s in time: is cofferd "
			       "well? its log says more",
			       where);
	if (os == EACCES)
		return err_set(e, ERR_CONNECT, "unreachable",
			       "%.120s is not for this user: be root or the "
			       "server's user, or give --server and "
			       "--token-file",
			       where);
	return err_set(e, ERR_CONNECT, "unreachable",
		       "cannot reach the server at %.120s (%s): is cofferd "
		       "running? --socket or --server say where it is",
		       where, curl_easy_strerror(why));
}

/* The answer was lost, and asking again does no harm. */
static bool may_retry(const struct client_ask *ask, CURLcode why)
{
	return (why == CURLE_RECV_ERROR || why == CURLE_GOT_NOTHING ||
		why == CURLE_PARTIAL_FILE) &&
	       (ask->is_keyed || strcmp(ask->method, "GET") == 0);
}

static bool perform(struct client *c, const struct client_ask *ask,
		    struct text *answer, struct err *e)
{
	CURLcode why = CURLE_OK;

	for (unsigned i = 0; i < TRIES; i++) {
		text_reset(answer);
		why = curl_easy_perform(c->easy);
		if (why == CURLE_OK || !may_retry(ask, why))
			break;
	}
	return why == CURLE_OK || tell_failure(c, why, e);
}

static bool ask_once(struct client *c, const struct client_ask *ask,
		     const char *url, struct text *answer, struct err *e)
{
	CURL *easy = c->easy;
	struct curl_slist *headers = NULL;
	char *body = NULL, key[ID_MAX];
	bool ok;

	id_new(key, "ctl");
	if (ask->body != NULL)
		body = json_dumps(ask->body, JSON_COMPACT | JSON_ENCODE_ANY);
	ok = (ask->body == NULL || body != NULL) &&
	     list_headers(c, ask, key, &headers) &&
	     set_all(c, ask, url, answer) && set_body(c, body) &&
	     SET(CURLOPT_HTTPHEADER, headers);
	if (!ok)
		(void)err_nomem(e, "a request");
	ok = ok && perform(c, ask, answer, e);
	curl_slist_free_all(headers);
	secret_free(body);
	return ok;
}

bool client_exchange(struct client *c, const struct client_ask *ask,
		     struct reply *r, struct err *e)
{
	struct text answer = {0}, url = {0};
	bool ok;

	text_printf(&url, "%s%s", c->server, ask->path);
	ok = !url.is_broken || err_nomem(e, "a request");
	ok = ok && ask_once(c, ask, url.data, &answer, e);
	text_free(&url);
	if (ok) {
		(void)curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE,
					&r->status);
		r->len = answer.len;
		r->text = text_take(&answer);
		ok = r->text != NULL || err_nomem(e, "an answer");
	}
	text_free(&answer);
	return ok;
}
