/*
 * zone.h - time zones, read from the zone files of the system (TZif, RFC 8536)
 * and never from TZ, which is process-wide. Local times are civil times of the
 * proleptic Gregorian calendar.
 */
#ifndef COFFER_BASE_ZONE_H
#define COFFER_BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* A civil time, not checked: month 1..12, day 1..31, 0..23, 0..59, 0..59. */
struct civil {
	int year, month, day, hour, minute, second;
};

struct zone;

/* The shape of an IANA name, 1 to 63 of letters, digits and "_+-/"; whether
 * there is such a zone only zone_open() knows. */
bool zone_is_name(const char *name) MUST_CHECK;

/*
 * Reads the zone of an IANA name ("Europe/Berlin", "UTC") below folder (NULL:
 * the one that TZDIR names, or /usr/share/zoneinfo). Blocking, some 10 us.
 * Versions 1 to 4; the footer's rule (POSIX TZ string) goes on after the last
 * transition. NULL with *e filled: "invalid_timer" when the name is no zone's
 * or has a shape that no zone has ("..", absolute), "zone_missing" when there
 * are no zone files at all (install tzdata), or one cannot be read or is
 * damaged. "UTC" needs no file.
 */
struct zone *zone_open(const char *folder, const char *name,
		       struct err *e) MUST_CHECK;

/* NULL is fine. */
void zone_free(struct zone *z);

/* Seconds east of UTC at an instant (seconds since 1970). */
int32_t zone_offset(const struct zone *z, int64_t at_s);

/* The local time at an instant. */
struct civil zone_local(const struct zone *z, int64_t at_s);

/*
 * The instant of a local time (rule 21). One that does not exist: the first
 * valid instant after it, which is the moment of the change. One that occurs
 * twice: the first.
 */
int64_t zone_instant(const struct zone *z, const struct civil *local);

/* Days since 1970-01-01 of a date, and the way back (hour and so on are 0);
 * days may lie beyond the month's end: they are carried. */
int64_t civil_days(int year, int month, int day);
struct civil civil_of_days(int64_t days);

/* 0 Sunday .. 6 Saturday. */
int civil_weekday(int64_t days);

/* Days that a month has. */
int civil_month_days(int year, int month);

#endif
