/* scope_int.h - what the files of scopes share. */
#ifndef COFFER_MODEL_SCOPE_INT_H
#define COFFER_MODEL_SCOPE_INT_H

#include <jansson.h>

#include "model/scope.h"

/* MySQL: 64 characters, each of up to 4 bytes in utf8mb4. */
enum { IDENTIFIER_MAX_POINTS = 64, IDENTIFIER_MAX_BYTES = 256 };

/* Whether these bytes can be the name of a database or table. */
bool scope_is_identifier(const char *name, size_t len);

/* Reads one pattern. False with *e filled: "invalid_scope". Then, too,
 * scope_pattern_fini() ends it. */
bool scope_pattern_parse(struct scope_pattern *p, const char *text,
			 struct err *e) MUST_CHECK;

/* Whether nothing can be found that does not fit it. */
bool scope_pattern_is_all(const struct scope_pattern *p);

/* Whether it is written as one of Redis, by numbers or "keys". */
bool scope_keys_meant(const json_t *root);

/* Reads one that is. False with *e filled. */
bool scope_keys_read(struct scope *s, const json_t *root,
		     struct err *e) MUST_CHECK;

/* Reads one of globs. False with *e filled. */
bool scope_paths_read(struct scope *s, const json_t *root,
		      struct err *e) MUST_CHECK;

/* Frees both names. */
void scope_pattern_fini(struct scope_pattern *p);

#endif
