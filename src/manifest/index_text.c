/* index_text.c - lines of the index, packed in memory and as JSON. */
#include "manifest/index_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_PRINTABLE = 0x20 };

struct names {
	const char *type, *group, *name;
};

struct packed_line *packed_line_new(const struct item *it,
				    const struct packed_extent *extents,
				    uint32_t nextents)
{
	size_t bytes = nextents * sizeof(*extents);
	size_t type = strlen(it->type) + 1;
	size_t group = strlen(it->group) + 1;
	size_t name = strlen(it->name) + 1;
	struct packed_line *l =
		malloc(sizeof(*l) + bytes + type + group + name);
	char *at;

	if (l == NULL)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->kind = it->kind;
	l->nextents = nextents;
	if (nextents > 0)
		memcpy(l->extents, extents, bytes);
	at = (char *)&l->extents[nextents];
	memcpy(at, it->type, type);
	memcpy(at + type, it->group, group);
	memcpy(at + type + group, it->name, name);
	return l;
}

static struct names names_of(const struct packed_line *l)
{
	struct names n;

	n.type = (const char *)&l->extents[l->nextents];
	n.group = n.type + strlen(n.type) + 1;
	n.name = n.group + strlen(n.group) + 1;
	return n;
}

static void add_string(struct text *out, const char *key, const char *s)
{
	text_printf(out, ",\"%s\":\"", key);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < FIRST_PRINTABLE)
			text_printf(out, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			text_printf(out, "\\%c", c);
		else
			text_char(out, *s);
	}
	text_char(out, '"');
}

static void add_number(struct text *out, const char *key, uint64_t n)
{
	text_printf(out, ",\"%s\":%llu", key, (unsigned long long)n);
}

static void add_extents(struct text *out, const struct packed_line *l)
{
	text_str(out, ",\"extents\":[");
	for (uint32_t i = 0; i < l->nextents; i++)
		text_printf(out, "%s[%u,%u,%u]", i > 0 ? "," : "",
			    l->extents[i].part, l->extents[i].offset,
			    l->extents[i].length);
	text_char(out, ']');
}

static bool is_utf8(const char *s)
{
	return utf8_check(s, strlen(s), NULL);
}

bool packed_line_format(const struct packed_line *l, struct text *out)
{
	struct names n = names_of(l);
	char hex[DIGEST_HEX_MAX];

	if (!is_utf8(n.type) || !is_utf8(n.group) || !is_utf8(n.name))
		return false;
	text_printf(out, "{\"kind\":\"%s\"", item_kind_name(l->kind));
	add_string(out, "type", n.type);
	add_string(out, "group", n.group);
	add_string(out, "name", n.name);
	add_extents(out, l);
	if (l->skip > 0)
		add_number(out, "skip", l->skip);
	add_number(out, "plain_bytes", l->plain_bytes);
	if (l->kind == ITEM_DATA) {
		add_number(out, "rows", l->rows);
		add_string(out, "digest", digest_format(&l->digest, hex));
	}
	text_str(out, "}\n");
	return true;
}

void packed_line_name(const struct packed_line *l,
		      char out[INDEX_FIRST_ITEM_MAX])
{
	struct names n = names_of(l);
	int len = snprintf(out, INDEX_FIRST_ITEM_MAX, "%s:%s/%s",
			   item_kind_name(l->kind), n.group, n.name);
	size_t end = INDEX_FIRST_ITEM_MAX - 1;

	if (len < INDEX_FIRST_ITEM_MAX)
		return;
	/* Without the rest of a character that was cut in two. */
	while (end > 0 && !utf8_check(out, end, NULL))
		end--;
	out[end] = '\0';
}
