/* words.c - see words.h. */
#include "ctl/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum { SHORT_TIME = 16 }; /* "2026-12-01 02:30" */

char *words_bytes(uint64_t bytes, char out[WORDS_MAX])
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	double n = (double)bytes;
	unsigned u = 0;

	while (n >= 1024 && u < 6) {
		n /= 1024;
		u++;
	}
	(void)snprintf(out, WORDS_MAX, n < 100 && u > 0 ? "%.1f %s" : "%.0f %s",
		       n, units[u]);
	return out;
}

char *words_seconds(int64_t seconds, char out[WORDS_MAX])
{
	int64_t minutes = seconds / 60, hours = minutes / 60;

	if (seconds < 60)
		(void)snprintf(out, WORDS_MAX, "%" PRId64 "s", seconds);
	else if (minutes < 60)
		(void)snprintf(out, WORDS_MAX, "%" PRId64 "m", minutes);
	else if (hours < 48)
		(void)snprintf(out, WORDS_MAX, "%" PRId64 "h %" PRId64 "m",
			       hours, minutes % 60);
	else
		(void)snprintf(out, WORDS_MAX, "%" PRId64 "d %" PRId64 "h",
			       hours / 24, hours % 24);
	return out;
}

char *words_time(const char *rfc3339, char out[WORDS_MAX])
{
	int64_t ignored;

	if (strlen(rfc3339) < SHORT_TIME || !clock_parse(rfc3339, &ignored)) {
		(void)str_copy(out, WORDS_MAX, rfc3339);
		return out;
	}
	(void)snprintf(out, WORDS_MAX, "%.10s %.5sZ", rfc3339, rfc3339 + 11);
	return out;
}

/* Length and value of the character at s; 0: no UTF-8. */
static size_t decode(const unsigned char *s, size_t len, uint32_t *c)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (n > len || !utf8_check((const char *)s, n, NULL))
		return 0;
	*c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (s[i] & 0x3f);
	return n;
}

/* Controls, and marks that let text look like another one. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
	       (c >= 0xe0000 && c <= 0xe007f);
}

void words_clean(struct text *out, const char *bytes, size_t len,
		 bool keep_lines)
{
	const unsigned char *s = (const unsigned char *)bytes;

	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t n = decode(s + at, len - at, &c);

		if (n == 1 && (c == '\n' || c == '\t'))
			text_add(out, keep_lines ? bytes + at : " ", 1);
		else if (n == 0 || is_unsafe(c))
			text_char(out, '?');
		else
			text_add(out, bytes + at, n);
		at += n > 0 ? n : 1;
	}
}

/* East Asian wide characters take two (Unicode TR 11, the large ranges); marks
 * that combine with the one before take none. */
static size_t width_of(uint32_t c)
{
	if (c >= 0x300 && c <= 0x36f)
		return 0;
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
			       (c >= 0xac00 && c <= 0xd7a3) ||
			       (c >= 0xf900 && c <= 0xfaff) ||
			       (c >= 0xfe30 && c <= 0xfe6f) ||
			       (c >= 0xff00 && c <= 0xff60) ||
			       (c >= 0xffe0 && c <= 0xffe6) ||
			       (c >= 0x1f300 && c <= 0x1faff) ||
			       (c >= 0x20000 && c <= 0x3fffd)
		       ? 2
		       : 1;
}

/* Bytes of the longest beginning that takes at most width columns; *took: how
 * many those are. */
static size_t fitting(const char *text, size_t width, size_t *took)
{
	size_t len = strlen(text), at = 0;

	*took = 0;
	while (at < len) {
		uint32_t c = 0;
		size_t n =
			decode((const unsigned char *)text + at, len - at, &c);
		size_t w = n > 0 ? width_of(c) : 1;

		if (*took + w > width)
			break;
		*took += w;
		at += n > 0 ? n : 1;
	}
	return at;
}

size_t words_width(const char *text)
{
	size_t took;

	(void)fitting(text, SIZE_MAX - 2, &took);
	return took;
}

void words_cut(struct text *out, const char *text, size_t width)
{
	size_t took, at = fitting(text, width, &took);

	if (text[at] == '\0' || width == 0) {
		text_add(out, text, at);
		return;
	}
	at = fitting(text, width - 1, &took);
	text_add(out, text, at);
	text_char(out, '~');
}
