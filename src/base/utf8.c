#include "base/utf8_int.h"

#include <string.h>

#include "base/text.h"

/* How many bytes the first one announces; 0 when none may begin so. */
static size_t announced(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	if (first >= 0xf0 && first <= 0xf4)
		return 4;
	return 0;
}

/*
 * The second byte is where overlong forms, surrogates and what lies beyond
 * U+10FFFF show (the table in RFC 3629, section 4).
 */
static int second_fits(unsigned char first, unsigned char second)
{
	unsigned char low = 0x80, high = 0xbf;

	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	return second >= low && second <= high;
}

size_t utf8_step(const char *s, size_t len)
{
	unsigned char first = (unsigned char)s[0];
	size_t n = announced(first);

	if (n <= 1)
		return n;
	if (n > len || !second_fits(first, (unsigned char)s[1]))
		return 0;
	for (size_t i = 2; i < n; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool utf8_check(const char *bytes, size_t len, size_t *points)
{
	size_t count = 0;

	for (size_t i = 0; i < len; count++) {
		size_t n = utf8_step(bytes + i, len - i);

		if (n == 0)
			return false;
		i += n;
	}
	if (points)
		*points = count;
	return true;
}

char *utf8_show(char *dst, size_t cap, const char *src)
{
	static const char unknown[] = "\xef\xbf\xbd";
	size_t left = strlen(src), at = 0;

	while (left > 0) {
		size_t n = utf8_step(src, left);
		const char *from = n > 0 ? src : unknown;
		size_t len = n > 0 ? n : sizeof(unknown) - 1;

		if (at + len >= cap)
			break;
		memcpy(dst + at, from, len);
		at += len;
		src += n > 0 ? n : 1;
		left -= n > 0 ? n : 1;
	}
	dst[at] = '\0';
	return dst;
}
