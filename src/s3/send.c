/* send.c - one attempt of a request as a handle of curl. */
#include "send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/encode.h"
#include "sign.h"

enum {
	RANGE_MAX = 64,
	MD5_BASE64_MAX = 32,
	/* Slower than this over all is as good as stalled. */
	SLOWEST_BYTES_PER_S = 16 * 1024,
	/* Servers end idle connections after 60 s; be first. */
	IDLE_CONNECTION_S = 50,
};

/* The headers of an attempt, all of them signed, and what they point to. */
struct headers {
	struct s3_pair pair[S3_SIGNED_MAX];
	size_t n;
	char date[CLOCK_TEXT_MAX];
	char payload[SHA256_HEX_MAX];
	char md5[MD5_BASE64_MAX];
	char range[RANGE_MAX];
};

static void add(struct headers *h, const char *name, const char *value)
{
	h->pair[h->n++] = (struct s3_pair){name, value};
}

static void add_range(struct headers *h, const struct s3_call *call)
{
	(void)snprintf(h->range, sizeof(h->range), "bytes=%" PRIu64 "-%" PRIu64,
		       call->offset, call->offset + call->length - 1);
	add(h, "range", h->range);
}

static bool is_given(const struct s3_call *call, const char *name)
{
	for (size_t i = 0; i < call->nheaders; i++)
		if (strcmp(call->headers[i].name, name) == 0)
			return true;
	return false;
}

static void fill_headers(struct headers *h, const struct s3_client *st,
			 const struct s3_sending *what)
{
	const struct s3_call *call = what->call;
	const struct s3_digests *d = what->digests;

	h->n = 0;
	add(h, "host", st->host);
	clock_format_basic(clock_now_ms() + st->signing_skew_ms, h->date);
	add(h, "x-amz-date", h->date);
	hex_encode(d->sha256, SHA256_LEN, h->payload);
	add(h, "x-amz-content-sha256", h->payload);
	if (call->body != NULL && !is_given(call, "content-type"))
		add(h, "content-type", "application/octet-stream");
	if (d->has_md5) {
		base64_encode(d->md5, MD5_LEN, h->md5);
		add(h, "content-md5", h->md5);
	}
	if (what->is_new)
		add(h, "if-none-match", "*");
	if (call->length > 0)
		add_range(h, call);
	for (size_t i = 0; i < call->nheaders; i++)
		add(h, call->headers[i].name, call->headers[i].value);
}

static bool append(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer == NULL)
		return false;
	*list = longer;
	return true;
}

/* The signed headers, the signature, and what curl must not add itself. */
static bool list_headers(struct curl_slist **list, const struct headers *h,
			 const char *authorization)
{
	struct text line = {0};
	bool ok = append(list, "Expect:") && append(list, "Accept:");

	for (size_t i = 0; ok && i < h->n; i++) {
		text_reset(&line);
		/* Of curl: a line that ends with ':' is none. */
		if (h->pair[i].value[0] != '\0')
			text_printf(&line, "%s: %s", h->pair[i].name,
				    h->pair[i].value);
		else
			text_printf(&line, "%s;", h->pair[i].name);
		ok = !line.is_broken && append(list, line.data);
	}
	text_reset(&line);
	text_printf(&line, "Authorization: %s", authorization);
	ok = ok && !line.is_broken && append(list, line.data);
	text_free(&line);
	return ok;
}

static bool set_address(struct s3_send *s, const struct s3_client *st,
			const char *path, const char *query)
{
	struct text url = {0};
	bool ok;

	s3_origin(st, &url);
	text_printf(&url, "%s%s%s", path, *query != '\0' ? "?" : "", query);
	ok = !url.is_broken &&
	     curl_easy_setopt(s->easy, CURLOPT_URL, url.data) == CURLE_OK;
	text_free(&url);
	return ok;
}

/* in lacks only what the store knows. */
static bool sign(struct s3_send *s, const struct s3_client *st,
		 struct s3_signing *in, const struct headers *h)
{
	struct text canonical = {0}, authorization = {0};
	bool ok;

	in->headers = h->pair;
	in->nheaders = h->n;
	in->payload_hex = h->payload;
	in->date = h->date;
	in->region = st->region;
	in->access_key = st->access_key;
	in->secret_key = st->secret_key;
	ok = s3_sign(in, &canonical, &authorization) &&
	     list_headers(&s->headers, h, authorization.data);
	text_free(&canonical);
	text_free(&authorization);
	return ok;
}

/* The URL and the signature are made of the same encoded bytes. */
static bool address_and_sign(struct s3_send *s, const struct s3_client *st,
			     const struct s3_sending *what)
{
	const struct s3_call *call = what->call;
	struct s3_signing in = {.method = call->method};
	struct text path = {0}, query = {0};
	struct headers h;
	bool ok;

	fill_headers(&h, st, what);
	s3_path(st, &path, call->key);
	text_str(&query, "");
	ok = s3_query_encode(&query, call->query, call->nquery) &&
	     !path.is_broken;
	in.path = path.data;
	in.query = query.data;
	ok = ok && sign(s, st, &in, &h) &&
	     set_address(s, st, path.data, query.data);
	text_free(&path);
	text_free(&query);
	return ok;
}

