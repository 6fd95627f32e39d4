/* fields.h - members that several resources have, with their rules. */
#ifndef COFFER_HTTP_FIELDS_H
#define COFFER_HTTP_FIELDS_H

#include <stddef.h>

#include "base/err.h"
#include "http/body.h"
#include "model/names.h"

enum {
	REMARKS_MAX_POINTS = 1024,
	LABEL_MAX_POINTS = 64,
	SETTING_MAX_POINTS = 1024,
	KEY_MAX = 128, /* an id or a name, with its NUL */
};

/* "name" by rule 5, for sources and pools. */
void field_name(struct form *f, char out[NAME_BUF]);

/*
 * Free text on one line: no control characters, so many characters at most.
 * *out is a copy (caller frees), NULL when absent. Faults: "invalid_value". No
 * memory: the faults are broken.
 */
void field_text(struct form *f, const char *name, size_t max_points,
		char **out);

/* A setting: text that must not be empty. Borrowed from the form; NULL when
 * absent or wrong. */
const char *field_setting(struct form *f, const char *name,
			  enum form_need need);

/* One of words (NULL at the end); otherwise when absent. "invalid_value" */
const char *field_word(struct form *f, const char *name,
		       const char *const *words, const char *otherwise);

/* Something named by id or name. NULL when absent or wrong. */
const char *field_key(struct form *f, const char *name, enum form_need need);

enum secret_change {
	SECRET_NONE, /* absent: there is to be none */
	SECRET_KEEP, /* {"set":true} */
	SECRET_NEW,  /* a string, or {"secret":"NAME"} */
};

/* A secret, or a reference to one in a file (base/secret_file.h); *value is
 * borrowed from the body when it is new. has: there is one to keep. */
enum secret_change field_secret(struct form *f, const char *name, bool has,
				const char **value);

#endif
