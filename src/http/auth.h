/* auth.h - who asks, and what that one may do. The only place that decides. */
#ifndef COFFER_HTTP_AUTH_H
#define COFFER_HTTP_AUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
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
};

struct auth;

/* NULL with *e filled. No token is known at first. */
struct auth *auth_new(unsigned failures_per_minute, struct err *e) MUST_CHECK;

/* NULL is fine. */
void auth_free(struct auth *a);

/* Takes the place of all tokens so far; copied. False: no memory. */
bool auth_set_tokens(struct auth *a, const struct token_record *list,
		     size_t n) MUST_CHECK;

/* Whether who was let in would be let in now, with that role: its token is
 * there and has not expired. */
bool auth_still_knows(const struct auth *a, const struct principal *who);

/* Tokens were set once. */
bool auth_is_loaded(const struct auth *a);

/*
 * Says who asks: by the header Authorization (NULL: none), or by the socket.
 * False with *e filled: "unauthorized", "too_many_requests" (*retry_seconds
 * says when to try again), "not_ready".
 */
bool auth_check(struct auth *a, const struct peer *peer, const char *header,
		struct principal *who, unsigned *retry_seconds,
		struct err *e) MUST_CHECK;

#endif
