/* fit.c - which methods and options an engine has. */
#include <string.h>

#include "sources/kinds.h"

static bool has_word(const char *const *words, const char *word)
{
	while (*words != NULL && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

bool source_has_method(const struct source_kind *kind, const char *method)
{
	return has_word(kind->methods, method);
}

bool source_takes_option(const struct source_kind *kind, const char *method,
			 const char *option)
{
	const struct source_option *o = kind->options;

	while (o->name != NULL && strcmp(o->name, option) != 0)
		o++;
	return o->name != NULL &&
	       (method == NULL || has_word(o->methods, method));
}
