/* log_int.h - a line of the log while it is put together. */
#ifndef COFFER_BASE_LOG_INT_H
#define COFFER_BASE_LOG_INT_H

#include <stddef.h>

#include "base/log.h"

/*
 * A line is never longer than PIPE_BUF (4096 on Linux): a write of that size
 * to a pipe is atomic, so lines of several processes do not mix either.
 */
enum { LOG_LINE_MAX = 4096, LOG_TAIL_MAX = 16 };

/* Zero len to begin with. */
struct log_buffer {
	char data[LOG_LINE_MAX];
	size_t len;
};

/* Appends bytes as they are; what does not fit before the tail is left out. */
void log_put(struct log_buffer *b, const char *s);

/* Appends bytes that close the line; the room for them is kept free. */
void log_put_tail(struct log_buffer *b, const char *s);

/*
 * Appends text of unknown origin: control characters, broken UTF-8 and what
 * would end a string escaped as the format has it. A text that does not fit is
 * cut between two characters and "..." is put there.
 */
void log_put_escaped(struct log_buffer *b, enum log_format format,
		     const char *s);

#endif
