#include "base/text.h"

#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CAP_MIN = 64, PRINTF_ROOM = 32 };

bool text_reserve(struct text *t, size_t more)
{
	size_t need, cap;
	char *data;

	if (t->is_broken)
		return false;
	if (more < t->cap - t->len)
		return true;
	t->is_broken = true; /* until the memory is there */
	if (more >= SIZE_MAX / 2 - t->len)
		return false;
	need = t->len + more + 1;
	cap = t->cap < TEXT_CAP_MIN ? TEXT_CAP_MIN : t->cap;
	while (cap < need)
		cap *= 2;
	data = realloc(t->data, cap);
	if (!data)
		return false;
	if (!t->data)
		data[0] = '\0';
	t->data = data;
	t->cap = cap;
	t->is_broken = false;
	return true;
}

void text_add(struct text *t, const void *bytes, size_t len)
{
	if (!text_reserve(t, len))
		return;
	if (len > 0)
		memcpy(t->data + t->len, bytes, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void text_str(struct text *t, const char *s)
{
	if (s)
		text_add(t, s, strlen(s));
	else
		text_add(t, "", 0);
}

void text_char(struct text *t, char c)
{
	text_add(t, &c, 1);
}

/* False: there is room now, and it is to be called again. */
__attribute__((format(printf, 2, 0))) static bool
print(struct text *t, const char *fmt, va_list ap)
{
	size_t room = t->cap - t->len;
	int n = vsnprintf(t->data + t->len, room, fmt, ap);

	if (n >= 0 && (size_t)n < room) {
		t->len += (size_t)n;
		return true;
	}
	t->data[t->len] = '\0';
	t->is_broken = n < 0;
	return n < 0 || !text_reserve(t, (size_t)n);
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	/* Mostly there is room, and it is written at once. */
	if (text_reserve(t, PRINTF_ROOM) && !print(t, fmt, ap))
		(void)print(t, fmt, again);
	va_end(again);
	va_end(ap);
}

void text_reset(struct text *t)
{
	t->len = 0;
	t->is_broken = false;
	if (t->data)
		t->data[0] = '\0';
}

void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){0};
}

char *text_take(struct text *t)
{
	char *data = NULL;

	if (text_reserve(t, 0)) {
		data = t->data;
		t->data = NULL;
	}
	text_free(t);
	return data;
}

char *str_of(const char *bytes, size_t len)
{
	char *s = malloc(len + 1);

	if (s == NULL)
		return NULL;
	memcpy(s, bytes, len);
	s[len] = '\0';
	return s;
}

bool str_copy(char *dst, size_t cap, const char *src)
{
	size_t len = strlen(src);
	bool fits = len < cap;

	if (cap == 0)
		return false;
	if (!fits)
		len = cap - 1;
	memcpy(dst, src, len);
	dst[len] = '\0';
	return fits;
}

static char lower(char c)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";

	if (c >= 'A' && c <= 'Z')
		return letters[c - 'A'];
	return c;
}

void str_lower(char *dst, size_t cap, const char *src)
{
	size_t i = 0;

	if (cap == 0)
		return;
	for (; src[i] && i + 1 < cap; i++)
		dst[i] = lower(src[i]);
	dst[i] = '\0';
}

bool str_to_u64(const char *s, unsigned long long *out)
{
	unsigned long long n = 0;

	if (*s == '\0')
		return false;
	for (; *s; s++) {
		unsigned digit = (unsigned)(*s - '0');

		if (*s < '0' || *s > '9' || n > (ULLONG_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*out = n;
	return true;
}

/* The longest beginning of s that fits and does not cut a character. */
static size_t fitting_len(const char *s, size_t max)
{
	size_t len = strlen(s);

	if (len <= max)
		return len;
	len = max;
	while (len > 0 && ((unsigned char)s[len] & 0xc0) == 0x80)
		len--;
	return len;
}

char *str_printable(char *out, size_t cap, const char *s)
{
	size_t len = fitting_len(s, cap - 1);
	bool is_utf8 = utf8_check(s, len, NULL);

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f)
			c = ' ';
		else if (c >= 0x80 && !is_utf8)
			c = '?';
		out[i] = (char)c;
	}
	out[len] = '\0';
	return out;
}
