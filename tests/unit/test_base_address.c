/* test_base_address.c - addresses that nothing is sent to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/address.h"

static bool is_forbidden(const char *text)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_forbidden((struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_forbidden((struct sockaddr *)&v6);
}

static void test_forbidden(void **state)
{
	static const char *const list[] = {"0.0.0.0",
					   "0.1.2.3",
					   "169.254.0.0",
					   "169.254.169.254",
					   "169.254.255.255",
					   "100.100.100.200",
					   "224.0.0.1",
					   "239.255.255.255",
					   "240.0.0.1",
					   "255.255.255.255",
					   "::",
					   "fe80::1",
					   "febf:ffff::1",
					   "ff02::1",
					   "fd00:ec2::254",
					   "::ffff:169.254.169.254",
					   "::ffff:0.0.0.0",
					   "64:ff9b::169.254.169.254"};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!is_forbidden(list[i]) ||
		    !address_text_is_forbidden(list[i]))
			fail_msg("%s is let through", list[i]);
	}
}

static void test_allowed(void **state)
{
	static const char *const list[] = {
		"127.0.0.1",	   "1.0.0.0",	       "10.0.0.1",
		"169.253.255.255", "169.255.0.0",      "100.100.100.199",
		"192.168.1.1",	   "223.255.255.255",  "::1",
		"fd00::1",	   "fe00::1",	       "fec0::1",
		"2001:db8::1",	   "::ffff:127.0.0.1", "64:ff9b::10.0.0.1"};

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (is_forbidden(list[i]) || address_text_is_forbidden(list[i]))
			fail_msg("%s is refused", list[i]);
	}
}

static void test_texts(void **state)
{
	(void)state;
	assert_true(address_text_is_forbidden("0xa9fea9fe"));
	assert_true(address_text_is_forbidden("2852039166"));
	assert_true(address_text_is_forbidden("0"));
	assert_false(address_text_is_forbidden("127.1"));
	assert_false(address_text_is_forbidden("localhost"));
	assert_false(address_text_is_forbidden(""));
}

static void test_other_families(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	(void)state;
	assert_false(address_is_forbidden((struct sockaddr *)&a));
}

/* Ends the limit again. */
static void lift_limit(void)
{
	assert_true(address_allow_only(""));
	assert_false(address_is_limited());
}

static void test_limit(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};

	(void)state;
	assert_null(strstr(address_forbidden_text(), "allowed_addresses"));
	assert_true(address_allow_only("10.0.0.0/8, 2001:db8::/32"));
	assert_true(address_is_limited());
	assert_non_null(strstr(address_forbidden_text(), "allowed_addresses"));
	assert_false(is_forbidden("10.1.2.3"));
	assert_false(is_forbidden("::ffff:10.1.2.3"));
	assert_false(is_forbidden("2001:db8:1::1"));
	assert_true(is_forbidden("11.0.0.1"));
	assert_true(is_forbidden("127.0.0.1"));
	assert_true(is_forbidden("::ffff:127.0.0.1"));
	assert_true(is_forbidden("2001:db9::1"));
	assert_true(is_forbidden("64:ff9b::10.1.2.3"));
	assert_true(address_text_is_forbidden("127.1"));
	assert_false(address_text_is_forbidden("10.1"));
	assert_true(address_text_is_forbidden("::1"));
	assert_false(address_text_is_forbidden("localhost"));
	assert_false(address_is_forbidden((struct sockaddr *)&local));
	lift_limit();
	assert_false(is_forbidden("11.0.0.1"));
}

/* Nobody can allow what is forbidden for good. */
static void test_limit_beside(void **state)
{
	(void)state;
	assert_true(address_allow_only("0.0.0.0/0,::/0"));
	assert_true(is_forbidden("169.254.169.254"));
	assert_true(is_forbidden("fd00:ec2::254"));
	assert_true(is_forbidden("::"));
	assert_false(is_forbidden("8.8.8.8"));
	assert_false(is_forbidden("2001:db9::1"));
	lift_limit();
}

static void test_no_limit(void **state)
{
	(void)state;
	assert_false(address_allow_only("10.0.0.0/8,x"));
	assert_false(address_is_limited());
	assert_false(is_forbidden("127.0.0.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_allowed),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_other_families),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_limit_beside),
		cmocka_unit_test(test_no_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
