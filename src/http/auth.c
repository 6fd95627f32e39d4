/*
 * auth.c - bearer tokens, kept as their SHA-256, and failures per address.
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

enum {
	ADDRESSES = 256, /* remembered; the oldest makes room */
	MINUTE_MS = 60 * 1000,
	TOKEN_MAX = 512,
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

	if (a == NULL)
		(void)err_nomem(e, "the tokens");
	else
		a->failures_max = failures_per_minute;
	return a;
}

void auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	free(a->tokens);
	free(a);
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
	struct failing *f;

	if (peer->is_local)
		return;
	f = failing_take(a, peer->address);
	if (f->since_ms == 0 || now_ms - f->since_ms >= MINUTE_MS) {
		f->failures = 0;
		f->since_ms = now_ms;
	}
	f->failures++;
}

/* Seconds until the address may try again; 0: now. */
static unsigned failing_wait(struct auth *a, const struct peer *peer)
{
	const struct failing *f = failing_find(a, peer->address);
	int64_t left_ms;

	if (peer->is_local || f == NULL || f->failures < a->failures_max)
		return 0;
	left_ms = f->since_ms + MINUTE_MS - clock_mono_ms();
	return left_ms <= 0 ? 0 : (unsigned)(left_ms / 1000) + 1;
}

static bool token_find(const struct auth *a, const char *token,
		       struct principal *who)
{
	const struct token_record *found = NULL;
	char hash[SHA256_HEX_MAX];
	int64_t now_ms = clock_now_ms();

	sha256_hex(token, strlen(token), hash);
	for (size_t i = 0; i < a->n; i++) {
		const struct token_record *t = &a->tokens[i];

		if (secret_equal(hash, t->hash, sizeof(hash) - 1) &&
		    (t->expires_at == 0 || t->expires_at > now_ms))
			found = t;
	}
	if (found == NULL)
		return false;
	who->role = role_parse(found->role);
	(void)str_copy(who->id, sizeof(who->id), found->id);
	(void)str_copy(who->name, sizeof(who->name), found->name);
	return who->role != ROLE_NONE;
}

bool auth_still_knows(const struct auth *a, const struct principal *who)
{
	int64_t now_ms = clock_now_ms();

	if (strcmp(who->id, "socket") == 0)
		return true;
	for (size_t i = 0; i < a->n; i++) {
		const struct token_record *t = &a->tokens[i];

		if (strcmp(t->id, who->id) == 0)
			return role_parse(t->role) == who->role &&
			       (t->expires_at == 0 || t->expires_at > now_ms);
	}
	return false;
}

/* What follows "Bearer ", or NULL (RFC 6750, section 2.1). */
static const char *bearer(const char *header)
{
	static const char scheme[] = "Bearer ";
	size_t n = sizeof(scheme) - 1;

	if (header == NULL || strncasecmp(header, scheme, n) != 0)
		return NULL;
	header += n + strspn(header + n, " ");
	return *header != '\0' && strlen(header) < TOKEN_MAX ? header : NULL;
}

bool auth_check(struct auth *a, const struct peer *peer, const char *header,
		struct principal *who, unsigned *retry_seconds, struct err *e)
{
	const char *token = bearer(header);

	memset(who, 0, sizeof(*who));
	*retry_seconds = 0;
	if (header == NULL && peer->is_trusted) {
		who->role = ROLE_ADMIN;
		(void)str_copy(who->id, sizeof(who->id), "socket");
		(void)str_copy(who->name, sizeof(who->name), "socket");
		return true;
	}
	if (header == NULL)
		return err_set(e, ERR_DENIED, "unauthorized",
			       "send a token: Authorization: Bearer TOKEN");
	if (!a->is_loaded) {
		*retry_seconds = 1;
		return err_set(e, ERR_CONFLICT, "not_ready",
			       "the server is starting: try again soon");
	}
	*retry_seconds = failing_wait(a, peer);
	if (*retry_seconds > 0)
		return err_set(e, ERR_DENIED, "too_many_requests",
			       "too many wrong tokens from this address: try "
			       "again in %u s",
			       *retry_seconds);
	if (token != NULL && token_find(a, token, who))
		return true;
	failing_note(a, peer);
	return err_set(e, ERR_DENIED, "unauthorized",
		       "the token is not known here, or it has expired");
}
