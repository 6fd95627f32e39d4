/* sessions.c - see sessions.h. */
#include "http/sessions.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "http/auth.h"

enum { SESSION_BYTES = (SESSION_TEXT_MAX - 1) / 2 };

struct session {
	struct principal who;	   /* who.session 0: the place is free */
	char hash[SHA256_HEX_MAX]; /* of the cookie's value */
	int64_t until_ms;	   /* monotonic */
};

struct sessions {
	struct session list[SESSIONS_MAX];
	uint64_t opened; /* so far */
};

struct sessions *sessions_new(struct err *e)
{
	struct sessions *all = calloc(1, sizeof(*all));

	if (all == NULL)
		(void)err_nomem(e, "the sessions");
	return all;
}

void sessions_free(struct sessions *all)
{
	free(all);
}

static bool is_open(const struct session *s)
{
	return s->who.session != 0 && s->until_ms > clock_mono_ms();
}

static void session_end(struct session *s)
{
	memset(s, 0, sizeof(*s));
}

/* A free place; NULL: none. */
static struct session *find_place(struct sessions *all)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		if (!is_open(&all->list[i]))
			return &all->list[i];
	}
	return NULL;
}

/* The oldest of a token, *n how many it has; NULL: none. */
static struct session *find_oldest(struct sessions *all, const char *token_id,
				   size_t *n)
{
	struct session *oldest = NULL;

	*n = 0;
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &all->list[i];

		if (!is_open(s) || strcmp(s->who.id, token_id) != 0)
			continue;
		++*n;
		if (oldest == NULL || s->who.session < oldest->who.session)
			oldest = s;
	}
	return oldest;
}

bool sessions_open(struct sessions *all, struct principal *who,
		   char text[SESSION_TEXT_MAX], struct err *e)
{
	unsigned char bytes[SESSION_BYTES];
	size_t n;
	struct session *oldest = find_oldest(all, who->id, &n);
	struct session *s = n < SESSIONS_PER_TOKEN ? find_place(all) : oldest;

	s = s != NULL ? s : oldest;
	if (s == NULL)
		return err_set(e, ERR_CONFLICT, "too_many_sessions",
			       "%d sessions are open: end some, or try again "
			       "later",
			       (int)SESSIONS_MAX);
	session_end(s);
	secret_random(bytes, sizeof(bytes));
	(void)hex_encode(bytes, sizeof(bytes), text);
	secret_wipe(bytes, sizeof(bytes));
	(void)sha256_hex(text, strlen(text), s->hash);
	who->session = ++all->opened;
	s->who = *who;
	s->until_ms = clock_mono_ms() + (int64_t)SESSION_SECONDS * 1000;
	return true;
}

/*
 * The value of the next cookie of that name from *at on, and its length; NULL:
 * there is none (RFC 6265, section 4.2.1). No quotes: we set none.
 */
static const char *next_value(const char **at, size_t *len)
{
	static const char name[] = SESSION_COOKIE "=";
	const size_t name_len = sizeof(name) - 1;

	while (*at != NULL && **at != '\0') {
		const char *pair = *at + strspn(*at, " \t;");
		size_t n = strcspn(pair, ";");

		*at = pair + n;
		if (n < name_len || memcmp(pair, name, name_len) != 0)
			continue;
		*len = n - name_len;
		while (*len > 0 && strchr(" \t", pair[name_len + *len - 1]))
			--*len;
		return pair + name_len;
	}
	return NULL;
}

bool sessions_are_named(const char *cookie)
{
	size_t len;

	return next_value(&cookie, &len) != NULL;
}

bool sessions_find(const struct sessions *all, const char *cookie,
		   struct principal *who)
{
	const struct session *found = NULL;
	char hash[SHA256_HEX_MAX];
	size_t len, more;
	const char *value = next_value(&cookie, &len);

	if (value == NULL || len != SESSION_TEXT_MAX - 1 ||
	    next_value(&cookie, &more) != NULL)
		return false;
	(void)sha256_hex(value, len, hash);
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		const struct session *s = &all->list[i];

		if (is_open(s) && secret_equal(hash, s->hash, sizeof(hash) - 1))
			found = s;
	}
	if (found == NULL)
		return false;
	*who = found->who;
	return true;
}

static const struct session *session_numbered(const struct sessions *all,
					      uint64_t number)
{
	for (size_t i = 0; number != 0 && i < SESSIONS_MAX; i++) {
		if (all->list[i].who.session == number)
			return &all->list[i];
	}
	return NULL;
}

bool sessions_has(const struct sessions *all, uint64_t number)
{
	return sessions_left_ms(all, number) > 0;
}

int64_t sessions_left_ms(const struct sessions *all, uint64_t number)
{
	const struct session *s = session_numbered(all, number);

	return s != NULL && is_open(s) ? s->until_ms - clock_mono_ms() : 0;
}

void sessions_close(struct sessions *all, uint64_t number)
{
	for (size_t i = 0; number != 0 && i < SESSIONS_MAX; i++) {
		if (all->list[i].who.session == number)
			session_end(&all->list[i]);
	}
}

void sessions_keep(struct sessions *all,
		   bool (*knows)(const void *arg, const struct principal *who),
		   const void *arg)
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct session *s = &all->list[i];

		if (is_open(s) && !knows(arg, &s->who))
			session_end(s);
	}
}
