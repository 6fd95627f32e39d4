#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log_int.h"
#include "base/text.h"

enum { MESSAGE_MAX = 2048, ROOM_MAX = 32 };

/* A reload sets them while other threads write. */
static atomic_int min_level = LOG_INFO;
static atomic_int line_format = LOG_TEXT;

static const char *const level_names[] = {
	[LOG_DEBUG] = "debug",
	[LOG_INFO] = "info",
	[LOG_WARN] = "warn",
	[LOG_ERROR] = "error",
};

static const char *const format_names[] = {
	[LOG_TEXT] = "text",
	[LOG_JSON] = "json",
};

void log_setup(enum log_level level, enum log_format format)
{
	atomic_store(&min_level, (int)level);
	atomic_store(&line_format, (int)format);
}

bool log_level_parse(const char *word, enum log_level *level)
{
	for (unsigned i = LOG_DEBUG; i <= LOG_ERROR; i++) {
		if (strcmp(word, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_format_parse(const char *word, enum log_format *format)
{
	for (unsigned i = LOG_TEXT; i <= LOG_JSON; i++) {
		if (strcmp(word, format_names[i]) == 0) {
			*format = (enum log_format)i;
			return true;
		}
	}
	return false;
}

/* The time of day with milliseconds, "2026-12-01T02:30:00.250Z". */
static void put_time(struct log_buffer *b)
{
	int64_t now = clock_now_ms();
	char text[CLOCK_TEXT_MAX];
	char fraction[] = {'.',
			   (char)('0' + now / 100 % 10),
			   (char)('0' + now / 10 % 10),
			   (char)('0' + now % 10),
			   'Z',
			   '\0'};

	clock_format(now, text);
	*strchr(text, 'Z') = '\0';
	log_put(b, text);
	log_put(b, fraction);
}

static void put_text_line(struct log_buffer *b, enum log_level level,
			  const char *room, const char *message)
{
	put_time(b);
	log_put(b, " ");
	log_put(b, level_names[level]);
	log_put(b, " ");
	log_put_escaped(b, LOG_TEXT, room);
	log_put(b, ": ");
	log_put_escaped(b, LOG_TEXT, message);
	log_put_tail(b, "\n");
}

static void put_json_line(struct log_buffer *b, enum log_level level,
			  const char *room, const char *message)
{
	log_put(b, "{\"time\":\"");
	put_time(b);
	log_put(b, "\",\"level\":\"");
	log_put(b, level_names[level]);
	log_put(b, "\",\"room\":\"");
	log_put_escaped(b, LOG_JSON, room);
	log_put(b, "\",\"message\":\"");
	log_put_escaped(b, LOG_JSON, message);
	log_put_tail(b, "\"}\n");
}

/* One write for the line: threads need no lock to keep lines whole. */
static void write_line(const struct log_buffer *b)
{
	ssize_t n;

	do {
		n = write(STDERR_FILENO, b->data, b->len);
	} while (n < 0 && errno == EINTR);
}

void log_line(enum log_level level, const char *room, const char *fmt, ...)
{
	int saved_errno = errno; /* the caller may still want it */
	char message[MESSAGE_MAX], name[ROOM_MAX];
	struct log_buffer b;
	va_list ap;

	if ((int)level < atomic_load(&min_level))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	str_copy(name, sizeof(name), room);
	b.len = 0;
	if (atomic_load(&line_format) == LOG_JSON)
		put_json_line(&b, level, name, message);
	else
		put_text_line(&b, level, name, message);
	write_line(&b);
	errno = saved_errno;
}
