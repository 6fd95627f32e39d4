/* fields.c - reads members by the rules they share. */
#include "http/fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/secret_file.h"
#include "base/text.h"

/* Beside "secret", once it was read; no member of this name is told to anybody.
 */
static const char reference[] = "\x1f";

void field_name(struct form *f, char out[NAME_BUF])
{
	const char *name = form_string(f, "name", FORM_REQUIRED);
	struct err e = {0};

	out[0] = '\0';
	if (name == NULL)
		return;
	if (!name_check_resource(name, &e))
		form_fault_err(f, "name", &e);
	else
		(void)str_copy(out, NAME_BUF, name);
}

/* A control character: C0, DEL, and C1, which is 0xc2 0x80 to 0x9f. */
static bool has_controls(const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		unsigned char next = (unsigned char)s[1];

		if (c < ' ' || c == 0x7f)
			return true;
		if (c == 0xc2 && next >= 0x80 && next <= 0x9f)
			return true;
	}
	return false;
}

static bool check_text(struct form *f, const char *name, const char *value,
		       size_t max_points)
{
	size_t points = 0;

	if (utf8_check(value, strlen(value), &points) && points <= max_points &&
	    !has_controls(value))
		return true;
	form_fault(f, name, "invalid_value",
		   "\"%s\" has to be one line of at most %zu characters, "
		   "without control characters",
		   name, max_points);
	return false;
}

void field_text(struct form *f, const char *name, size_t max_points, char **out)
{
	const char *value = form_string(f, name, FORM_OPTIONAL);

	*out = NULL;
	if (value == NULL || !check_text(f, name, value, max_points))
		return;
	*out = strdup(value);
	if (*out == NULL)
		f->faults->is_broken = true;
}

const char *field_setting(struct form *f, const char *name, enum form_need need)
{
	const char *value = form_string(f, name, need);

	if (value == NULL || !check_text(f, name, value, SETTING_MAX_POINTS))
		return NULL;
	if (*value != '\0')
		return value;
	form_fault(f, name, "invalid_value", "\"%s\" must not be empty", name);
	return NULL;
}

const char *field_word(struct form *f, const char *name,
		       const char *const *words, const char *otherwise)
{
	const char *value = form_string(f, name, FORM_OPTIONAL);
	struct text list = {0};

	if (value == NULL)
		return otherwise;
	for (const char *const *w = words; *w != NULL; w++) {
		if (strcmp(*w, value) == 0) {
			text_free(&list);
			return *w;
		}
		text_printf(&list, "%s%s", w == words ? "" : ", ", *w);
	}
	form_fault(f, name, "invalid_value", "\"%s\" has to be one of: %s",
		   name, list.data ? list.data : "");
	text_free(&list);
	return otherwise;
}

const char *field_key(struct form *f, const char *name, enum form_need need)
{
	const char *value = form_string(f, name, need);

	if (value == NULL || (*value != '\0' && strlen(value) < KEY_MAX))
		return value;
	form_fault(f, name, "invalid_value", "\"%s\" has to be an id or a name",
		   name);
	return NULL;
}

/*
 * {"secret":"NAME"}: a file in secrets_dir. What is kept is a reference, which
 * is put beside the name, so that it lives as long as the body.
 */
static enum secret_change named_secret(struct form *f, const char *name,
				       json_t *from, const char **value)
{
	const json_t *told = json_object_get(from, "secret");
	const char *file = json_string_value(told);
	/* "set" comes from what a PATCH is merged into. */
	size_t known = 1U + (size_t)(json_object_get(from, reference) != NULL) +
		       (size_t)(json_object_get(from, "set") != NULL);
	char *ref;

	if (json_object_size(from) != known || file == NULL ||
	    strlen(file) != json_string_length(told) ||
	    !secret_name_is_right(file)) {
		form_fault(f, name, "invalid_value",
			   "\"secret\" has to be the name of a file in "
			   "secrets_dir, alone: at most %d of letters, digits, "
			   "\".\", \"_\" and \"-\", without \".\" at its "
			   "beginning",
			   (int)SECRET_NAME_MAX);
		return SECRET_NONE;
	}
	ref = secret_ref_new(file);
	if (ref == NULL ||
	    json_object_set_new(from, reference, json_string(ref)) != 0)
		f->faults->is_broken = true;
	free(ref);
	*value = json_string_value(json_object_get(from, reference));
	return *value != NULL ? SECRET_NEW : SECRET_NONE;
}

static enum secret_change odd_secret(struct form *f, const char *name, bool has)
{
	const json_t *value = json_object_get(f->object, name);

	if (!json_is_true(json_object_get(value, "set")) ||
	    json_object_size(value) != 1)
		form_fault(f, name, "invalid_type", "\"%s\" has to be a string",
			   name);
	else if (!has)
		form_fault(f, name, "invalid_value",
			   "\"%s\" is not set: send it as a string", name);
	else
		return SECRET_KEEP;
	return SECRET_NONE;
}

enum secret_change field_secret(struct form *f, const char *name, bool has,
				const char **value)
{
	json_t *json = json_object_get(f->object, name);

	*value = NULL;
	if (!form_has(f, name) || json_is_null(json))
		return SECRET_NONE;
	if (json_object_get(json, "secret") != NULL)
		return named_secret(f, name, json, value);
	if (!json_is_string(json))
		return odd_secret(f, name, has);
	*value = form_string(f, name, FORM_OPTIONAL);
	if (*value == NULL)
		return SECRET_NONE;
	if (secret_ref_is(*value)) {
		form_fault(f, name, "invalid_value",
			   "\"%s\" must not begin with a control character",
			   name);
		return SECRET_NONE;
	}
	if (strlen(*value) <= SETTING_MAX_POINTS)
		return SECRET_NEW;
	form_fault(f, name, "invalid_value", "\"%s\" is longer than %d bytes",
		   name, (int)SETTING_MAX_POINTS);
	return SECRET_NONE;
}
