/* wire.c - a strict reader of request heads. */
#include "http/wire.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

enum { LINE_FIRST_BYTES = 256, CHUNK_DIGITS_MAX = 8 };

void wire_init(struct wire *w, size_t header_max, size_t body_max)
{
	memset(w, 0, sizeof(*w));
	w->header_max = header_max;
	w->body_max = body_max;
}

void wire_fini(struct wire *w)
{
	free(w->line);
	w->line = NULL;
}

static bool malformed(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "malformed", "%s", text);
}

/* RFC 9110, section 5.6.2. */
static bool is_token(const char *s, size_t len)
{
	static const char special[] = "!#$%&'*+-.^_`|~";

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c >= 0x80 || c == '\0' ||
		    (!isalnum(c) && strchr(special, c) == NULL))
			return false;
	}
	return len > 0;
}

static bool wire_method(struct wire *w, const char *method, size_t len,
			struct err *e)
{
	static const char *const known[] = {"GET",     "HEAD",	"POST",
					    "PUT",     "PATCH", "DELETE",
					    "OPTIONS", "TRACE", NULL};

	if (!is_token(method, len))
		return malformed(e, "the request line has no method");
	for (size_t i = 0; known[i] != NULL; i++) {
		if (strlen(known[i]) == len &&
		    memcmp(known[i], method, len) == 0) {
			(void)str_copy(w->method, sizeof(w->method), known[i]);
			return true;
		}
	}
	return err_set(e, ERR_INVALID, "method_not_allowed",
		       "this method is not known here");
}

/* Origin form alone (RFC 9112, section 3.2.1); "//" would be taken for an
 * authority by evhttp. */
static bool wire_target(const char *target, size_t len, struct err *e)
{
	if (len == 0 || target[0] != '/' || (len > 1 && target[1] == '/'))
		return malformed(e, "the target has to be a path: /...");
	for (size_t i = 0; i < len; i++) {
		if (target[i] <= ' ' || target[i] >= 0x7f || target[i] == '#')
			return malformed(e, "the target holds characters that "
					    "have to be percent-encoded");
	}
	return true;
}

static bool wire_version(struct wire *w, const char *version, size_t len,
			 struct err *e)
{
	if (len != 8 || memcmp(version, "HTTP/", 5) != 0 ||
	    !isdigit((unsigned char)version[5]) || version[6] != '.' ||
	    !isdigit((unsigned char)version[7]))
		return malformed(e, "the request line does not end with "
				    "HTTP/1.1");
	w->is_old = memcmp(version, "HTTP/1.0", len) == 0;
	if (!w->is_old && memcmp(version, "HTTP/1.1", len) != 0)
		return err_set(e, ERR_INVALID, "version_not_supported",
			       "HTTP/1.1 and HTTP/1.0 are spoken here");
	return true;
}

static bool wire_request_line(struct wire *w, const char *line, size_t len,
			      struct err *e)
{
	const char *end = line + len;
	const char *target = memchr(line, ' ', len);
	const char *version = NULL;

	if (target != NULL) {
		target++;
		version = memchr(target, ' ', (size_t)(end - target));
	}
	if (version == NULL)
		return malformed(e, "the request line has to be: method, "
				    "blank, target, blank, version");
	version++;
	w->has_line = true;
	return wire_version(w, version, (size_t)(end - version), e) &&
	       wire_method(w, line, (size_t)(target - 1 - line), e) &&
	       wire_target(target, (size_t)(version - 1 - target), e);
}

static bool has_body(const struct wire *w)
{
	return strcmp(w->method, "POST") == 0 ||
	       strcmp(w->method, "PUT") == 0 || strcmp(w->method, "PATCH") == 0;
}

