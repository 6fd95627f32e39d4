/*
 * stream.h - the ends of a pipeline that are programs: a source that reads
 * what one writes, and a sink that feeds one.
 */
#ifndef COFFER_PROGRAMS_STREAM_H
#define COFFER_PROGRAMS_STREAM_H

#include "pipeline/pipeline.h"
#include "programs/helper.h"

struct program_stream_config {
	struct helper *helper;
	struct loop *loop;
	struct program_request request; /* borrowed during the call */
	/* Lines of its standard error, and its end; either may be NULL. end
	 * may refuse a program that ended well by its own account: false with
	 * *e filled fails the stream. */
	void (*line)(void *arg, const char *text);
	bool (*end)(void *arg, const struct program_end *end, struct err *e);
	/* Of a source: what it has read, before it goes on; false with *e
	 * filled fails the stream. May be NULL. */
	bool (*bytes)(void *arg, const unsigned char *bytes, size_t n,
		      struct err *e);
	void *arg;
	const char *fail_api; /* "source_check_failed" ...: what a failure of
			       * the program is called; NULL: as it says */
};

/*
 * Its standard output as frames of FRAME_BYTES, all of one item (a reference
 * is taken); *bytes counts them. It ends when the output has ended, the program
 * has exited with 0 and end() agreed; an empty output fails it. NULL with *e.
 */
struct source *program_source_new(const struct program_stream_config *c,
				  struct item *item, uint64_t *bytes,
				  struct err *e) MUST_CHECK;

/* Frames go to its standard input; at their end it is closed, and the sink ends
 * when the program has exited with 0 and end() agreed. A program that exits
 * before it was given all fails it, with its last line. NULL with *e. */
struct sink *program_sink_new(const struct program_stream_config *c,
			      uint64_t *bytes, struct err *e) MUST_CHECK;

#endif
