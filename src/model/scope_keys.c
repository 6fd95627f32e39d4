/* scope_keys.c - scopes of Redis: numbers of databases and patterns of keys. */
#include <stdlib.h>
#include <string.h>

#include "model/scope_int.h"

static bool invalid(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "%s", text);
}

bool scope_keys_meant(const json_t *root)
{
	const json_t *databases = json_object_get(root, "databases");

	return json_object_get(root, "keys") != NULL ||
	       json_is_number(json_array_get(databases, 0));
}

static int by_number(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static bool read_number(struct scope *s, const json_t *value, struct err *e)
{
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > INT32_MAX)
		return invalid(e, "\"databases\" of Redis is a list of "
				  "numbers like 0");
	for (size_t i = 0; i < s->nnumbers; i++) {
		if (s->numbers[i] == (uint32_t)n)
			return invalid(e, "a database is numbered twice");
	}
	s->numbers[s->nnumbers++] = (uint32_t)n;
	return true;
}

static bool read_numbers(struct scope *s, const json_t *list, struct err *e)
{
	size_t size = json_array_size(list);

	if (list == NULL)
		return true;
	if (size == 0 || size > SCOPE_NUMBERS_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"databases\" is a list of 1 to %d numbers; "
			       "leave it out for all databases",
			       (int)SCOPE_NUMBERS_MAX);
	s->numbers = calloc(size, sizeof(*s->numbers));
	if (s->numbers == NULL)
		return err_nomem(e, "a scope");
	for (size_t i = 0; i < size; i++) {
		if (!read_number(s, json_array_get(list, i), e))
			return false;
	}
	qsort(s->numbers, s->nnumbers, sizeof(*s->numbers), by_number);
	return true;
}

static bool read_key(struct scope *s, const json_t *value, struct err *e)
{
	size_t len = json_string_length(value);

	if (len == 0 || len > SCOPE_GLOB_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"keys\" holds patterns of 1 to %d bytes like "
			       "\"user:*\"",
			       (int)SCOPE_GLOB_MAX);
	s->keys[s->nkeys] = strdup(json_string_value(value));
	if (s->keys[s->nkeys] == NULL)
		return err_nomem(e, "a scope");
	s->nkeys++;
	return true;
}

static bool read_keys(struct scope *s, const json_t *list, struct err *e)
{
	size_t size = json_array_size(list);

	if (list == NULL)
		return true;
	if (size == 0 || size > SCOPE_PATTERNS_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"keys\" is a list of 1 to %d patterns like "
			       "\"user:*\"; leave it out for all keys",
			       (int)SCOPE_PATTERNS_MAX);
	s->keys = calloc(size, sizeof(*s->keys));
	if (s->keys == NULL)
		return err_nomem(e, "a scope");
	for (size_t i = 0; i < size; i++) {
		if (!read_key(s, json_array_get(list, i), e))
			return false;
	}
	return true;
}

bool scope_keys_read(struct scope *s, const json_t *root, struct err *e)
{
	return read_numbers(s, json_object_get(root, "databases"), e) &&
	       read_keys(s, json_object_get(root, "keys"), e);
}
