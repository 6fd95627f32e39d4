/* load_report.h - what a look at the target of a restore found. */
#ifndef COFFER_SOURCES_LOAD_REPORT_H
#define COFFER_SOURCES_LOAD_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* Something that a look at the target found. A blocker's code is the API's:
 * "target_not_empty" "confirm_required" "target_incompatible" ...; a
 * warning's is its own ("definer_missing"). */
struct load_finding {
	bool is_blocker;
	char code[ERR_API_MAX];
	char detail[ERR_MSG_MAX];
};

enum { LOAD_FINDINGS_MAX = 64 };

/* All that was found; names are "shop" or "shop.orders", as at the target. */
struct load_report {
	const struct load_finding *findings; /* blockers first */
	size_t nfindings;
	const char *const *would_create, *const *would_replace;
	size_t ncreate, nreplace;
};

#endif
