/* source_scope.h - the model's scope as sources want it. */
#ifndef COFFER_JOBS_SOURCE_SCOPE_H
#define COFFER_JOBS_SOURCE_SCOPE_H

#include "model/scope.h"
#include "sources/address.h"
#include "sources/kinds.h"

/* How scopes of that kind of source are written. */
enum scope_form source_scope_form(const struct source_kind *kind);

/* Strings stay those of from, which must live on. False with *e filled; then,
 * too, source_scope_fini() ends it. */
bool source_scope_of(struct source_scope *to, const struct scope *from,
		     struct err *e) MUST_CHECK;

/* Frees its lists and zeroes it. */
void source_scope_fini(struct source_scope *s);

#endif
