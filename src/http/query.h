/* query.h - the parameters behind the '?' of a request. */
#ifndef COFFER_HTTP_QUERY_H
#define COFFER_HTTP_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "catalog/catalog.h"
#include "http/faults.h"

enum { QUERY_MAX = 24, LIMIT_MAX = 500, LIMIT_DEFAULT = 50 };

struct query {
	char *text; /* decoded in place; names and values point into it */
	const char *names[QUERY_MAX];
	const char *values[QUERY_MAX];
	size_t n;
};

/*
 * Reads "a=1&b=2" (NULL: nothing); allowed are the names in a list with blanks
 * between. What is wrong is added to faults: "unknown_field", and
 * "invalid_parameter" for what is given twice, not UTF-8, or badly escaped.
 * False: no memory. query_fini() ends it.
 */
bool query_parse(struct query *q, const char *raw, const char *allowed,
		 struct faults *faults) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void query_fini(struct query *q);

/* The value, or NULL when the parameter is absent. */
const char *query_get(const struct query *q, const char *name);

/* "true", "1" or bare: true; "false", "0" or absent: false, and
 * so is what is neither (a fault). */
bool query_flag(const struct query *q, const char *name, struct faults *f);

/* A whole number of 0 to max; otherwise when absent. */
unsigned query_number(const struct query *q, const char *name, unsigned max,
		      unsigned otherwise, struct faults *f);

/* The parameter "limit": 1 to LIMIT_MAX; otherwise when absent. */
unsigned query_limit(const struct query *q, unsigned otherwise,
		     struct faults *f);

/* A fault when the parameter is there and none of words (NULL at the end). */
void query_word(const struct query *q, const char *name,
		const char *const *words, struct faults *f);

/* Fills what lists take: limit, after, sort, q, the filters and times that are
 * there. Strings are borrowed from q. */
void query_list(const struct query *q, struct catalog_query *out,
		struct faults *f);

#endif
