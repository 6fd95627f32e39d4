/* log.h - the operation log: one line per event, on standard error. */
#ifndef COFFER_BASE_LOG_H
#define COFFER_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Sets what is written and how; before any thread starts, or at a reload. */
void log_setup(enum log_level level, enum log_format format);

/* "debug" "info" "warn" "error"; false when the word is another. */
bool log_level_parse(const char *word, enum log_level *level) MUST_CHECK;

/* "text" "json"; false when the word is another. */
bool log_format_parse(const char *word, enum log_format *format) MUST_CHECK;

/*
 * Writes one line with time, level and room. Control characters are escaped,
 * so no text of others can forge a line. Never a secret in here. Thread-safe.
 */
void log_line(enum log_level level, const char *room, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

#define log_debug(room, ...) log_line(LOG_DEBUG, room, __VA_ARGS__)
#define log_info(room, ...)  log_line(LOG_INFO, room, __VA_ARGS__)
#define log_warn(room, ...)  log_line(LOG_WARN, room, __VA_ARGS__)
#define log_error(room, ...) log_line(LOG_ERROR, room, __VA_ARGS__)

#endif
