/* verify_int.h - how a verification ended, with strings of its own. */
#ifndef COFFER_CATALOG_VERIFY_INT_H
#define COFFER_CATALOG_VERIFY_INT_H

#include "catalog/checks.h"

struct verify_row {
	struct verify_end end; /* its error is in error_json */
	char *texts;	       /* what its strings lie in */
	char *error_json;
};

/* NULL is fine. */
void verify_row_free(struct verify_row *row);

#endif
