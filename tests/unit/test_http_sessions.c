/* test_http_sessions.c - the cookie, who it is of, how many, and until when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/auth.h"
#include "http/csrf.h"
#include "http/sessions.h"

static const struct peer local = {.address = "127.0.0.1", .is_local = true};
static const struct peer owner = {
	.address = "unix", .is_local = true, .is_trusted = true};

static struct token_record token(const char *id, const char *role)
{
	struct token_record t = {0};

	(void)str_copy(t.id, sizeof(t.id), id);
	(void)str_copy(t.name, sizeof(t.name), id);
	(void)str_copy(t.role, sizeof(t.role), role);
	(void)sha256_hex(id, strlen(id), t.hash);
	(void)str_copy(t.password, sizeof(t.password), "scrypt$kept");
	return t;
}

/* Knows the tokens "tok_a" (operate) and "tok_b" (admin). */
static struct auth *make(void)
{
	const struct token_record list[] = {token("tok_a", "operate"),
					    token("tok_b", "admin")};
	struct err e = {0};
	struct auth *a = auth_new(3, &e);

	assert_non_null(a);
	assert_true(auth_set_tokens(a, list, 2));
	return a;
}

/* A session of a token; the value of its cookie. */
static char *open_for(struct auth *a, const char *id)
{
	static char header[2][SESSION_TEXT_MAX + 32];
	static unsigned turn;
	char text[SESSION_TEXT_MAX];
	struct principal who;
	struct err e = {0};
	unsigned retry;

	assert_true(auth_by_token(a, &local, id, &who, &retry, &e));
	assert_true(sessions_open(auth_sessions(a), &who, text, &e));
	assert_int_equal(strlen(text), SESSION_TEXT_MAX - 1);
	turn = !turn;
	(void)snprintf(header[turn], sizeof(header[0]), "%s=%s", SESSION_COOKIE,
		       text);
	return header[turn];
}

/* "" when let in, else the code. */
static const char *asks(struct auth *a, const struct peer *p,
			const char *cookie, struct principal *who)
{
	const struct credentials c = {.peer = p, .cookie = cookie};
	static struct err e;
	unsigned retry;

	memset(&e, 0, sizeof(e));
	return auth_check(a, &c, who, &retry, &e) ? "" : e.api;
}

static void test_a_session_is_its_token(void **state)
{
	struct auth *a = make();
	const char *cookie = open_for(a, "tok_a");
	struct principal who;

	(void)state;
	assert_string_equal(asks(a, &local, cookie, &who), "");
	assert_int_equal(who.role, ROLE_OPERATE);
	assert_string_equal(who.name, "tok_a");
	assert_true(who.session != 0);
	assert_true(auth_still_knows(a, &who));
	sessions_close(auth_sessions(a), who.session);
	assert_false(auth_still_knows(a, &who));
	assert_string_equal(asks(a, &local, cookie, &who), "unauthorized");
	auth_free(a);
}

/* What stands before and behind the cookie. */
struct around {
	const char *before, *behind;
};

static const char *asks_around(struct auth *a, const struct around *x,
			       const char *cookie)
{
	static char header[512];
	struct principal who;

	(void)snprintf(header, sizeof(header), "%s%s%s", x->before, cookie,
		       x->behind);
	return *asks(a, &local, header, &who) == '\0' ? NULL : header;
}

static void test_cookies(void **state)
{
	static const struct around good[] = {
		{"", ""},      {"a=b; ", ""},	{"", "; a=b"}, {" ", " ;x"},
		{"a=b;", ";"}, {"a; ;; ", " "}, {"\t", ";;;"},
	};
	static const struct around bad[] = {
		{"", "0"},
		{"", " a"},
		{"", "="},
		{"x", ""},
		{"", "; coffer_session="},
		{"coffer_session=; ", ""},
		{"coffer_session=", ""},
		{"a=\"", "\""},
	};
	struct auth *a = make();
	const char *cookie = open_for(a, "tok_a");
	char shorter[128];

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const char *header = asks_around(a, &good[i], cookie);

		if (header != NULL)
			fail_msg("\"%s\" is refused", header);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (asks_around(a, &bad[i], cookie) == NULL)
			fail_msg("\"%s...%s\" is taken", bad[i].before,
				 bad[i].behind);
	}
	(void)str_copy(shorter, strlen(cookie), cookie);
	assert_non_null(asks_around(a, &good[0], shorter));
	auth_free(a);
}

/* Two of them: which one the browser means, nobody knows. */
static void test_a_second_cookie_is_no_help(void **state)
{
	struct auth *a = make();
	const char *mine = open_for(a, "tok_a"), *other = open_for(a, "tok_b");
	char both[512];
	struct principal who;

	(void)state;
	(void)snprintf(both, sizeof(both), "%s; %s", mine, other);
	assert_string_equal(asks(a, &local, both, &who), "unauthorized");
	assert_int_equal(who.role, ROLE_NONE);
	(void)snprintf(both, sizeof(both), "not_%s; %s", mine, other);
	assert_string_equal(asks(a, &local, both, &who), "");
	assert_string_equal(who.name, "tok_b");
	auth_free(a);
}

/* What is sent has to be right: a browser on the socket is not its owner. */
static void test_nobody_falls_back(void **state)
{
	struct auth *a = make();
	const char *cookie = open_for(a, "tok_a");
	const struct credentials wrong = {&owner, "Bearer wrong", cookie};
	struct principal who;
	struct err e = {0};
	unsigned retry;

	(void)state;
	assert_string_equal(asks(a, &owner, cookie, &who), "");
	assert_int_equal(who.role, ROLE_OPERATE);
	assert_string_equal(asks(a, &owner, "coffer_session=0", &who),
			    "unauthorized");
	assert_string_equal(asks(a, &owner, "other=1", &who), "");
	assert_int_equal(who.role, ROLE_ADMIN);
	assert_false(auth_check(a, &wrong, &who, &retry, &e));
	auth_free(a);
}

