/*
 * auth.c - bearer tokens, kept as their SHA-256, passwords, sessions, and
 * failures per address.
 *
 * Tokens are 128 random bits or more, so a plain hash is enough; every one is
 * compared, each in constant time, so that time tells nothing about them.
 */
#include "http/auth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "base/text.h"
#include "http/sessions.h"

enum {
	ADDRESSES = 256, /* remembered; the oldest makes room */
	MINUTE_MS = 60 * 1000,
};

struct failing {
	char address[INET6_ADDRSTRLEN];
	unsigned failures;
	int64_t since_ms;
};

struct auth {
	struct token_record *tokens;
	size_t n;
	bool is_loaded;
	unsigned failures_max;
	struct failing failing[ADDRESSES];
	struct sessions *sessions;
};

static const char *const role_names[] = {
	[ROLE_NONE] = "none",	    [ROLE_READ] = "read",
	[ROLE_OPERATE] = "operate", [ROLE_RESTORE] = "restore",
	[ROLE_ADMIN] = "admin",
};
_Static_assert(sizeof(role_names) / sizeof(role_names[0]) == ROLE_COUNT,
	       "a name for every role");

const char *role_name(enum role role)
{
	return role_names[role];
}

enum role role_parse(const char *word)
{
	for (unsigned i = ROLE_READ; i < ROLE_COUNT; i++) {
		if (strcmp(role_names[i], word) == 0)
			return (enum role)i;
	}
	return ROLE_NONE;
}

struct auth *auth_new(unsigned failures_per_minute, struct err *e)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)err_nomem(e, "the tokens");
		return NULL;
	}
	a->failures_max = failures_per_minute;
	a->sessions = sessions_new(e);
	if (a->sessions == NULL) {
		auth_free(a);
		return NULL;
	}
	return a;
}

void auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	sessions_free(a->sessions);
	free(a->tokens);
	free(a);
}

static bool knows(const void *a, const struct principal *who)
{
	return auth_still_knows(a, who);
}

bool auth_set_tokens(struct auth *a, const struct token_record *list, size_t n)
{
	struct token_record *copy = calloc(n ? n : 1, sizeof(*copy));

	if (copy == NULL)
		return false;
	if (n > 0)
		memcpy(copy, list, n * sizeof(*copy));
	free(a->tokens);
	a->tokens = copy;
	a->n = n;
	a->is_loaded = true;
	sessions_keep(a->sessions, knows, a);
	return true;
}

bool auth_is_loaded(const struct auth *a)
{
	return a->is_loaded;
}

static struct failing *failing_find(struct auth *a, const char *address)
{
	for (size_t i = 0; i < ADDRESSES; i++) {
		if (strcmp(a->failing[i].address, address) == 0)
			return &a->failing[i];
	}
	return NULL;
}

/* The entry of an address; the oldest one makes room for a new one. */
static struct failing *failing_take(struct auth *a, const char *address)
{
	struct failing *f = failing_find(a, address);
	struct failing *oldest = &a->failing[0];

	if (f != NULL)
		return f;
	for (size_t i = 1; i < ADDRESSES; i++) {
		if (a->failing[i].since_ms < oldest->since_ms)
			oldest = &a->failing[i];
	}
	(void)str_copy(oldest->address, sizeof(oldest->address), address);
	oldest->since_ms = 0;
	return oldest;
}

static void failing_note(struct auth *a, const struct peer *peer)
{
	int64_t now_ms = clock_mono_ms();
	struct failing *f = failing_take(a, peer->address);

	if (f->since_ms == 0 || now_ms - f->since_ms >= MINUTE_MS) {
		f->failures = 0;
		f->since_ms = now_ms;
	}
	f->failures++;
}

/* Whether the address may try what; else *seconds until it may. */
static bool failing_passes(struct auth *a, const struct peer *peer,
			   const char *what, unsigned *seconds, struct err *e)
{
	const struct failing *f = failing_find(a, peer->address);
	int64_t left_ms = 0;

	*seconds = 0;
	if (f != NULL && f->failures >= a->failures_max)
		left_ms = f->since_ms + MINUTE_MS - clock_mono_ms();
	if (left_ms <= 0)
		return true;
	*seconds = (unsigned)(left_ms / 1000) + 1;
	return err_set(e, ERR_DENIED, "too_many_requests",
		       "too many wrong %s from this address: try again in %u s",
		       what, *seconds);
}

static bool is_over(const struct token_record *t)
{
	return t->expires_at != 0 && t->expires_at <= clock_now_ms();
}

static bool take_principal(const struct token_record *t, struct principal *who)
{
	memset(who, 0, sizeof(*who));
	who->role = role_parse(t->role);
	(void)str_copy(who->id, sizeof(who->id), t->id);
	(void)str_copy(who->name, sizeof(who->name), t->name);
	return who->role != ROLE_NONE;
}

static bool token_find(const struct auth *a, const char *token,
		       struct principal *who)
{
	const struct token_record *found = NULL;
	char hash[SHA256_HEX_MAX];

	sha256_hex(token, strlen(token), hash);
	for (size_t i = 0; i < a->n; i++) {
		const struct token_record *t = &a->tokens[i];

		if (secret_equal(hash, t->hash, sizeof(hash) - 1) &&
		    !is_over(t))
			found = t;
	}
	return found != NULL && take_principal(found, who);
}

