/* strings.c - the strings that a record owns, as one list. */
#include "model/strings_int.h"

#include <stddef.h>
#include <string.h>

#include "base/secret.h"

void strings_free(struct strings s)
{
	for (unsigned i = 0; i < STRINGS_MAX && s.at[i] != NULL; i++) {
		secret_free(*s.at[i]);
		*s.at[i] = NULL;
	}
}

bool strings_own(struct strings s)
{
	bool is_whole = true;

	for (unsigned i = 0; i < STRINGS_MAX && s.at[i] != NULL; i++) {
		if (*s.at[i] == NULL)
			continue;
		*s.at[i] = is_whole ? strdup(*s.at[i]) : NULL;
		is_whole = *s.at[i] != NULL;
	}
	if (!is_whole)
		strings_free(s);
	return is_whole;
}