/* Gone, expired, or of another role than it was: so is the session. */
static void test_ends_with_its_token(void **state)
{
	struct token_record list[2];
	struct principal who;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct auth *a = make();
		const char *cookie = open_for(a, "tok_a");

		list[0] = token("tok_b", "admin");
		list[1] = token("tok_a", i == 1 ? "admin" : "operate");
		list[1].expires_at = i == 2 ? clock_now_ms() - 1 : 0;
		assert_true(auth_set_tokens(a, list, i == 0 ? 1 : 2));
		assert_string_equal(asks(a, &local, cookie, &who),
				    "unauthorized");
		/* Also when the token comes back as it was. */
		list[1] = token("tok_a", "operate");
		assert_true(auth_set_tokens(a, list, 2));
		assert_string_equal(asks(a, &local, cookie, &who),
				    "unauthorized");
		auth_free(a);
	}
}

/* The oldest of a token makes room, and never one of another token. */
static void test_bounds(void **state)
{
	struct auth *a = make();
	char other[128], first[128], last[128] = "";
	struct principal who;

	(void)state;
	(void)str_copy(other, sizeof(other), open_for(a, "tok_b"));
	(void)str_copy(first, sizeof(first), open_for(a, "tok_a"));
	for (int i = 1; i < SESSIONS_PER_TOKEN; i++)
		(void)str_copy(last, sizeof(last), open_for(a, "tok_a"));
	assert_string_equal(asks(a, &local, first, &who), "");
	(void)open_for(a, "tok_a");
	assert_string_equal(asks(a, &local, first, &who), "unauthorized");
	assert_string_equal(asks(a, &local, last, &who), "");
	assert_string_equal(asks(a, &local, other, &who), "");
	auth_free(a);
}

static void test_full(void **state)
{
	struct err e = {0};
	struct sessions *all = sessions_new(&e);
	struct principal who = {.role = ROLE_READ};
	char text[SESSION_TEXT_MAX];

	(void)state;
	for (int i = 0; i < SESSIONS_MAX; i++) {
		(void)snprintf(who.id, sizeof(who.id), "tok_%d",
			       i / (SESSIONS_PER_TOKEN - 1));
		assert_true(sessions_open(all, &who, text, &e));
	}
	(void)str_copy(who.id, sizeof(who.id), "tok_new");
	assert_false(sessions_open(all, &who, text, &e));
	assert_string_equal(e.api, "too_many_sessions");
	/* One that has some has room all the same. */
	(void)str_copy(who.id, sizeof(who.id), "tok_1");
	err_clear(&e);
	assert_true(sessions_open(all, &who, text, &e));
	sessions_free(all);
}

/* --- passwords */

static struct auth_login login(const char *name, const char *hash)
{
	struct auth_login l = {.peer = local, .name = name};

	(void)str_copy(l.hash, sizeof(l.hash), hash);
	return l;
}

static const char *tries(struct auth *a, const char *name, const char *hash,
			 bool fits)
{
	const struct auth_login l = login(name, hash);
	static struct err e;
	struct principal who;

	memset(&e, 0, sizeof(e));
	return auth_password_end(a, &l, fits, &who, &e) ? "" : e.api;
}

static void test_password(void **state)
{
	struct auth_login l = login("TOK_A", "");
	struct auth *a = make();
	struct err e = {0};
	unsigned retry;

	(void)state;
	assert_true(auth_password_begin(a, &l, &retry, &e));
	assert_string_equal(l.hash, "scrypt$kept");
	l.name = "nobody";
	assert_true(auth_password_begin(a, &l, &retry, &e));
	assert_string_equal(l.hash, "");
	assert_string_equal(tries(a, "tok_a", "scrypt$kept", true), "");
	/* It fits what was read before; that is no longer the token's. */
	assert_string_equal(tries(a, "tok_a", "scrypt$old", true),
			    "unauthorized");
	assert_string_equal(tries(a, "nobody", "", true), "unauthorized");
	assert_string_equal(tries(a, "tok_a", "scrypt$kept", false),
			    "unauthorized");
	/* Three failures: on loopback, too. */
	assert_false(auth_password_begin(a, &l, &retry, &e));
	assert_string_equal(e.api, "too_many_requests");
	assert_true(retry > 0 && retry <= 61);
	auth_free(a);
}

static void test_origin(void **state)
{
	static const char *const own[][2] = {
		{"http://127.0.0.1:7420", "127.0.0.1:7420"},
		{"https://backup.example", "backup.example"},
		{"https://Backup.example", "backup.EXAMPLE"},
		{"http://[::1]:7420", "[::1]:7420"},
	};
	static const char *const others[][2] = {
		{"null", "null"},
		{"http://127.0.0.1:3000", "127.0.0.1:7420"},
		{"http://localhost:7420", "127.0.0.1:7420"},
		{"https://backup.example.evil", "backup.example"},
		{"https://evil/backup.example", "backup.example"},
		{"", ""},
		{"://", "x"},
		{"backup.example", "backup.example"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(csrf_is_own(own[i][0], own[i][1]));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(csrf_is_own(others[i][0], others[i][1]));
	assert_false(csrf_is_own("http://a", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_session_is_its_token),
		cmocka_unit_test(test_cookies),
		cmocka_unit_test(test_a_second_cookie_is_no_help),
		cmocka_unit_test(test_nobody_falls_back),
		cmocka_unit_test(test_ends_with_its_token),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_password),
		cmocka_unit_test(test_origin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
