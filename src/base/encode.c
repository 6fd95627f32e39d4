#include "base/encode.h"

#include <string.h>

static const char base64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *hex_encode(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p = bytes;

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = digits[p[i] >> 4];
		out[2 * i + 1] = digits[p[i] & 15];
	}
	out[2 * len] = '\0';
	return out;
}

/* The value of a hexadecimal digit, or -1. */
static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that two hexadecimal digits say, or -1. */
static int hex_pair(const char *s)
{
	int high = hex_value(s[0]);
	int low = high < 0 ? -1 : hex_value(s[1]);

	return low < 0 ? -1 : high * 16 + low;
}

bool hex_decode(const char *hex, void *out, size_t len)
{
	unsigned char *p = out;

	for (size_t i = 0; i < len; i++) {
		int value = hex_pair(hex + 2 * i);

		if (value < 0)
			return false;
		p[i] = (unsigned char)value;
	}
	return hex[2 * len] == '\0';
}

char *base64_encode(const void *bytes, size_t len, char *out)
{
	const unsigned char *p = bytes;
	char *o = out;

	for (size_t i = 0; i < len; i += 3) {
		size_t left = len - i;
		unsigned n = (unsigned)p[i] << 16;

		if (left > 1)
			n |= (unsigned)p[i + 1] << 8;
		if (left > 2)
			n |= p[i + 2];
		for (unsigned k = 0; k < 4; k++)
			o[k] = base64_digits[n >> (18 - 6 * k) & 63];
		if (left < 3)
			o[3] = '=';
		if (left < 2)
			o[2] = '=';
		o += 4;
	}
	*o = '\0';
	return out;
}

/* The value of a base64 digit, or -1. */
static int base64_value(char c)
{
	const char *at = c ? strchr(base64_digits, c) : NULL;

	return at ? (int)(at - base64_digits) : -1;
}

/* Decodes four digits of which the last pad are '='; false: they are not. */
static bool base64_quad(const char *s, size_t pad, unsigned char *out)
{
	unsigned n = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - pad ? base64_value(s[i]) : 0;

		if (value < 0)
			return false;
		n = n << 6 | (unsigned)value;
	}
	/* One text for one value: the bits that padding leaves over are 0. */
	if (n & ((1U << 8 * pad) - 1))
		return false;
	for (size_t i = 0; i < 3 - pad; i++)
		out[i] = (unsigned char)(n >> (16 - 8 * i));
	return true;
}

bool base64_decode(const char *s, void *out, size_t *len)
{
	size_t n = strlen(s), pad = 0, done = 0;
	unsigned char *p = out;

	if (n % 4 != 0)
		return false;
	if (n > 0 && s[n - 1] == '=')
		pad = s[n - 2] == '=' ? 2 : 1;
	for (size_t i = 0; i < n; i += 4) {
		size_t quad_pad = i + 4 == n ? pad : 0;

		if (!base64_quad(s + i, quad_pad, p + done))
			return false;
		done += 3 - quad_pad;
	}
	*len = done;
	return true;
}

static bool is_unreserved(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void percent_encode(struct text *out, const char *s, size_t len,
		    bool keep_slash)
{
	static const char digits[] = "0123456789ABCDEF";

	text_add(out, "", 0); /* so that nothing encodes to "", not to NULL */
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		char escape[3] = {'%', digits[c >> 4], digits[c & 15]};

		if (is_unreserved(s[i]) || (keep_slash && c == '/'))
			text_char(out, s[i]);
		else
			text_add(out, escape, sizeof(escape));
	}
}

bool percent_decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		int value;

		if (*s != '%') {
			*to++ = *s;
			continue;
		}
		value = hex_pair(s + 1);
		if (value <= 0)
			return false;
		*to++ = (char)value;
		s += 2;
	}
	*to = '\0';
	return true;
}
