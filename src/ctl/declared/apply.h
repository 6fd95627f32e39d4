/* apply.h - one resource of a file, made so at the server. */
#ifndef COFFER_CTL_DECLARED_APPLY_H
#define COFFER_CTL_DECLARED_APPLY_H

#include <stdbool.h>

#include "ctl/declared/kinds.h"
#include "ctl/session.h"

enum applied { APPLIED_UNCHANGED, APPLIED_CREATED, APPLIED_CHANGED };

struct apply_how {
	bool is_dry_run;   /* says what would happen, does nothing */
	bool with_secrets; /* what gives a secret counts as changed */
};

/* What became of it; json_decref() ends changes, the paths that are changed
 * (NULL: none). */
struct apply_done {
	enum applied what;
	json_t *changes;
};

/* The resource that is called so at the server is made, or changed where it is
 * another one. False with *e filled. */
bool apply_one(struct session *s, const struct declared_kind *k,
	       const json_t *resource, const struct apply_how *how,
	       struct apply_done *done, struct err *e) MUST_CHECK;

#endif
