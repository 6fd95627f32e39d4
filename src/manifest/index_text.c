/* index_text.c - lines of the index, packed in memory and as JSON. */
#include "manifest/index.h"
#include "manifest/index_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/encode.h"

enum { FIRST_PRINTABLE = 0x20 };

struct names {
	const char *type, *group, *name;
	const char *on, *definer, *facts, *line; /* or NULL */
};

/* Room that a text takes behind the extents; none for NULL. */
static size_t room_of(const char *text)
{
	return text != NULL ? strlen(text) + 1 : 0;
}

static char *put_text(char *at, const char *text)
{
	size_t room = room_of(text);

	if (room > 0)
		memcpy(at, text, room);
	return at + room;
}

struct packed_line *packed_line_new(const struct item *it,
				    const struct packed_extent *extents,
				    uint32_t nextents)
{
	size_t bytes = nextents * sizeof(*extents);
	size_t texts = room_of(it->type) + room_of(it->group) +
		       room_of(it->name) + room_of(it->on) +
		       room_of(it->definer) + room_of(it->facts) +
		       room_of(it->line);
	struct packed_line *l = malloc(sizeof(*l) + bytes + texts);
	char *at;

	if (l == NULL)
		return NULL;
	memset(l, 0, sizeof(*l));
	l->kind = (unsigned char)it->kind;
	l->is_apart = it->is_apart;
	l->has_on = it->on != NULL;
	l->has_definer = it->definer != NULL;
	l->has_facts = it->facts != NULL;
	l->has_line = it->line != NULL;
	l->nextents = nextents;
	if (nextents > 0)
		memcpy(l->extents, extents, bytes);
	at = put_text((char *)&l->extents[nextents], it->type);
	at = put_text(at, it->group);
	at = put_text(at, it->name);
	at = put_text(at, it->on);
	at = put_text(at, it->definer);
	at = put_text(at, it->facts);
	(void)put_text(at, it->line);
	return l;
}

static const char *next_text(const char **at)
{
	const char *text = *at;

	*at += strlen(text) + 1;
	return text;
}

static struct names names_of(const struct packed_line *l)
{
	const char *at = (const char *)&l->extents[l->nextents];
	struct names n = {0};

	n.type = next_text(&at);
	n.group = next_text(&at);
	n.name = next_text(&at);
	n.on = l->has_on ? next_text(&at) : NULL;
	n.definer = l->has_definer ? next_text(&at) : NULL;
	n.facts = l->has_facts ? next_text(&at) : NULL;
	n.line = l->has_line ? next_text(&at) : NULL;
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
	return s == NULL || utf8_check(s, strlen(s), NULL);
}

static bool are_utf8(const struct names *n)
{
	return is_utf8(n->type) && is_utf8(n->group) && is_utf8(n->on) &&
	       is_utf8(n->definer) && is_utf8(n->facts);
}

static void add_name(struct text *out, const char *name)
{
	size_t len = strlen(name);

	if (is_utf8(name)) {
		add_string(out, "name", name);
		return;
	}
	text_str(out, ",\"name_base64\":\"");
	if (text_reserve(out, (len + 2) / 3 * 4 + 1)) {
		(void)base64_encode(name, len, out->data + out->len);
		out->len += (len + 2) / 3 * 4;
	}
	text_char(out, '"');
}

static void add_rows(struct text *out, const struct packed_line *l)
{
	char hex[DIGEST_HEX_MAX];

	add_number(out, "rows", l->rows);
	add_string(out, "digest", digest_format(&l->digest, hex));
}

/* As an earlier index has it. */
static bool add_finished(struct text *out, const char *line)
{
	text_str(out, line);
	text_char(out, '\n');
	return is_utf8(line);
}

bool packed_line_format(const struct packed_line *l, struct text *out)
{
	struct names n = names_of(l);

	if (n.line != NULL)
		return add_finished(out, n.line);
	if (!are_utf8(&n))
		return false;
	text_printf(out, "{\"kind\":\"%s\"",
		    item_kind_name((enum item_kind)l->kind));
	add_string(out, "type", n.type);
	add_string(out, "group", n.group);
	add_name(out, n.name);
	add_extents(out, l);
	if (l->skip > 0)
		add_number(out, "skip", l->skip);
	add_number(out, "plain_bytes", l->plain_bytes);
	if (l->kind == ITEM_DATA)
		add_rows(out, l);
	if (l->is_apart)
		text_str(out, ",\"apart\":true");
	if (n.on != NULL)
		add_string(out, "on", n.on);
	if (n.definer != NULL)
		add_string(out, "definer", n.definer);
	if (n.facts != NULL) {
		text_str(out, ",\"facts\":");
		text_str(out, n.facts);
	}
	text_str(out, "}\n");
	return true;
}

void packed_line_name(const struct packed_line *l,
		      char out[INDEX_FIRST_ITEM_MAX])
{
	struct names n = names_of(l);
	char whole[INDEX_FIRST_ITEM_MAX];

	(void)snprintf(whole, sizeof(whole), "%s:%s/%s",
		       item_kind_name((enum item_kind)l->kind), n.group,
		       n.name);
	(void)utf8_show(out, INDEX_FIRST_ITEM_MAX, whole);
}

static struct packed_extent *pack_extents(const struct index_line *l)
{
	struct packed_extent *list = calloc(l->nextents + 1, sizeof(*list));

	for (size_t i = 0; list != NULL && i < l->nextents; i++)
		list[i] = (struct packed_extent){
			(uint32_t)l->extents[i].part,
			(uint32_t)l->extents[i].offset,
			(uint32_t)l->extents[i].length,
		};
	return list;
}

bool index_line_format(const struct index_line *l, struct text *out)
{
	const struct item it = {
		.kind = l->kind,
		.type = l->type,
		.group = l->group,
		.name = l->name,
		.on = l->on,
		.definer = l->definer,
		.facts = l->facts,
		.is_apart = l->is_apart,
	};
	struct packed_extent *extents = pack_extents(l);
	struct packed_line *p = NULL;
	bool ok = false;

	if (extents != NULL)
		p = packed_line_new(&it, extents, (uint32_t)l->nextents);
	if (p != NULL) {
		p->rows = l->rows;
		p->plain_bytes = l->plain_bytes;
		p->skip = l->skip;
		p->digest = l->digest;
		ok = packed_line_format(p, out) && !out->is_broken;
	}
	if (ok)
		out->data[--out->len] = '\0';
	free(p);
	free(extents);
	return ok;
}
