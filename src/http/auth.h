/* auth.h - who asks, and what that one may do. The only place that decides. */
#ifndef COFFER_HTTP_AUTH_H
#define COFFER_HTTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/password.h"
#include "http/guard.h"
#include "model/records.h"

enum role {
	ROLE_NONE, /* everybody, without a token */
	ROLE_READ,
	ROLE_OPERATE,
	ROLE_RESTORE,
	ROLE_ADMIN,
	ROLE_COUNT,
};

/* "read" "operate" "restore" "admin"; "none" for none. */
const char *role_name(enum role role);

/* ROLE_NONE when the word is another. */
enum role role_parse(const char *word);

struct principal {
	enum role role;
	char id[ID_MAX];     /* of the token; "socket" */
	char name[NAME_BUF]; /* of the token; "socket" */
	uint64_t session;    /* its number (sessions.h); 0: by none */
};

/* What a request brings to be known by. NULL: it has no such header. */
struct credentials {
	const struct peer *peer;
	const char *authorization;
	const char *cookie;
};

enum { TOKEN_MAX = 512 }; /* of a token's text, with the NUL */

struct auth;
struct sessions;

/* NULL with *e filled. No token is known at first. */
struct auth *auth_new(unsigned failures_per_minute, struct err *e) MUST_CHECK;

/* NULL is fine. */
void auth_free(struct auth *a);

/* Takes the place of all tokens so far; copied. False: no memory. */
bool auth_set_tokens(struct auth *a, const struct token_record *list,
		     size_t n) MUST_CHECK;

/* Whether who was let in would be let in now, with that role: its token is
 * there and has not expired, and neither has its session ended. */
bool auth_still_knows(const struct auth *a, const struct principal *who);

/* Tokens were set once. */
bool auth_is_loaded(const struct auth *a);

/*
 * Says who asks: by the header Authorization, else by the cookie of a session,
 * else by the socket. What is sent first of these has to be right: nobody falls
 * back on the next. False with *e filled: "unauthorized", "too_many_requests"
 * (*retry_seconds says when to try again), "not_ready".
 */
bool auth_check(struct auth *a, const struct credentials *c,
		struct principal *who, unsigned *retry_seconds,
		struct err *e) MUST_CHECK;

/* Says whose token it is. False as auth_check(). */
bool auth_by_token(struct auth *a, const struct peer *peer, const char *token,
		   struct principal *who, unsigned *retry_seconds,
		   struct err *e) MUST_CHECK;

/* Somebody who logs in by password. */
struct auth_login {
	struct peer peer;
	const char *name;	      /* of a token; borrowed */
	char hash[PASSWORD_HASH_MAX]; /* what it has to fit */
};

/*
 * Logging in by password, before and after its hash was compared. The first
 * fills the hash ("": nothing fits it), and fails as auth_check(); passwords
 * are counted on loopback, too: they can be guessed, and a proxy makes
 * everybody come from there. The second says who it is, or counts the failure:
 * fits tells whether it is the password of that hash.
 */
bool auth_password_begin(struct auth *a, struct auth_login *l,
			 unsigned *retry_seconds, struct err *e) MUST_CHECK;
bool auth_password_end(struct auth *a, const struct auth_login *l, bool fits,
		       struct principal *who, struct err *e) MUST_CHECK;

/* When the token expires, milliseconds since 1970; 0: never. */
int64_t auth_expires_at(const struct auth *a, const struct principal *who);

/* The sessions that tokens and passwords were exchanged for. */
struct sessions *auth_sessions(struct auth *a);

#endif
