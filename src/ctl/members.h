/* members.h - members of the server's documents, as text. */
#ifndef COFFER_CTL_MEMBERS_H
#define COFFER_CTL_MEMBERS_H

#include <stddef.h>

#include <jansson.h>

#include "base/text.h"
#include "ctl/table.h"

enum member_form {
	MEMBER_TEXT,	/* as it is; what is no string as JSON */
	MEMBER_STATUS,	/* the same, coloured by what it says */
	MEMBER_COUNT,	/* a number */
	MEMBER_BYTES,	/* a size */
	MEMBER_TIME,	/* a time */
	MEMBER_IS_SET,	/* "yes" for anything but null and false */
	MEMBER_PERCENT, /* a number and " %" */
};

/* A column of a table of documents; the table ends with a NULL title. */
struct member_column {
	const char *title;
	const char *path; /* "source.name", "next_runs.0" */
	enum member_form form;
};

/* The member at a path of names and places; NULL: there is none. Borrowed. */
const json_t *member_at(const json_t *doc, const char *path);

/* A string member of an object; otherwise if it is none. Borrowed. */
const char *member_text(const json_t *doc, const char *path,
			const char *otherwise);

/* A table with a row for each document. NULL: no memory. */
struct table *members_table(const struct member_column *columns,
			    const json_t *items) MUST_CHECK;

/* Appends "path.of.member: value" lines, aligned, one for each member that has
 * a value; clean for a terminal. */
void members_show(struct text *out, const json_t *doc);

#endif
