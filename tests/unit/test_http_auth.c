/* Tokens, roles, the unix socket, and failures per address. */
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

static const struct peer local = {.address = "127.0.0.1", .is_local = true};
static const struct peer remote = {.address = "192.0.2.1"};
static const struct peer other = {.address = "192.0.2.2"};
static const struct peer owner = {
	.address = "unix", .is_local = true, .is_trusted = true};

static struct auth *make(void)
{
	struct token_record t[2] = {{.name = "a", .role = "operate"},
				    {.name = "old", .role = "admin"}};
	struct err e = {0};
	struct auth *a = auth_new(3, &e);

	assert_non_null(a);
	assert_false(auth_is_loaded(a));
	sha256_hex("right", 5, t[0].hash);
	sha256_hex("expired", 7, t[1].hash);
	t[1].expires_at = clock_now_ms() - 1;
	assert_true(auth_set_tokens(a, t, 2));
	assert_true(auth_is_loaded(a));
	return a;
}

/* "" when let in, else the code. */
static const char *asks(struct auth *a, const struct peer *p,
			const char *header)
{
	static struct err e;
	struct principal who;
	unsigned retry;

	memset(&e, 0, sizeof(e));
	return auth_check(a, &(struct credentials){p, header, NULL}, &who,
			  &retry, &e)
		       ? ""
		       : e.api;
}

static void test_roles(void **state)
{
	(void)state;
	for (unsigned i = ROLE_READ; i < ROLE_COUNT; i++)
		assert_int_equal(role_parse(role_name((enum role)i)), i);
	assert_int_equal(role_parse("root"), ROLE_NONE);
	assert_int_equal(role_parse("none"), ROLE_NONE);
	assert_true(ROLE_READ < ROLE_OPERATE && ROLE_OPERATE < ROLE_RESTORE &&
		    ROLE_RESTORE < ROLE_ADMIN);
}

static void test_headers(void **state)
{
	static const char *const bad[] = {
		"",
		"Bearer",
		"Bearer ",
		"right",
		"Basic right",
		"Bearer right ",
		"Bearer rig",
		"Bearer righty",
		"Bearer Right",
		"Bearer expired",
		"Bearer right right",
		"Bearerright",
	};
	struct auth *a = make();

	(void)state;
	assert_string_equal(asks(a, &local, "Bearer right"), "");
	assert_string_equal(asks(a, &local, "bearer right"), "");
	assert_string_equal(asks(a, &local, "Bearer   right"), "");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(asks(a, &local, bad[i]), "unauthorized");
	assert_string_equal(asks(a, &local, NULL), "unauthorized");
	auth_free(a);
}

static void test_principal(void **state)
{
	struct auth *a = make();
	struct principal who;
	struct err e = {0};
	unsigned retry;

	(void)state;
	assert_true(auth_check(
		a, &(struct credentials){&remote, "Bearer right", NULL}, &who,
		&retry, &e));
	assert_int_equal(who.role, ROLE_OPERATE);
	assert_string_equal(who.name, "a");
	auth_free(a);
}

/* The socket's owner needs no token, but a wrong one is wrong there too. */
static void test_owner(void **state)
{
	struct auth *a = make();
	struct principal who;
	struct err e = {0};
	unsigned retry;

	(void)state;
	assert_true(auth_check(a, &(struct credentials){&owner, NULL, NULL},
			       &who, &retry, &e));
	assert_int_equal(who.role, ROLE_ADMIN);
	assert_string_equal(asks(a, &owner, "Bearer wrong"), "unauthorized");
	auth_free(a);
}

static void test_nobody_before_tokens(void **state)
{
	struct err e = {0};
	struct auth *a = auth_new(3, &e);

	(void)state;
	assert_string_equal(asks(a, &remote, "Bearer right"), "not_ready");
	assert_string_equal(asks(a, &owner, NULL), "");
	auth_free(a);
}

static void test_failures(void **state)
{
	struct auth *a = make();
	struct principal who;
	struct err e = {0};
	unsigned retry;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_string_equal(asks(a, &remote, "Bearer no"),
				    "unauthorized");
	/* Then not even the right one is looked at. */
	assert_false(auth_check(
		a, &(struct credentials){&remote, "Bearer right", NULL}, &who,
		&retry, &e));
	assert_string_equal(e.api, "too_many_requests");
	assert_true(retry > 0 && retry <= 61);
	assert_string_equal(asks(a, &other, "Bearer right"), "");
	/* No token at all is no guess. */
	for (int i = 0; i < 9; i++)
		assert_string_equal(asks(a, &other, NULL), "unauthorized");
	assert_string_equal(asks(a, &other, "Bearer right"), "");
	for (int i = 0; i < 9; i++)
		assert_string_equal(asks(a, &local, "Bearer no"),
				    "unauthorized");
	assert_string_equal(asks(a, &local, "Bearer right"), "");
	auth_free(a);
}

/* More addresses than are remembered: bounded, and nobody is locked out. */
static void test_many_addresses(void **state)
{
	struct auth *a = make();
	struct peer p = {0};

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(p.address, sizeof(p.address), "10.0.%d.%d",
			       i / 250, i % 250);
		assert_string_equal(asks(a, &p, "Bearer no"), "unauthorized");
	}
	assert_string_equal(asks(a, &p, "Bearer right"), "");
	auth_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_principal),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_nobody_before_tokens),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_many_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
