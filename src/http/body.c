/* body.c - reads JSON bodies and their members. */
#include "http/body.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

/* How deep brackets nest, those in strings aside; needs no stack, so it runs
 * before a parser that recurses. */
static bool is_too_deep(const char *bytes, size_t len)
{
	bool in_string = false;
	unsigned depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = bytes[i];

		if (in_string && c == '\\')
			i++;
		else if (c == '"')
			in_string = !in_string;
		else if (in_string)
			continue;
		else if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth > 0)
			depth--;
		if (depth > BODY_DEPTH_MAX)
			return true;
	}
	return false;
}

static json_t *body_refuse(struct err *e, const char *text)
{
	(void)err_set(e, ERR_INVALID, "malformed", "%s", text);
	return NULL;
}

/* Where it has no memory for a value, jansson leaves the error empty. */
static bool is_nomem(const json_error_t *where)
{
	return where->text[0] == '\0' ||
	       json_error_code(where) == json_error_out_of_memory;
}

json_t *body_parse(const char *bytes, size_t len, struct err *e)
{
	json_error_t where;
	json_t *root;

	if (!utf8_check(bytes, len, NULL))
		return body_refuse(e, "the body is not UTF-8");
	if (is_too_deep(bytes, len))
		return body_refuse(e, "the body is nested too deeply");
	root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			  &where);
	if (root == NULL && is_nomem(&where)) {
		(void)err_nomem(e, "the body");
		return NULL;
	}
	if (root == NULL) {
		(void)err_set(e, ERR_INVALID, "malformed",
			      "the body is not JSON: %s (line %d, column %d)",
			      where.text, where.line, where.column);
		return NULL;
	}
	if (!json_is_object(root)) {
		json_decref(root);
		return body_refuse(e, "the body has to be a JSON object");
	}
	return root;
}

void form_init(struct form *f, json_t *object, const char *pointer,
	       struct faults *faults)
{
	memset(f, 0, sizeof(*f));
	f->object = object;
	f->faults = faults;
	(void)str_copy(f->pointer, sizeof(f->pointer), pointer);
}

/* POINTER/name, with ~ and / of the name escaped (RFC 6901, section 3). */
static void form_where(const struct form *f, const char *name,
		       char out[FAULT_WHERE_MAX])
{
	size_t n = strlen(f->pointer);

	memcpy(out, f->pointer, n);
	if (n < FAULT_WHERE_MAX - 1)
		out[n++] = '/';
	for (; *name != '\0' && n < FAULT_WHERE_MAX - 2; name++) {
		if (*name == '~' || *name == '/') {
			out[n++] = '~';
			out[n++] = *name == '~' ? '0' : '1';
		} else {
			out[n++] = *name;
		}
	}
	out[n] = '\0';
}

