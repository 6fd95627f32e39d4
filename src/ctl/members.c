/* members.c - see members.h. */
#include "ctl/members.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/words.h"

enum { COLUMNS_MAX = 16, PATH_MAX_LEN = 200, LABEL_WIDTH = 28 };

static const json_t *step(const json_t *doc, const char *name, size_t len)
{
	char key[PATH_MAX_LEN];

	if (len >= sizeof(key))
		return NULL;
	memcpy(key, name, len);
	key[len] = '\0';
	if (json_is_array(doc))
		return json_array_get(doc, (size_t)strtoul(key, NULL, 10));
	return json_object_get(doc, key);
}

const json_t *member_at(const json_t *doc, const char *path)
{
	while (doc != NULL && *path != '\0') {
		size_t n = strcspn(path, ".");

		doc = step(doc, path, n);
		path += path[n] == '.' ? n + 1 : n;
	}
	return doc;
}

const char *member_text(const json_t *doc, const char *path,
			const char *otherwise)
{
	const char *s = json_string_value(member_at(doc, path));

	return s != NULL ? s : otherwise;
}

static enum table_colour colour_of(const char *word)
{
	static const char *const good[] = {"completed", "available", "active",
					   "passed",	"complete",  NULL};
	static const char *const bad[] = {"failed", "unreachable", "overdue",
					  "damaged", NULL};
	static const char *const busy[] = {
		"running",  "queued",	"backing_up", "restoring", "creating",
		"deleting", "adopting", "canceled",   "paused",	   NULL};

	for (size_t i = 0; good[i] != NULL; i++)
		if (strcmp(word, good[i]) == 0)
			return TABLE_GOOD;
	for (size_t i = 0; bad[i] != NULL; i++)
		if (strcmp(word, bad[i]) == 0)
			return TABLE_BAD;
	for (size_t i = 0; busy[i] != NULL; i++)
		if (strcmp(word, busy[i]) == 0)
			return TABLE_BUSY;
	return TABLE_PLAIN;
}

/* Appends a scalar as text, anything else as JSON; null is nothing. */
static void add_value(struct text *out, const json_t *value)
{
	char *dump;

	if (json_is_string(value)) {
		text_add(out, json_string_value(value),
			 json_string_length(value));
	} else if (value != NULL && !json_is_null(value)) {
		dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		text_str(out, dump);
		free(dump);
	}
}

static void format(struct text *out, const json_t *value, enum member_form form)
{
	char words[WORDS_MAX];

	switch (form) {
	case MEMBER_TEXT:
	case MEMBER_COUNT:
	case MEMBER_STATUS:
		add_value(out, value);
		break;
	case MEMBER_BYTES:
		if (json_is_integer(value))
			text_str(out, words_bytes((uint64_t)json_integer_value(
							  value),
						  words));
		break;
	case MEMBER_TIME:
		if (json_is_string(value))
			text_str(out,
				 words_time(json_string_value(value), words));
		break;
	case MEMBER_IS_SET:
		text_str(out, value == NULL || json_is_null(value) ||
					      json_is_false(value)
				      ? "no"
				      : "yes");
		break;
	case MEMBER_PERCENT:
		if (json_is_integer(value))
			text_printf(out, "%" JSON_INTEGER_FORMAT " %%",
				    json_integer_value(value));
		break;
	}
}

static void add_row(struct table *t, const struct member_column *columns,
		    const json_t *doc)
{
	for (; columns->title != NULL; columns++) {
		struct text cell = {0};

		format(&cell, member_at(doc, columns->path), columns->form);
		table_cell(t, cell.data,
			   columns->form == MEMBER_STATUS && cell.data != NULL
				   ? colour_of(cell.data)
				   : TABLE_PLAIN);
		text_free(&cell);
	}
}

/* Returns how many there are. */
static size_t titles(const struct member_column *columns,
		     struct table_column out[COLUMNS_MAX])
{
	size_t n;

	for (n = 0; n < COLUMNS_MAX && columns[n].title != NULL; n++) {
		enum member_form form = columns[n].form;

		out[n] = (struct table_column){
			.title = columns[n].title,
			.is_number = form == MEMBER_COUNT ||
				     form == MEMBER_BYTES ||
				     form == MEMBER_PERCENT,
			.is_fixed = form == MEMBER_TIME ||
				    form == MEMBER_STATUS ||
				    strcmp(columns[n].path, "id") == 0,
		};
	}
	return n;
}

struct table *members_table(const struct member_column *columns,
			    const json_t *items)
{
	struct table_column list[COLUMNS_MAX];
	const json_t *doc;
	struct table *t;
	size_t i, n;

	n = titles(columns, list);
	t = table_new(list, n);
	if (t == NULL)
		return NULL;
	json_array_foreach(items, i, doc) add_row(t, columns, doc);
	return t;
}

static void show(struct text *out, const char *path, const json_t *value);

static void show_line(struct text *out, const char *path, const json_t *value)
{
	struct text raw = {0};

	add_value(&raw, value);
	if (raw.data != NULL && raw.len > 0) {
		text_printf(out, "%-*s ", LABEL_WIDTH, path);
		words_clean(out, raw.data, raw.len, false);
		text_char(out, '\n');
	}
	text_free(&raw);
}

static void show_array(struct text *out, const char *path, const json_t *value)
{
	char below[PATH_MAX_LEN];
	const json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
	{
		(void)snprintf(below, sizeof(below), "%s.%zu", path, i);
		show(out, below, item);
	}
}

static void show(struct text *out, const char *path, const json_t *value)
{
	char below[PATH_MAX_LEN];
	const char *name;
	json_t *member;

	if (json_is_array(value)) {
		show_array(out, path, value);
	} else if (json_is_object(value)) {
		/* NOLINTNEXTLINE(cppcoreguidelines-*): jansson's own loop */
		json_object_foreach((json_t *)(uintptr_t)value, name, member)
		{
			struct text clean = {0};

			words_clean(&clean, name, strlen(name), false);
			(void)snprintf(below, sizeof(below), "%s%s%s", path,
				       *path != '\0' ? "." : "",
				       clean.data != NULL ? clean.data : "");
			text_free(&clean);
			show(out, below, member);
		}
	} else {
		show_line(out, path, value);
	}
}

void members_show(struct text *out, const json_t *doc)
{
	show(out, "", doc);
}