static const struct token_record *token_of(const struct auth *a,
					   const struct principal *who)
{
	for (size_t i = 0; i < a->n; i++) {
		if (strcmp(a->tokens[i].id, who->id) == 0)
			return &a->tokens[i];
	}
	return NULL;
}

bool auth_still_knows(const struct auth *a, const struct principal *who)
{
	const struct token_record *t;

	if (who->session != 0 && !sessions_has(a->sessions, who->session))
		return false;
	if (strcmp(who->id, "socket") == 0)
		return true;
	t = token_of(a, who);
	return t != NULL && role_parse(t->role) == who->role && !is_over(t);
}

int64_t auth_expires_at(const struct auth *a, const struct principal *who)
{
	const struct token_record *t = token_of(a, who);

	return t != NULL ? t->expires_at : 0;
}

struct sessions *auth_sessions(struct auth *a)
{
	return a->sessions;
}

/* What follows "Bearer ", or NULL (RFC 6750, section 2.1). */
static const char *bearer(const char *header)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (strncasecmp(header, scheme, n) != 0)
		return NULL;
	header += n + strspn(header + n, " ");
	return *header != '\0' ? header : NULL;
}

static bool check_loaded(const struct auth *a, unsigned *retry_seconds,
			 struct err *e)
{
	*retry_seconds = a->is_loaded ? 0 : 1;
	return a->is_loaded ||
	       err_set(e, ERR_CONFLICT, "not_ready",
		       "the server is starting: try again soon");
}

bool auth_by_token(struct auth *a, const struct peer *peer, const char *token,
		   struct principal *who, unsigned *retry_seconds,
		   struct err *e)
{
	memset(who, 0, sizeof(*who));
	if (!check_loaded(a, retry_seconds, e))
		return false;
	/* Tokens cannot be guessed: on loopback nobody is kept out. */
	if (!peer->is_local &&
	    !failing_passes(a, peer, "tokens", retry_seconds, e))
		return false;
	if (token != NULL && strlen(token) < TOKEN_MAX &&
	    token_find(a, token, who))
		return true;
	if (!peer->is_local)
		failing_note(a, peer);
	return err_set(e, ERR_DENIED, "unauthorized",
		       "the token is not known here, or it has expired");
}

static bool by_session(struct auth *a, const char *cookie,
		       struct principal *who, unsigned *retry_seconds,
		       struct err *e)
{
	if (!check_loaded(a, retry_seconds, e))
		return false;
	if (sessions_find(a->sessions, cookie, who) && auth_still_knows(a, who))
		return true;
	memset(who, 0, sizeof(*who));
	return err_set(e, ERR_DENIED, "unauthorized",
		       "the session has ended: log in again");
}

bool auth_check(struct auth *a, const struct credentials *c,
		struct principal *who, unsigned *retry_seconds, struct err *e)
{
	memset(who, 0, sizeof(*who));
	*retry_seconds = 0;
	if (c->authorization != NULL)
		return auth_by_token(a, c->peer, bearer(c->authorization), who,
				     retry_seconds, e);
	if (sessions_are_named(c->cookie))
		return by_session(a, c->cookie, who, retry_seconds, e);
	if (!c->peer->is_trusted)
		return err_set(e, ERR_DENIED, "unauthorized",
			       "send a token: Authorization: Bearer TOKEN");
	who->role = ROLE_ADMIN;
	(void)str_copy(who->id, sizeof(who->id), "socket");
	(void)str_copy(who->name, sizeof(who->name), "socket");
	return true;
}

/* --- by password */

static const struct token_record *token_named(const struct auth *a,
					      const char *name)
{
	char wanted[NAME_BUF], folded[NAME_BUF];

	if (strlen(name) >= sizeof(wanted))
		return NULL;
	name_fold(name, wanted);
	for (size_t i = 0; i < a->n; i++) {
		name_fold(a->tokens[i].name, folded);
		if (strcmp(folded, wanted) == 0)
			return &a->tokens[i];
	}
	return NULL;
}

bool auth_password_begin(struct auth *a, struct auth_login *l,
			 unsigned *retry_seconds, struct err *e)
{
	const struct token_record *t;

	l->hash[0] = '\0';
	if (!check_loaded(a, retry_seconds, e) ||
	    !failing_passes(a, &l->peer, "passwords", retry_seconds, e))
		return false;
	t = token_named(a, l->name);
	if (t != NULL && !is_over(t))
		(void)str_copy(l->hash, sizeof(l->hash), t->password);
	return true;
}

bool auth_password_end(struct auth *a, const struct auth_login *l, bool fits,
		       struct principal *who, struct err *e)
{
	/* It may have been deleted, and made again, meanwhile. */
	const struct token_record *t = token_named(a, l->name);

	memset(who, 0, sizeof(*who));
	if (fits && t != NULL && !is_over(t) && l->hash[0] != '\0' &&
	    strcmp(t->password, l->hash) == 0 && take_principal(t, who))
		return true;
	failing_note(a, &l->peer);
	return err_set(e, ERR_DENIED, "unauthorized",
		       "name or password are wrong, or the token of that name "
		       "has no password or has expired");
}
