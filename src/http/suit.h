/*
 * suit.h - whether a source of an engine can be backed up as somebody wants it:
 * by that method, in that scope, with those options. What a source can is told
 * by its kind (sources/kinds.h) and by nobody else.
 */
#ifndef COFFER_HTTP_SUIT_H
#define COFFER_HTTP_SUIT_H

#include <jansson.h>
#include <stdbool.h>

#include "http/backup_form.h"
#include "http/faults.h"

/* What is wanted. Strings are borrowed. */
struct suit {
	const char *engine; /* NULL: not known; then what no engine can is
			     * at fault */
	const char *method;
	const char *scope_json;	  /* or NULL */
	const char *options_json; /* or NULL */
};

/*
 * Notes what cannot be: "/method" ("not_supported"), "/scope" (rule 11, and
 * "invalid_scope" for one of another engine), "/options/NAME" ("invalid_value")
 * that is not noted yet. An option may say what is so without it.
 */
void suit_check(const struct suit *s, struct faults *f);

/* A method that was left out becomes the engine's only one, or "logical". */
void suit_fill_method(char method[METHOD_BUF], const char *engine);

/* What holds where options of a plan are not given, every one of them: an
 * object, caller releases; NULL: no memory. */
json_t *suit_defaults(const struct suit *s) MUST_CHECK;

#endif
