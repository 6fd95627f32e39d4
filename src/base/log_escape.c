#include "base/log_int.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8_int.h"

enum { ESCAPE_MAX = 16 };

static bool put(struct log_buffer *b, const char *s, size_t len, size_t limit)
{
	if (b->len + len > limit)
		return false;
	memcpy(b->data + b->len, s, len);
	b->len += len;
	return true;
}

void log_put(struct log_buffer *b, const char *s)
{
	put(b, s, strlen(s), LOG_LINE_MAX - LOG_TAIL_MAX);
}

void log_put_tail(struct log_buffer *b, const char *s)
{
	put(b, s, strlen(s), LOG_LINE_MAX);
}

/*
 * What a terminal acts on or a reader takes for the end of a line: C0, DEL,
 * C1 (U+0080 to U+009F), U+2028, U+2029, and the marks that turn the direction
 * of writing (U+202A to U+202E, U+2066 to U+2069).
 */
static bool is_control(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0] < 0x20 || u[0] == 0x7f;
	if (n == 2)
		return u[0] == 0xc2 && u[1] < 0xa0;
	if (n != 3 || u[0] != 0xe2)
		return false;
	return (u[1] == 0x80 && u[2] >= 0xa8 && u[2] <= 0xae) ||
	       (u[1] == 0x81 && u[2] >= 0xa6 && u[2] <= 0xa9);
}

/* The code point of n well-formed bytes, n at most 3. */
static unsigned code_point(const char *s, size_t n)
{
	const unsigned char *u = (const unsigned char *)s;

	if (n == 1)
		return u[0];
	if (n == 2)
		return (u[0] & 0x1fU) << 6 | (u[1] & 0x3fU);
	return (u[0] & 0xfU) << 12 | (u[1] & 0x3fU) << 6 | (u[2] & 0x3fU);
}

/* Writes the escape of the n bytes at s (n is 0 for a byte that is no UTF-8);
 * false when they need none. */
static bool escape(enum log_format format, const char *s, size_t n,
		   char out[ESCAPE_MAX])
{
	if (n == 0 && format == LOG_JSON)
		(void)snprintf(out, ESCAPE_MAX, "\\ufffd");
	else if (n == 0)
		(void)snprintf(out, ESCAPE_MAX, "\\x%02x", (unsigned char)s[0]);
	else if (*s == '\\' || (*s == '"' && format == LOG_JSON))
		(void)snprintf(out, ESCAPE_MAX, "\\%c", *s);
	else if (*s == '\n')
		(void)snprintf(out, ESCAPE_MAX, "\\n");
	else if (is_control(s, n))
		(void)snprintf(out, ESCAPE_MAX, "\\u%04x", code_point(s, n));
	else
		return false;
	return true;
}

void log_put_escaped(struct log_buffer *b, enum log_format format,
		     const char *s)
{
	size_t limit = LOG_LINE_MAX - LOG_TAIL_MAX, left = strlen(s);
	char out[ESCAPE_MAX];

	while (left > 0) {
		size_t n = utf8_step(s, left);
		size_t taken = n ? n : 1;
		bool fits = escape(format, s, n, out)
				    ? put(b, out, strlen(out), limit)
				    : put(b, s, n, limit);

		if (!fits) {
			log_put_tail(b, "...");
			return;
		}
		s += taken;
		left -= taken;
	}
}
