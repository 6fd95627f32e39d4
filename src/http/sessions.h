/*
 * sessions.h - console sessions: what a browser keeps in place of a token.
 *
 * They live in memory alone, as digests of what the cookie holds; a restart
 * ends all of them. Who opens more than a token may have loses the oldest one.
 */
#ifndef COFFER_HTTP_SESSIONS_H
#define COFFER_HTTP_SESSIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct principal;
struct sessions;

#define SESSION_COOKIE "coffer_session"

enum {
	SESSION_SECONDS = 12 * 3600,
	SESSION_TEXT_MAX = 65, /* 256 bits, hexadecimal, with the NUL */
	SESSIONS_MAX = 512,
	SESSIONS_PER_TOKEN = 32,
};

/* NULL with *e filled. */
struct sessions *sessions_new(struct err *e) MUST_CHECK;

/* NULL is fine. */
void sessions_free(struct sessions *all);

/*
 * Opens one for who, whose number is in who->session then; text receives what
 * the cookie has to hold. Room is made by those that are over, then by the
 * oldest of the same token. False with *e filled: "too_many_sessions".
 */
bool sessions_open(struct sessions *all, struct principal *who,
		   char text[SESSION_TEXT_MAX], struct err *e) MUST_CHECK;

/* Whether a header Cookie (NULL: none) speaks of a session. */
bool sessions_are_named(const char *cookie);

/*
 * Finds whose session the header names. False: it is not known, or over; or it
 * is named twice: somebody on another port or subdomain may have set one in
 * front of the browser's own.
 */
bool sessions_find(const struct sessions *all, const char *cookie,
		   struct principal *who) MUST_CHECK;

/* Whether the one with that number is still open. */
bool sessions_has(const struct sessions *all, uint64_t number);

/* Ends the one with that number, if it is there. */
void sessions_close(struct sessions *all, uint64_t number);

/* Ends those of which knows() says no. */
void sessions_keep(struct sessions *all,
		   bool (*knows)(const void *arg, const struct principal *who),
		   const void *arg);

/* Milliseconds that it has left; 0: it is over. */
int64_t sessions_left_ms(const struct sessions *all, uint64_t number);

#endif
