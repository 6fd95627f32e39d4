/* clock.h - the time of day and the time that only goes forward. */
#ifndef COFFER_BASE_CLOCK_H
#define COFFER_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

enum { CLOCK_TEXT_MAX = 32 };

/* Milliseconds since 1970 in UTC; may jump. */
int64_t clock_now_ms(void);

/* Milliseconds of the monotonic clock; only differences mean anything. */
int64_t clock_mono_ms(void);

/* RFC 3339 in UTC, whole seconds: "2026-12-01T02:30:00Z". Returns buf. */
char *clock_format(int64_t at_ms, char buf[CLOCK_TEXT_MAX]);

/* "20261201T023000Z", as AWS wants it and backup names use. Returns buf. */
char *clock_format_basic(int64_t at_ms, char buf[CLOCK_TEXT_MAX]);

/* Reads RFC 3339 with Z or an offset; false when it is none. */
bool clock_parse(const char *s, int64_t *at_ms) MUST_CHECK;

/* Reads the Date header of HTTP (IMF-fixdate, RFC 9110 5.6.7). */
bool clock_parse_http(const char *s, int64_t *at_ms) MUST_CHECK;

#endif
