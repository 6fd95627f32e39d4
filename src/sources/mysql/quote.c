/*
 * quote.c - names and values as SQL text.
 *
 * Most bytes of most values need no escape, so the scan takes 16 at a time
 * and copies them before it knows whether they are all fine; that is where
 * the slack behind the output comes from. The library's own function costs
 * two to five times as much, the character set's rules included, which
 * SET NAMES binary makes needless.
 */
#include "sources/mysql/quote.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What follows the backslash; 0: the byte stands for itself. */
static const char escapes[256] = {
	['\0'] = '0',  ['\n'] = 'n', ['\r'] = 'r',  ['\032'] = 'Z',
	['\''] = '\'', ['"'] = '"',  ['\\'] = '\\',
};

static inline char *escape_byte(char *out, char in)
{
	char escape = escapes[(unsigned char)in];

	if (escape == 0) {
		*out++ = in;
	} else {
		*out++ = '\\';
		*out++ = escape;
	}
	return out;
}

char *my_escape_plain(char *out, const char *in, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out = escape_byte(out, in[i]);
	return out;
}

#ifdef __SSE2__
/* A bit for each of 16 bytes that needs an escape. */
static inline unsigned to_escape(__m128i v)
{
	__m128i hit = _mm_cmpeq_epi8(v, _mm_setzero_si128());

	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\r')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\032')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\'')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('"')));
	hit = _mm_or_si128(hit, _mm_cmpeq_epi8(v, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(hit);
}

char *my_escape(char *out, const char *in, size_t len)
{
	const char *end = in + len;

	while (end - in >= 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)in);
		unsigned hits = to_escape(v);
		unsigned clean = 16;

		_mm_storeu_si128((__m128i *)(void *)out, v);
		if (hits != 0) {
			clean = (unsigned)__builtin_ctz(hits);
			out = escape_byte(out + clean, in[clean]);
			in += clean + 1;
			continue;
		}
		out += clean;
		in += clean;
	}
	return my_escape_plain(out, in, (size_t)(end - in));
}
#else
char *my_escape(char *out, const char *in, size_t len)
{
	return my_escape_plain(out, in, len);
}
#endif

void my_quote_name(struct text *t, const char *name)
{
	const char *quote;

	text_char(t, '`');
	while ((quote = strchr(name, '`')) != NULL) {
		text_add(t, name, (size_t)(quote - name) + 1);
		text_char(t, '`');
		name = quote + 1;
	}
	text_str(t, name);
	text_char(t, '`');
}

void my_quote_names(struct text *t, const char *db, const char *name)
{
	my_quote_name(t, db);
	text_char(t, '.');
	my_quote_name(t, name);
}

void my_quote_value(struct text *t, const char *value, size_t len)
{
	char *end;

	text_char(t, '\'');
	if (!text_reserve(t, MY_ESCAPE_FACTOR * len + MY_ESCAPE_SLACK))
		return;
	end = my_escape(t->data + t->len, value, len);
	t->len = (size_t)(end - t->data);
	t->data[t->len] = '\0';
	text_char(t, '\'');
}

bool my_unquote_name(const char **s, const char *end, struct text *out)
{
	const char *p = *s;

	text_reset(out);
	if (p == end || *p != '`')
		return false;
	for (p++; p < end; p++) {
		if (*p != '`') {
			text_char(out, *p);
		} else if (p + 1 < end && p[1] == '`') {
			text_char(out, *p++);
		} else {
			*s = p + 1;
			text_str(out, "");
			return !out->is_broken;
		}
	}
	return false;
}
