/* zone_int.h - a zone as it is kept: changes of the past, a rule for after. */
#ifndef COFFER_BASE_ZONE_INT_H
#define COFFER_BASE_ZONE_INT_H

#include <stddef.h>

#include "base/zone.h"

enum {
	ZONE_DAY_SECONDS = 86400,
	ZONE_TYPES_MAX = 256,
	/* RFC 8536 3.2: offsets lie within these. */
	ZONE_OFFSET_MIN = -89999,
	ZONE_OFFSET_MAX = 93599,
};

/* The day of a year on which the clock changes, and the second of that day by
 * the time that was in force until then (may lie outside of the day). */
struct zone_day {
	enum { ZONE_JULIAN, ZONE_DAY_OF_YEAR, ZONE_MONTH_WEEK } kind;
	int month, week, day;
	int32_t second;
};

/* A POSIX TZ string. */
struct zone_rule {
	int32_t standard, summer; /* seconds east of UTC */
	bool has_summer;
	struct zone_day begin, end;
};

struct zone {
	size_t n;	  /* changes, rising */
	int64_t *at_s;	  /* when ... */
	int32_t *offsets; /* ... and what holds from then on */
	int32_t first;	  /* before the first change */
	bool has_rule;	  /* after the last one; else its offset stays */
	struct zone_rule rule;
};

/* Reads a TZif file. NULL with *e filled: "zone_missing" (damaged, with name
 * in the text), "invalid_timer" (no zone at all, or one that counts leap
 * seconds), no memory. */
struct zone *zone_parse(const void *bytes, size_t len, const char *name,
			struct err *e) MUST_CHECK;

/* Reads a POSIX TZ string with the extension of RFC 8536 3.3.1 (hours -167 to
 * 167). False: it is none. */
bool zone_rule_parse(struct zone_rule *r, const char *text,
		     size_t len) MUST_CHECK;

/* The offset that the rule gives at an instant. */
int32_t zone_rule_offset(const struct zone_rule *r, int64_t at_s);

/* The first change after an instant; false: there is none. */
bool zone_rule_next(const struct zone_rule *r, int64_t after_s,
		    int64_t *change_s) MUST_CHECK;

#endif
