/*
 * lines.c - lines for a log that others read. More than is shown is gathered
 * first, so that a secret that lies where a line is cut is known as one.
 */
#include "config.h" /* for memmem() */

#include "lines.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

void lines_give(struct lines *l, const char *bytes, size_t len)
{
	l->bytes = bytes;
	l->len = len;
}

static void gather(struct lines *l, size_t n)
{
	size_t room = LINE_RAW_MAX - l->nraw;

	if (n > room) {
		n = room;
		l->is_cut = true;
	}
	memcpy(l->raw + l->nraw, l->bytes, n);
	l->nraw += n;
}

/* The secret may have been cut with the line: its beginning goes, too. */
static void drop_begun_secret(struct lines *l, size_t len)
{
	size_t n = len < l->nraw ? len : l->nraw;

	for (; n > 0; n--) {
		if (memcmp(l->raw + l->nraw - n, l->secret, n) == 0) {
			l->nraw -= n;
			return;
		}
	}
}

static void replace(struct lines *l, size_t at, size_t n)
{
	size_t put = n < 3 ? n : 3;

	memcpy(l->raw + at, "***", put);
	memmove(l->raw + at + put, l->raw + at + n, l->nraw - at - n);
	l->nraw -= n - put;
}

static void hide_secret(struct lines *l)
{
	size_t len = l->secret != NULL ? strlen(l->secret) : 0;
	const char *found;
	size_t at = 0;

	if (len == 0)
		return;
	if (l->is_cut)
		drop_begun_secret(l, len);
	while (at < l->nraw && (found = memmem(l->raw + at, l->nraw - at,
					       l->secret, len)) != NULL) {
		at = (size_t)(found - l->raw);
		replace(l, at, len);
		at += len < 3 ? len : 3;
	}
}

static bool is_end_of_value(char c, char quote)
{
	if (quote != '\0')
		return c == quote;
	return c == ' ' || c == '\t' || c == ',' || c == ';' || c == '&' ||
	       c == '}' || c == ')';
}

/* "using password: YES" tells what is wrong, and no password. */
static bool is_yes_or_no(const char *value, size_t len)
{
	return (len == 3 && memcmp(value, "YES", 3) == 0) ||
	       (len == 2 && memcmp(value, "NO", 2) == 0);
}

/* From behind the word: "=x", ": x", "\": \"x y\"". */
static size_t hide_value(struct lines *l, size_t at)
{
	char quote = '\0';
	size_t end;

	if (at < l->nraw && (l->raw[at] == '"' || l->raw[at] == '\''))
		at++;
	while (at < l->nraw && l->raw[at] == ' ')
		at++;
	if (at >= l->nraw || (l->raw[at] != '=' && l->raw[at] != ':'))
		return at;
	at++;
	while (at < l->nraw && l->raw[at] == ' ')
		at++;
	if (at < l->nraw && (l->raw[at] == '"' || l->raw[at] == '\''))
		quote = l->raw[at++];
	for (end = at; end < l->nraw; end++) {
		if (is_end_of_value(l->raw[end], quote))
			break;
	}
	if (!is_yes_or_no(l->raw + at, end - at))
		replace(l, at, end - at);
	return at;
}

static void hide_passwords(struct lines *l)
{
	static const char *const words[] = {"password", "passwd", "secret",
					    "token"};

	for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
		size_t n = strlen(words[w]);

		for (size_t at = 0; at + n <= l->nraw; at++) {
			if (strncasecmp(l->raw + at, words[w], n) == 0)
				at = hide_value(l, at + n) - 1;
		}
	}
}

/* Fits the text for logs: well-formed, without control characters. */
static void clean(struct lines *l)
{
	size_t n = l->nraw, to = 0;

	l->is_cut = l->is_cut || n > LINE_TEXT_MAX;
	if (n > LINE_TEXT_MAX)
		n = LINE_TEXT_MAX;
	while (l->is_cut && n > 0 && (l->raw[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n;) {
		size_t len = (l->raw[i] & 0x80) == 0 ? 1 : 4;

		while (len > 1 &&
		       (len > n - i || !utf8_check(l->raw + i, len, NULL)))
			len--;
		memcpy(l->text + to, l->raw + i, len);
		if (len == 1 && (l->raw[i] & 0x80) != 0)
			l->text[to] = '?';
		else if (len == 1 && (l->raw[i] < ' ' || l->raw[i] == 0x7f))
			l->text[to] = ' ';
		i += len;
		to += len;
	}
	while (to > 0 && l->text[to - 1] == ' ')
		to--;
	if (l->is_cut)
		memcpy(l->text + to, "...", 3);
	l->text[to + (l->is_cut ? 3 : 0)] = '\0';
}

static const char *finish(struct lines *l)
{
	l->raw[l->nraw] = '\0';
	hide_secret(l);
	hide_passwords(l);
	clean(l);
	l->nraw = 0;
	l->is_cut = false;
	return l->text[0] != '\0' ? l->text : NULL;
}

/* mariadb-backup and others paint progress with carriage returns. */
static size_t length_of(const struct lines *l, bool *has_end)
{
	for (size_t i = 0; i < l->len; i++) {
		if (l->bytes[i] == '\n' || l->bytes[i] == '\r') {
			*has_end = true;
			return i;
		}
	}
	*has_end = false;
	return l->len;
}

const char *lines_next(struct lines *l)
{
	while (l->len > 0) {
		bool has_end;
		size_t n = length_of(l, &has_end), used = n + (has_end ? 1 : 0);
		const char *text = NULL;

		gather(l, n);
		l->bytes += used;
		l->len -= used;
		if (has_end)
			text = finish(l);
		if (text != NULL)
			return text;
	}
	return NULL;
}

const char *lines_last(struct lines *l)
{
	return l->nraw > 0 ? finish(l) : NULL;
}
