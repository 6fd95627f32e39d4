/* test_base_nets.c - lists of networks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "base/nets.h"

static bool has(const char *list, const char *text)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	static struct nets n;

	if (!nets_parse(list, &n))
		fail_msg("%s is refused", list);
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return nets_have(&n, (struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return nets_have(&n, (struct sockaddr *)&v6);
}

static void test_right_lists(void **state)
{
	static const struct {
		const char *list;
		size_t count;
	} list[] = {
		{"", 0},
		{"10.0.0.0/8", 1},
		{"192.0.2.7", 1},
		{"192.0.2.7/32", 1},
		{"0.0.0.0/0", 1},
		{"::/0", 1},
		{"::1", 1},
		{"::1/128", 1},
		{"fd00:1::/32", 1},
		{" 10.0.0.0/8 ,\t192.168.0.0/16,fe00::/7 ", 3},
		{"::ffff:10.0.0.0/104", 1},
		{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", 1},
		{"127.128.0.0/9,128.0.0.0/1", 2},
	};
	static struct nets n;

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!nets_parse(list[i].list, &n) || n.count != list[i].count)
			fail_msg("%s", list[i].list);
		assert_true(nets_are_right(list[i].list));
	}
}

static void test_wrong_lists(void **state)
{
	static const char *const list[] = {
		" ",
		",",
		"10.0.0.0/8,",
		",10.0.0.0/8",
		"10.0.0.0/8,,::1",
		"10.0.0.0/8 ::1",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/",
		"10.0.0.0/+8",
		"10.0.0.0/08x",
		"10.0.0.0/ 8",
		"10.0.0.0/8/8",
		"10.0.0.0/4294967304",
		"10.0.0.0/18446744073709551624",
		"10/8",
		"10.0.0/24",
		"10.0.0.1/8",
		"10.64.0.0/9",
		"0.0.0.1/0",
		"256.0.0.0/8",
		"0xa000000/8",
		"010.0.0.0/8",
		"::1/129",
		"::1/127",
		"::1/0",
		"fe80::1%eth0",
		"[::1]",
		"10.0.0.0/255.0.0.0",
		"localhost",
		"example.com/8",
		"/8",
		"10.0.0.0/8\n",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128",
		"00000000000000000000000000000000000000000000000000000001",
	};
	static struct nets n;

	(void)state;
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (nets_parse(list[i], &n) || nets_are_right(list[i]))
			fail_msg("\"%s\" is taken", list[i]);
	}
}

static void test_most(void **state)
{
	char list[(NETS_MAX + 1) * sizeof("::1,")] = "";
	static struct nets n;

	(void)state;
	for (size_t i = 0; i < NETS_MAX; i++)
		strcat(list, i == 0 ? "::1" : ",::1");
	assert_true(nets_parse(list, &n));
	assert_int_equal(n.count, NETS_MAX);
	strcat(list, ",::1");
	assert_false(nets_parse(list, &n));
}

static void test_edges(void **state)
{
	(void)state;
	assert_true(has("10.0.0.0/8", "10.0.0.0"));
	assert_true(has("10.0.0.0/8", "10.255.255.255"));
	assert_false(has("10.0.0.0/8", "9.255.255.255"));
	assert_false(has("10.0.0.0/8", "11.0.0.0"));
	assert_true(has("192.0.2.64/26", "192.0.2.127"));
	assert_false(has("192.0.2.64/26", "192.0.2.128"));
	assert_false(has("192.0.2.64/26", "192.0.2.63"));
	assert_true(has("192.0.2.7", "192.0.2.7"));
	assert_false(has("192.0.2.7", "192.0.2.6"));
	assert_true(has("2001:db8::/33", "2001:db8:7fff::1"));
	assert_false(has("2001:db8::/33", "2001:db8:8000::1"));
	assert_true(has("::1,fd00::/8", "fd12::1"));
	assert_true(has("128.0.0.0/1", "255.255.255.255"));
	assert_false(has("128.0.0.0/1", "127.255.255.255"));
	assert_false(has("", "127.0.0.1"));
}

static void test_families(void **state)
{
	struct sockaddr_un local = {.sun_family = AF_UNIX};
	static struct nets n;

	(void)state;
	assert_true(has("0.0.0.0/0", "8.8.8.8"));
	assert_true(has("0.0.0.0/0", "::ffff:8.8.8.8"));
	assert_false(has("0.0.0.0/0", "2001:db8::1"));
	assert_false(has("0.0.0.0/0", "::8.8.8.8"));
	assert_true(has("::/0", "2001:db8::1"));
	assert_false(has("::/0", "8.8.8.8"));
	assert_false(has("::/0", "::ffff:8.8.8.8"));
	assert_true(has("::ffff:10.0.0.0/104", "10.9.9.9"));
	assert_false(has("::ffff:10.0.0.0/104", "11.9.9.9"));
	assert_true(nets_parse("0.0.0.0/0,::/0", &n));
	assert_false(nets_have(&n, (struct sockaddr *)&local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_right_lists),
		cmocka_unit_test(test_wrong_lists),
		cmocka_unit_test(test_most),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_families),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