static size_t read_body(char *to, size_t size, size_t n, void *arg)
{
	struct s3_send *s = arg;
	size_t len = s->body_len - s->sent;

	if (len > size * n)
		len = size * n;
	if (len > 0)
		memcpy(to, s->body + s->sent, len);
	s->sent += len;
	return len;
}

/* curl goes back to the beginning when a kept connection was dead. */
static int seek_body(void *arg, curl_off_t offset, int origin)
{
	struct s3_send *s = arg;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > s->body_len)
		return CURL_SEEKFUNC_FAIL;
	s->sent = (size_t)offset;
	return CURL_SEEKFUNC_OK;
}

#define SET(option, value)                                                     \
	(curl_easy_setopt(s->easy, (option), (value)) == CURLE_OK)

/* The socket for an address that a look-up has just given, so that a name may
 * not stand for another one when it matters. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose,
				 struct curl_sockaddr *a)
{
	struct s3_send *s = arg;

	(void)purpose;
	if (address_is_forbidden(&a->addr)) {
		s->met_forbidden = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* Nothing of the environment, and no way to another host or protocol. */
static bool set_safety(struct s3_send *s, const struct s3_client *st)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	if (!SET(CURLOPT_PROTOCOLS_STR, "http,https"))
		return false;
#else
	if (!SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS)))
		return false;
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else the end of a handle waits for a resolver that hangs. */
	if (!SET(CURLOPT_QUICK_EXIT, 1L))
		return false;
#endif
	if (st->ca_file != NULL &&
	    (!SET(CURLOPT_CAINFO, st->ca_file) || !SET(CURLOPT_CAPATH, NULL)))
		return false;
	return SET(CURLOPT_PROXY, "") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
	       SET(CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       SET(CURLOPT_OPENSOCKETDATA, s) &&
	       SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_NOSIGNAL, 1L);
}

/* A connection that does not come, a stall, and a drip: all end. */
static bool set_limits(struct s3_send *s, const struct s3_client *st,
		       const struct s3_call *call)
{
	size_t len = call->body_len > call->cap ? call->body_len : call->cap;
	uint64_t ms = 2 * (uint64_t)st->stall_ms + st->connect_ms +
		      (uint64_t)len * 1000 / SLOWEST_BYTES_PER_S;
	long stall_s = (long)((st->stall_ms + 999) / 1000);

	return SET(CURLOPT_CONNECTTIMEOUT_MS, (long)st->connect_ms) &&
	       SET(CURLOPT_LOW_SPEED_LIMIT, 1L) &&
	       SET(CURLOPT_LOW_SPEED_TIME, stall_s) &&
	       SET(CURLOPT_TIMEOUT_MS, (long)ms);
}

static bool set_connection(struct s3_send *s, bool is_fresh)
{
	return SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_TCP_NODELAY, 1L) && SET(CURLOPT_PATH_AS_IS, 1L) &&
	       SET(CURLOPT_MAXAGE_CONN, (long)IDLE_CONNECTION_S) &&
	       SET(CURLOPT_FRESH_CONNECT, is_fresh ? 1L : 0L) &&
	       SET(CURLOPT_HTTPHEADER, s->headers);
}

static bool set_method(struct s3_send *s, const struct s3_call *call)
{
	if (!SET(CURLOPT_CUSTOMREQUEST, call->method))
		return false;
	if (call->body == NULL)
		return strcmp(call->method, "HEAD") != 0 ||
		       SET(CURLOPT_NOBODY, 1L);
	s->body = call->body;
	s->body_len = call->body_len;
	return SET(CURLOPT_UPLOAD, 1L) &&
	       SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_len) &&
	       SET(CURLOPT_READFUNCTION, read_body) &&
	       SET(CURLOPT_READDATA, s) &&
	       SET(CURLOPT_SEEKFUNCTION, seek_body) && SET(CURLOPT_SEEKDATA, s);
}

static bool set_reply(struct s3_send *s, struct s3_reply *r)
{
	return SET(CURLOPT_HEADERFUNCTION, s3_reply_header) &&
	       SET(CURLOPT_HEADERDATA, r) &&
	       SET(CURLOPT_WRITEFUNCTION, s3_reply_body) &&
	       SET(CURLOPT_WRITEDATA, r) && SET(CURLOPT_ERRORBUFFER, s->error);
}

bool s3_send_init(struct s3_send *s, const struct s3_client *st,
		  const struct s3_sending *what, struct s3_reply *r,
		  struct err *e)
{
	*s = (struct s3_send){.easy = curl_easy_init()};
	if (s->easy != NULL && address_and_sign(s, st, what) &&
	    set_safety(s, st) && set_limits(s, st, what->call) &&
	    set_connection(s, what->is_fresh) && set_method(s, what->call) &&
	    set_reply(s, r))
		return true;
	s3_send_fini(s);
	return err_nomem(e, "a request");
}

void s3_send_fini(struct s3_send *s)
{
	if (s->easy != NULL)
		curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->headers);
	*s = (struct s3_send){0};
}
