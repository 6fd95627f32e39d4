/*
 * index_scan.c - a line of the index in the spelling of packed_line_format(),
 * which nearly all lines have: without names in base64, escapes, accounts and
 * tables that triggers stand on. A list of a folder, a restore and an increment
 * read every line of a backup that may have a million of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/scan.h"
#include "base/text.h"
#include "manifest/index_int.h"
#include "manifest/layout.h"
#include "manifest/manifest_int.h"

static bool scan_text(struct scan *s, const char *before, size_t max,
		      char **out)
{
	const char *text;
	size_t len;

	if (!scan_word(s, before) || !scan_string(s, &text, &len) || len > max)
		return false;
	*out = str_of(text, len);
	return *out != NULL;
}

static bool scan_kind(struct scan *s, struct index_line *l)
{
	const char *word;
	size_t len;

	if (!scan_word(s, "{\"kind\":") || !scan_string(s, &word, &len))
		return false;
	for (enum item_kind k = 0; k < ITEM_KIND_COUNT; k++) {
		const char *name = item_kind_name(k);

		if (strlen(name) == len && memcmp(name, word, len) == 0) {
			l->kind = k;
			return true;
		}
	}
	return false;
}

static bool scan_extent(struct scan *s, struct index_extent *x)
{
	return scan_word(s, "[") && scan_number(s, &x->part) &&
	       scan_word(s, ",") && scan_number(s, &x->offset) &&
	       scan_word(s, ",") && scan_number(s, &x->length) &&
	       scan_word(s, "]") && index_extent_is_sound(x);
}

/* As many as there are brackets before the two that close the list. */
static size_t count_extents(const struct scan *s)
{
	size_t n = 0;

	for (const char *at = s->at; at + 1 < s->end; at++) {
		n += *at == '[';
		if (at[0] == ']' && at[1] == ']')
			break;
	}
	return n;
}

static bool scan_extents(struct scan *s, struct index_line *l)
{
	size_t n;

	if (!scan_word(s, ",\"extents\":["))
		return false;
	if (scan_word(s, "]"))
		return true;
	n = count_extents(s);
	if (n == 0 || n > INDEX_EXTENTS_MAX)
		return false;
	l->extents = calloc(n, sizeof(*l->extents));
	if (l->extents == NULL)
		return false;
	for (; l->nextents < n; l->nextents++) {
		struct index_extent *x = &l->extents[l->nextents];

		if ((l->nextents > 0 && !scan_word(s, ",")) ||
		    !scan_extent(s, x) ||
		    (l->nextents > 0 && !index_extent_is_behind(&x[-1], x)))
			return false;
	}
	return scan_word(s, "]");
}

static bool scan_counts(struct scan *s, struct index_line *l)
{
	char hex[DIGEST_HEX_MAX];
	const char *digits;
	size_t len;

	if (scan_word(s, ",\"skip\":") && !scan_number(s, &l->skip))
		return false;
	if (!scan_word(s, ",\"plain_bytes\":") ||
	    !scan_number(s, &l->plain_bytes) ||
	    (l->plain_bytes > 0) != (l->nextents > 0))
		return false;
	if (l->kind != ITEM_DATA)
		return true;
	if (!scan_word(s, ",\"rows\":") || !scan_number(s, &l->rows) ||
	    !scan_word(s, ",\"digest\":") || !scan_string(s, &digits, &len) ||
	    len != DIGEST_HEX_MAX - 1)
		return false;
	memcpy(hex, digits, len);
	hex[len] = '\0';
	return digest_parse(hex, &l->digest);
}

static bool scan_facts(struct scan *s, struct index_line *l)
{
	const char *begin;

	if (!scan_word(s, ",\"facts\":"))
		return true;
	begin = s->at;
	if (!scan_object(s))
		return false;
	l->facts = str_of(begin, (size_t)(s->at - begin));
	return l->facts != NULL;
}

static bool scan_line(struct scan *s, struct index_line *l)
{
	return scan_kind(s, l) &&
	       scan_text(s, ",\"type\":", MANIFEST_STRING_MAX, &l->type) &&
	       scan_text(s, ",\"group\":", MANIFEST_STRING_MAX, &l->group) &&
	       scan_text(s, ",\"name\":", INDEX_NAME_MAX, &l->name) &&
	       scan_extents(s, l) && scan_counts(s, l) && scan_facts(s, l) &&
	       scan_word(s, "}") && s->at == s->end;
}

bool index_line_scan(struct index_line *l, const char *line, size_t len)
{
	struct scan s = {line, line + len};
	struct index_line got = {0};

	if (scan_line(&s, &got)) {
		*l = got;
		return true;
	}
	index_line_fini(&got);
	return false;
}
