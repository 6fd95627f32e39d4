#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8_int.h"

/*
 * Texts of other servers end up here, and a cut may fall inside a character;
 * what leaves as JSON has to be UTF-8, so the bytes that are none become '?'.
 */
static void keep_utf8(char *msg)
{
	size_t len = strlen(msg);

	for (size_t i = 0; i < len;) {
		size_t n = utf8_step(msg + i, len - i);

		if (n == 0)
			msg[i] = '?';
		i += n ? n : 1;
	}
}

static void fill(struct err *e, enum err_code code, const char *api,
		 const char *fmt, va_list ap) PRINTF_LIKE(4, 0);

static void fill(struct err *e, enum err_code code, const char *api,
		 const char *fmt, va_list ap)
{
	if (err_is(e))
		return;
	/* A failure without a code would pass for success. */
	e->code = code == ERR_NONE ? ERR_BUG : code;
	str_copy(e->api, sizeof(e->api), api);
	(void)vsnprintf(e->msg, sizeof(e->msg), fmt, ap);
	keep_utf8(e->msg);
}

bool err_set(struct err *e, enum err_code code, const char *api,
	     const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, code, api, fmt, ap);
	va_end(ap);
	return false;
}

bool err_nomem(struct err *e, const char *what)
{
	return err_set(e, ERR_NOMEM, "internal", "out of memory for %s", what);
}

bool err_bug(struct err *e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(e, ERR_BUG, "internal", fmt, ap);
	va_end(ap);
	return false;
}

void err_prefix(struct err *e, const char *fmt, ...)
{
	char prefix[ERR_MSG_MAX], rest[ERR_MSG_MAX];
	size_t len;
	va_list ap;

	if (!err_is(e))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	memcpy(rest, e->msg, sizeof(rest));
	str_copy(e->msg, sizeof(e->msg), prefix);
	len = strlen(e->msg);
	str_copy(e->msg + len, sizeof(e->msg) - len, ": ");
	len = strlen(e->msg);
	str_copy(e->msg + len, sizeof(e->msg) - len, rest);
	keep_utf8(e->msg);
}

static void push_cause(struct err *e, const char *api, const char *msg)
{
	struct err_cause *c;

	if (e->ncauses == ERR_CAUSES_MAX) {
		memmove(e->causes, e->causes + 1,
			(ERR_CAUSES_MAX - 1) * sizeof(e->causes[0]));
		e->ncauses--;
	}
	c = &e->causes[e->ncauses++];
	str_copy(c->api, sizeof(c->api), api);
	str_copy(c->msg, sizeof(c->msg), msg);
}

void err_add_cause(struct err *e, const struct err *from)
{
	if (e == from || !err_is(from))
		return;
	for (unsigned i = 0; i < from->ncauses; i++)
		push_cause(e, from->causes[i].api, from->causes[i].msg);
	push_cause(e, from->api, from->msg);
}

void err_clear(struct err *e)
{
	*e = (struct err){0};
}
