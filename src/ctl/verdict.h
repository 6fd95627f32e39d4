/* verdict.h - whether there are backups as there should be: of documents alone,
 * for check. */
#ifndef COFFER_CTL_VERDICT_H
#define COFFER_CTL_VERDICT_H

#include <stdint.h>

#include <jansson.h>

#include "base/text.h"

/* As monitoring reads exit codes (the guidelines for Nagios plugins). */
enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_CRITICAL, VERDICT_UNKNOWN };

/* "OK" "WARNING" "CRITICAL" "UNKNOWN" */
const char *verdict_name(enum verdict v);

struct verdict_input {
	const json_t *sources, *plans; /* documents of the server */
	int64_t now_ms, max_age_ms;
};

/*
 * Critical: a source whose newest completed backup is older than max_age_ms, or
 * that has none. Warning: a plan that is overdue or whose last run failed.
 * Unknown: no source. Paused plans do not count, nor do sources that are being
 * made. Appends what is wrong, clean, with "; " between; and to findings, an
 * array, {"kind","name","detail"} of each.
 */
enum verdict verdict_of(const struct verdict_input *in, struct text *why,
			json_t *findings);

#endif
