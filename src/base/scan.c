/* scan.c - see base/scan.h. */
#include "base/scan.h"

#include <string.h>

#include "base/text.h"

enum { DIGITS_MAX = 18, MEMBERS_MAX = 16, FIRST_PRINTABLE = 0x20 };

bool scan_word(struct scan *s, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
		return false;
	s->at += len;
	return true;
}

bool scan_number(struct scan *s, uint64_t *out)
{
	const char *begin = s->at;
	uint64_t n = 0;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9' &&
	       s->at - begin < DIGITS_MAX)
		n = n * 10 + (uint64_t)(*s->at++ - '0');
	*out = n;
	/* More digits are no part of what may come behind a number. */
	return s->at > begin && (*begin != '0' || s->at - begin == 1);
}

bool scan_signed(struct scan *s, int64_t *out)
{
	bool is_below = s->at < s->end && *s->at == '-';
	uint64_t n;

	s->at += is_below;
	if (!scan_number(s, &n) || (is_below && n == 0))
		return false;
	*out = is_below ? -(int64_t)n : (int64_t)n;
	return true;
}

bool scan_string(struct scan *s, const char **text, size_t *len)
{
	unsigned char all = 0;

	if (!scan_word(s, "\""))
		return false;
	*text = s->at;
	for (; s->at < s->end && *s->at != '"'; s->at++) {
		if (*s->at == '\\' || (unsigned char)*s->at < FIRST_PRINTABLE)
			return false;
		all |= (unsigned char)*s->at;
	}
	*len = (size_t)(s->at - *text);
	return (all < 0x80 || utf8_check(*text, *len, NULL)) &&
	       scan_word(s, "\"");
}

static bool scan_pair(struct scan *s)
{
	int64_t n;

	return scan_word(s, "[") && scan_signed(s, &n) && scan_word(s, ",") &&
	       scan_signed(s, &n) && scan_word(s, "]");
}

static bool scan_value(struct scan *s)
{
	const char *text;
	size_t len;
	int64_t n;

	if (s->at == s->end)
		return false;
	switch (*s->at) {
	case '"':
		return scan_string(s, &text, &len);
	case '[':
		return scan_pair(s);
	case 't':
		return scan_word(s, "true");
	default:
		return scan_signed(s, &n);
	}
}

struct key {
	const char *text;
	size_t len;
};

static bool is_new(const struct key *keys, size_t n, const struct key *key)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].len == key->len &&
		    memcmp(keys[i].text, key->text, key->len) == 0)
			return false;
	return true;
}

bool scan_object(struct scan *s)
{
	struct key keys[MEMBERS_MAX];
	size_t n = 0;

	if (!scan_word(s, "{"))
		return false;
	do {
		struct key key;

		if (n == MEMBERS_MAX || !scan_string(s, &key.text, &key.len) ||
		    !is_new(keys, n, &key) || !scan_word(s, ":") ||
		    !scan_value(s))
			return false;
		keys[n++] = key;
	} while (scan_word(s, ","));
	return scan_word(s, "}");
}
