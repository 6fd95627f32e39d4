/*
 * request.h - what may be asked for: verbs, names, fields. All of it comes from
 * who has fewer rights, and is checked against one table before anything is
 * done.
 */
#ifndef COFFER_HELPER_REQUEST_H
#define COFFER_HELPER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "base/err.h"

enum verb {
	VERB_LIST,
	VERB_PROVISION,
	VERB_HOOK,
	VERB_BACKUP,
	VERB_UNPACK,
	VERB_PREPARE,
	VERB_PACK,
	VERB_REMOVE,
	VERB_COUNT,
};

struct request {
	json_t *root; /* owns all that follows */
	enum verb verb;
	const char *name; /* "" where the verb takes none */
	const json_t *fields;
	const char *secret; /* or NULL */
};

/* The verb's name. */
const char *verb_name(enum verb verb);

/*
 * Reads and checks a message. False with *e filled, "program_refused", and what
 * is wrong; request_fini() ends it in any case (zero it to begin with).
 */
bool request_parse(struct request *r, const void *bytes, size_t len,
		   struct err *e) MUST_CHECK;

/* Wipes the secret and frees. */
void request_fini(struct request *r);

/* Fields, by the types that the table gives them; NULL, 0, false: not there. */
const char *request_text(const struct request *r, const char *field);
json_int_t request_number(const struct request *r, const char *field);
bool request_flag(const struct request *r, const char *field);

#endif