static bool wire_length(struct wire *w, const char *value, struct err *e)
{
	unsigned long long n;

	if (w->has_length)
		return malformed(e, "Content-Length is given twice");
	if (w->is_chunked)
		return malformed(e, "Content-Length and Transfer-Encoding "
				    "are both given");
	w->has_length = true;
	if (!str_to_u64(value, &n))
		return malformed(e, "Content-Length is not a number");
	if (n > 0 && !has_body(w))
		return malformed(e, "this method takes no body");
	if (n > w->body_max)
		return err_set(e, ERR_INVALID, "too_large",
			       "a body may have at most %zu bytes",
			       w->body_max);
	w->body_len = n;
	return true;
}

static bool wire_chunked(struct wire *w, const char *value, struct err *e)
{
	if (w->has_length)
		return malformed(e, "Content-Length and Transfer-Encoding "
				    "are both given");
	if (w->is_chunked || w->is_old || strcasecmp(value, "chunked") != 0)
		return malformed(e, "Transfer-Encoding can only be chunked, "
				    "once, in HTTP/1.1");
	if (!has_body(w))
		return malformed(e, "this method takes no body");
	w->is_chunked = true;
	return true;
}

static bool wire_field(struct wire *w, const char *name, const char *value,
		       struct err *e)
{
	if (strcasecmp(name, "Content-Length") == 0)
		return wire_length(w, value, e);
	if (strcasecmp(name, "Host") == 0 && ++w->hosts > 1)
		return malformed(e, "Host is given twice");
	if (strcasecmp(name, "Transfer-Encoding") == 0)
		return wire_chunked(w, value, e);
	if (strcasecmp(name, "Expect") == 0 &&
	    strcasecmp(value, "100-continue") != 0)
		return err_set(e, ERR_INVALID, "expectation_failed",
			       "Expect can only be 100-continue");
	return true;
}

static bool wire_field_line(struct wire *w, char *line, size_t len,
			    struct err *e)
{
	char *colon = memchr(line, ':', len);
	char *value;

	if (line[0] == ' ' || line[0] == '\t')
		return malformed(e, "a header is folded over two lines");
	if (colon == NULL || !is_token(line, (size_t)(colon - line)))
		return malformed(e, "a header is not: name, colon, value");
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if ((c < ' ' && c != '\t') || c == 0x7f)
			return malformed(e, "a header holds a control "
					    "character");
	}
	if (++w->fields > WIRE_FIELDS_MAX)
		return err_set(e, ERR_INVALID, "headers_too_large",
			       "more than %d headers", (int)WIRE_FIELDS_MAX);
	*colon = '\0';
	/* As evhttp: blanks go, a tab stays and spoils what has to be exact. */
	value = colon + 1 + strspn(colon + 1, " ");
	for (char *end = line + len; end > value && isblank(end[-1]);)
		*--end = '\0';
	return wire_field(w, line, value, e);
}

static bool wire_head_end(struct wire *w, struct err *e)
{
	if (w->hosts == 0 && !w->is_old)
		return malformed(e, "the header Host is missing");
	w->heads++;
	w->body_left = w->body_len;
	if (w->is_chunked)
		w->state = WIRE_CHUNK_SIZE;
	else
		w->state = w->body_left > 0 ? WIRE_BODY : WIRE_IDLE;
	return true;
}

static bool wire_chunk_size(struct wire *w, const char *line, size_t len,
			    struct err *e)
{
	uint64_t size = 0;

	if (len == 0 || len > CHUNK_DIGITS_MAX)
		return malformed(e, "a chunk has no size of 1 to 8 digits");
	for (size_t i = 0; i < len; i++) {
		if (!isxdigit((unsigned char)line[i]))
			return malformed(e, "the size of a chunk is not "
					    "hexadecimal");
	}
	size = strtoull(line, NULL, 16);
	w->body_len += size;
	if (w->body_len > w->body_max)
		return err_set(e, ERR_INVALID, "too_large",
			       "a body may have at most %zu bytes",
			       w->body_max);
	w->body_left = size;
	w->state = size > 0 ? WIRE_CHUNK : WIRE_LAST;
	return true;
}

