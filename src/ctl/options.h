/* options.h - the words and options of a command line. */
#ifndef COFFER_CTL_OPTIONS_H
#define COFFER_CTL_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { OPTIONS_GIVEN_MAX = 256, OPTIONS_WORDS_MAX = 1024 };

/* "--name VALUE" or "--name=VALUE"; a table of them ends with a NULL name. */
struct option_spec {
	const char *name;     /* without the dashes */
	char letter;	      /* "-l" as well; 0: none */
	const char *argument; /* what its value is called; NULL: it has none */
	const char *help;     /* one line */
};

/* What was given; all strings are borrowed from argv. Zero it to begin with.
 * Copied as it is. */
struct arguments {
	struct {
		const char *name, *value;
	} given[OPTIONS_GIVEN_MAX];
	size_t ngiven;
	const char *words[OPTIONS_WORDS_MAX]; /* what is no option, in order */
	size_t nwords;
};

/*
 * Appends what is in argv[0] to argv[argc - 1]. Options may stand anywhere;
 * behind "--" all are words, and "-" alone is one. stop_at_word: reads up to
 * the first word and not beyond, to find the command. Returns how many were
 * read; -1 with *e filled ("usage").
 */
int arguments_read(struct arguments *a, const struct option_spec *const *tables,
		   int argc, const char *const *argv, bool stop_at_word,
		   struct err *e) MUST_CHECK;

/* The value that was given last, "" for one without a value; NULL: not given.
 */
const char *arguments_get(const struct arguments *a, const char *name);

/* Each value in order: *at is 0 to begin with. NULL: that were all. */
const char *arguments_next(const struct arguments *a, const char *name,
			   size_t *at);

/* A number from min to max into *out, which stays as it is when the option was
 * not given. False: it is none. */
bool arguments_number(const struct arguments *a, const char *name,
		      unsigned long long min, unsigned long long max,
		      unsigned long long *out) MUST_CHECK;

/* "90s" "15m" "26h" "7d" as seconds; false: it is none, or 0. */
bool duration_parse(const char *text, long long *seconds) MUST_CHECK;

#endif
