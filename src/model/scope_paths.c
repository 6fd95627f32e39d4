/* scope_paths.c - scopes of file trees and buckets: globs of paths. */
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "model/scope_int.h"

static bool invalid(struct err *e, const char *text)
{
	return err_set(e, ERR_INVALID, "invalid_scope", "%s", text);
}

static bool read_glob(char **to, const json_t *value, struct err *e)
{
	const char *text = json_string_value(value);

	if (text == NULL)
		return invalid(e, "globs are strings");
	if (strlen(text) != json_string_length(value))
		return invalid(e, "a glob has no NUL in it");
	if (!glob_check(text, e))
		return false;
	*to = strdup(text);
	return *to != NULL || err_nomem(e, "a scope");
}

/* Absent is fine; empty is a mistake that would mean all or nothing. */
static bool read_globs(char ***to, size_t *n, const json_t *list, struct err *e)
{
	size_t size = json_array_size(list);

	if (list == NULL)
		return true;
	if (size == 0 || size > SCOPE_PATTERNS_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "\"include\" and \"exclude\" are lists of 1 "
			       "to %d globs like \"photos/**\"",
			       (int)SCOPE_PATTERNS_MAX);
	*to = calloc(size, sizeof(**to));
	if (*to == NULL)
		return err_nomem(e, "a scope");
	for (; *n < size; ++*n)
		if (!read_glob(&(*to)[*n], json_array_get(list, *n), e))
			return false;
	return true;
}

/* Stars and slashes alone. */
static bool is_everything(const char *glob)
{
	/* The analyzer thinks that err_nomem() might answer true. */
	/* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
	return strchr(glob, '*') != NULL &&
	       strspn(glob, "*/") == strlen(glob) &&
	       glob[strlen(glob) - 1] == '*';
}

static bool check_something_is_left(const struct scope *s, struct err *e)
{
	for (size_t i = 0; i < s->nunwanted; i++)
		if (is_everything(s->unwanted[i]))
			return invalid(e, "\"exclude\" takes everything away: "
					  "drop the glob that fits all paths");
	return true;
}

bool scope_paths_read(struct scope *s, const json_t *root, struct err *e)
{
	const json_t *include = json_object_get(root, "include");
	const json_t *exclude = json_object_get(root, "exclude");

	if (include == NULL && exclude == NULL)
		return invalid(e, "a scope has \"include\" or \"exclude\"; a "
				  "scope of null is everything");
	return read_globs(&s->wanted, &s->nwanted, include, e) &&
	       read_globs(&s->unwanted, &s->nunwanted, exclude, e) &&
	       check_something_is_left(s, e);
}
