/*
 * body.h - JSON bodies: from bytes to an object, and its members by type.
 *
 * A form is one object of the body. Its getters note which members exist; what
 * was never asked for is unknown, so the list of what is allowed cannot differ
 * from what is read. Getters collect faults and answer with a default.
 */
#ifndef COFFER_HTTP_BODY_H
#define COFFER_HTTP_BODY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "http/faults.h"

enum { BODY_DEPTH_MAX = 32, FORM_MEMBERS_MAX = 24 };

/*
 * Reads one JSON object (UTF-8, RFC 8259; no member twice, not nested deeper
 * than BODY_DEPTH_MAX). NULL with *e filled: "malformed", with line and
 * column. Caller releases.
 */
json_t *body_parse(const char *bytes, size_t len, struct err *e) MUST_CHECK;

struct form {
	json_t *object; /* borrowed */
	struct faults *faults;
	char pointer[FAULT_WHERE_MAX]; /* of the object itself */
	const char *known[FORM_MEMBERS_MAX];
	size_t nknown;
};

enum form_need { FORM_OPTIONAL, FORM_REQUIRED };

/* Begins to read an object that stands at pointer ("" for the root). */
void form_init(struct form *f, json_t *object, const char *pointer,
	       struct faults *faults);

/* True when the member is there, be it null. */
bool form_has(struct form *f, const char *name);

/* A string; NULL when it is absent, null, none, or holds U+0000 (faults). */
const char *form_string(struct form *f, const char *name, enum form_need need);

/* true or false; otherwise when absent or null. */
bool form_bool(struct form *f, const char *name, bool otherwise);

struct form_range {
	int64_t min, max, otherwise;
};

/* A whole number within a range. */
int64_t form_integer(struct form *f, const char *name,
		     const struct form_range *range);

/* A member as it is; NULL when absent or null. kind: JSON_OBJECT, JSON_ARRAY;
 * another type is a fault, and so is U+0000 anywhere in it. */
json_t *form_json(struct form *f, const char *name, json_type kind,
		  enum form_need need);

/* Begins to read a member that is an object; false when it is absent, null or
 * none. */
bool form_open(struct form *f, const char *name, enum form_need need,
	       struct form *inner);

/* A fault about one member. */
void form_fault(struct form *f, const char *name, const char *code,
		const char *fmt, ...) PRINTF_LIKE(4, 5);

/* What a check of the model said about one member. */
void form_fault_err(struct form *f, const char *name, const struct err *e);

/* Notes every member that was not asked for. */
void form_end(struct form *f);

#endif