/* What stands on a line of its own within a body that comes in chunks. */
static bool wire_chunk_line(struct wire *w, const char *line, size_t len,
			    struct err *e)
{
	if (w->state == WIRE_CHUNK_SIZE)
		return wire_chunk_size(w, line, len, e);
	if (len > 0)
		return malformed(e, "a chunk is longer than it says, or "
				    "something follows the last one");
	w->state = w->state == WIRE_LAST ? WIRE_IDLE : WIRE_CHUNK_SIZE;
	return true;
}

/* One whole line, its CR LF cut off. */
static bool wire_line(struct wire *w, struct err *e)
{
	size_t len = w->line_len;

	w->line_len = 0;
	if (len == 0 || w->line[len - 1] != '\r')
		return malformed(e, "a line does not end with CR LF");
	w->line[--len] = '\0';
	if (memchr(w->line, '\r', len) != NULL ||
	    memchr(w->line, '\0', len) != NULL)
		return malformed(e, "a line holds CR or NUL");
	if (w->state != WIRE_HEAD)
		return wire_chunk_line(w, w->line, len, e);
	if (!w->has_line)
		return wire_request_line(w, w->line, len, e);
	if (len > 0)
		return wire_field_line(w, w->line, len, e);
	return wire_head_end(w, e);
}

static bool wire_keep(struct wire *w, const char *bytes, size_t len,
		      struct err *e)
{
	size_t need = w->line_len + len + 1;
	size_t cap = w->line_cap ? w->line_cap : LINE_FIRST_BYTES;
	char *line;

	w->head_len += w->state == WIRE_HEAD ? len : 0;
	if (w->head_len > w->header_max || w->line_len + len > w->header_max)
		return err_set(e, ERR_INVALID, "headers_too_large",
			       "request line and headers may have at most %zu "
			       "bytes",
			       w->header_max);
	while (cap < need)
		cap *= 2;
	if (cap > w->line_cap) {
		line = realloc(w->line, cap);
		if (line == NULL)
			return err_nomem(e, "a header");
		w->line = line;
		w->line_cap = cap;
	}
	memcpy(w->line + w->line_len, bytes, len);
	w->line_len += len;
	return true;
}

static void wire_head_begin(struct wire *w)
{
	w->state = WIRE_HEAD;
	w->head_len = 0;
	w->line_len = 0;
	w->body_len = 0;
	w->has_line = w->has_length = w->is_chunked = w->is_old = false;
	w->hosts = w->fields = 0;
}

/* Takes bytes up to the end of a line; *taken of them. */
static bool wire_up_to_line(struct wire *w, const char *bytes, size_t len,
			    size_t *taken, struct err *e)
{
	const char *end = memchr(bytes, '\n', len);
	size_t n = end ? (size_t)(end - bytes) : len;

	*taken = n + (end != NULL);
	if (w->state == WIRE_IDLE)
		wire_head_begin(w);
	if (!wire_keep(w, bytes, n, e))
		return false;
	return end == NULL || wire_line(w, e);
}

/* Takes bytes of a body, or of a chunk. */
static size_t wire_body(struct wire *w, size_t len)
{
	size_t n = w->body_left < len ? (size_t)w->body_left : len;

	w->body_left -= n;
	if (w->body_left == 0)
		w->state = w->state == WIRE_CHUNK ? WIRE_CHUNK_END : WIRE_IDLE;
	return n;
}

bool wire_feed(struct wire *w, const char *bytes, size_t len, struct err *e)
{
	size_t n;

	while (len > 0 && w->state != WIRE_BAD) {
		if (w->state == WIRE_BODY || w->state == WIRE_CHUNK) {
			n = wire_body(w, len);
		} else if (!wire_up_to_line(w, bytes, len, &n, e)) {
			w->state = WIRE_BAD;
			return false;
		}
		bytes += n;
		len -= n;
	}
	return w->state != WIRE_BAD || malformed(e, "refused before");
}
