/* stream_int.h - what source and sink share: the program and its end. */
#ifndef COFFER_PROGRAMS_STREAM_INT_H
#define COFFER_PROGRAMS_STREAM_INT_H

#include <event2/event.h>

#include "programs/stream.h"

struct stream {
	struct program *program;
	struct event_base *base;
	struct waker *waker; /* of the part; woken by start and end */
	void (*line)(void *arg, const char *text);
	bool (*end)(void *arg, const struct program_end *end, struct err *e);
	void *arg;
	char fail_api[ERR_API_MAX];
	bool is_started;
	bool has_news; /* since the last stream_had_news() */
};

/* Starts the program; s lies in the part. False with *e filled;
 * stream_fini() in any case. */
bool stream_begin(struct stream *s, const struct program_stream_config *c,
		  struct waker *w, struct err *e) MUST_CHECK;

/* Ends the program if it runs. */
void stream_fini(struct stream *s);

/* A one-shot event of a descriptor that wakes the part; NULL: no memory. */
struct event *stream_event(struct stream *s, int fd, short what) MUST_CHECK;

/* True once after it has started, and once after it has ended. */
bool stream_had_news(struct stream *s);

/* It has ended, and not well: *e is filled. */
bool stream_has_failed(struct stream *s, struct err *e);

/* It has ended well: whether end() thinks so, too. False with *e filled. */
bool stream_agree(struct stream *s, struct err *e) MUST_CHECK;

/* Fills *e, under the name that failures of this stream have. */
enum flow stream_fail(const struct stream *s, struct err *e, const char *text);

#endif