void form_fault(struct form *f, const char *name, const char *code,
		const char *fmt, ...)
{
	char where[FAULT_WHERE_MAX], detail[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	form_where(f, name, where);
	faults_add(f->faults, where, code, "%s", detail);
}

void form_fault_err(struct form *f, const char *name, const struct err *e)
{
	if (e->code == ERR_NOMEM)
		f->faults->is_broken = true;
	else
		form_fault(f, name, e->api, "%s", e->msg);
}

static json_t *form_get(struct form *f, const char *name)
{
	for (size_t i = 0; i < f->nknown; i++) {
		if (strcmp(f->known[i], name) == 0)
			return json_object_get(f->object, name);
	}
	if (f->nknown < FORM_MEMBERS_MAX)
		f->known[f->nknown++] = name;
	return json_object_get(f->object, name);
}

bool form_has(struct form *f, const char *name)
{
	return form_get(f, name) != NULL;
}

/* The member, or NULL when it is absent or null, which is a fault if it is
 * needed. */
static json_t *form_value(struct form *f, const char *name, enum form_need need)
{
	json_t *value = form_get(f, name);

	if (value != NULL && !json_is_null(value))
		return value;
	if (need == FORM_REQUIRED)
		form_fault(f, name, "required", "\"%s\" is missing", name);
	return NULL;
}

static void form_wrong(struct form *f, const char *name, const char *wanted)
{
	form_fault(f, name, "invalid_type", "\"%s\" has to be %s", name,
		   wanted);
}

/* U+0000 ends a string of C; nothing here may hold one. */
static bool has_nul(json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		return strlen(json_string_value(value)) !=
		       json_string_length(value);
	for (i = 0; i < json_array_size(value); i++) {
		if (has_nul(json_array_get(value, i)))
			return true;
	}
	json_object_foreach(value, name, member)
	{
		if (has_nul(member))
			return true;
	}
	return false;
}

/* The rules of these fields say themselves what may not be in them. */
static void form_refuse_nul(struct form *f, const char *name)
{
	static const char *const ruled[][2] = {
		{"name", "invalid_name"},
		{"description", "invalid_description"},
		{"scope", "invalid_scope"},
	};
	const char *code = "invalid_value";

	for (size_t i = 0; i < sizeof(ruled) / sizeof(ruled[0]); i++) {
		if (strcmp(ruled[i][0], name) == 0)
			code = ruled[i][1];
	}
	form_fault(f, name, code, "\"%s\" holds a NUL character", name);
}

const char *form_string(struct form *f, const char *name, enum form_need need)
{
	json_t *value = form_value(f, name, need);

	if (value != NULL && !json_is_string(value))
		form_wrong(f, name, "a string");
	if (value == NULL || !has_nul(value))
		return json_string_value(value);
	form_refuse_nul(f, name);
	return NULL;
}

bool form_bool(struct form *f, const char *name, bool otherwise)
{
	const json_t *value = form_value(f, name, FORM_OPTIONAL);

	if (value == NULL)
		return otherwise;
	if (!json_is_boolean(value)) {
		form_wrong(f, name, "true or false");
		return otherwise;
	}
	return json_is_true(value);
}

int64_t form_integer(struct form *f, const char *name,
		     const struct form_range *range)
{
	const json_t *value = form_value(f, name, FORM_OPTIONAL);
	json_int_t n;

	if (value == NULL)
		return range->otherwise;
	if (!json_is_integer(value)) {
		form_wrong(f, name, "a whole number");
		return range->otherwise;
	}
	n = json_integer_value(value);
	if (n < range->min || n > range->max) {
		form_fault(f, name, "invalid_value",
			   "\"%s\" has to be from %lld to %lld", name,
			   (long long)range->min, (long long)range->max);
		return range->otherwise;
	}
	return n;
}

static json_t *form_typed(struct form *f, const char *name, json_type kind,
			  enum form_need need)
{
	json_t *value = form_value(f, name, need);

	if (value == NULL || json_typeof(value) == kind)
		return value;
	form_wrong(f, name, kind == JSON_OBJECT ? "an object" : "an array");
	return NULL;
}

json_t *form_json(struct form *f, const char *name, json_type kind,
		  enum form_need need)
{
	json_t *value = form_typed(f, name, kind, need);

	if (value == NULL || !has_nul(value))
		return value;
	form_refuse_nul(f, name);
	return NULL;
}

bool form_open(struct form *f, const char *name, enum form_need need,
	       struct form *inner)
{
	json_t *value = form_typed(f, name, JSON_OBJECT, need);
	char where[FAULT_WHERE_MAX];

	if (value == NULL)
		return false;
	form_where(f, name, where);
	form_init(inner, value, where, f->faults);
	return true;
}

static bool form_knows(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->nknown; i++) {
		if (strcmp(f->known[i], name) == 0)
			return true;
	}
	return false;
}

void form_end(struct form *f)
{
	const char *name;
	json_t *value;

	json_object_foreach(f->object, name, value)
	{
		if (!form_knows(f, name))
			form_fault(f, name, "unknown_field",
				   "there is no field \"%s\" here", name);
	}
}
