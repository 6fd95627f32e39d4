/* err.h - what went wrong, as a value the caller owns. */
#ifndef COFFER_BASE_ERR_H
#define COFFER_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK		__attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

/* What the caller can do about it; the text is for people. */
enum err_code {
	ERR_NONE,
	ERR_NOMEM,
	ERR_INVALID,   /* the input breaks a rule: the user must change it */
	ERR_CONFLICT,  /* the input is right, the state is not */
	ERR_NOT_FOUND, /* no such thing */
	ERR_CONNECT,   /* no connection, or it broke: retry may help */
	ERR_DENIED,    /* the other side knows us and refuses */
	ERR_REMOTE,    /* the other side failed; retry will not help */
	ERR_TIMEOUT,
	ERR_CANCELED,
	ERR_DAMAGED, /* bytes are not what they were */
	ERR_IO,	     /* a local file or device failed */
	ERR_BUG,     /* a broken contract inside this program */
	ERR_COUNT,
};

enum { ERR_API_MAX = 32, ERR_MSG_MAX = 400, ERR_CAUSES_MAX = 2 };

/* One earlier failure that led to this one (rule 9 keeps two). */
struct err_cause {
	char api[ERR_API_MAX];
	char msg[ERR_MSG_MAX];
};

/*
 * Lives on the caller's stack or in the job; never allocated, never freed.
 * Zero it to begin with. Written once, by the function that found the
 * failure; the first error wins.
 */
struct err {
	enum err_code code;
	char api[ERR_API_MAX]; /* the code that clients see, "source_busy" */
	char msg[ERR_MSG_MAX]; /* what is wrong and what to do, no secrets */
	unsigned ncauses;
	struct err_cause causes[ERR_CAUSES_MAX]; /* in order of time */
};

/*
 * Fills *e unless it is filled already; api is one of api.md's codes.
 * Always returns false, so that a function may `return err_set(...)`.
 */
bool err_set(struct err *e, enum err_code code, const char *api,
	     const char *fmt, ...) PRINTF_LIKE(4, 5);

/* "out of memory for WHAT"; the API's code is "internal". Returns false. */
bool err_nomem(struct err *e, const char *what);

/* A broken contract inside this program, "internal". Returns false. */
bool err_bug(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Puts "PREFIX: " before the text that is there, cutting its end. */
void err_prefix(struct err *e, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Keeps what is in from as a cause of *e (the last two are kept). */
void err_add_cause(struct err *e, const struct err *from);

/* Back to "nothing happened". */
void err_clear(struct err *e);

static inline bool err_is(const struct err *e)
{
	return e->code != ERR_NONE;
}

#endif
