#include "base/encode.h"

#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void hex_there_and_back(void **state)
{
	unsigned char bytes[256], back[256];
	char hex[2 * sizeof(bytes) + 1];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)i;
	assert_ptr_equal(hex_encode(bytes, sizeof(bytes), hex), hex);
	assert_memory_equal(hex, "000102", 6);
	assert_string_equal(hex + 508, "feff");
	assert_true(hex_decode(hex, back, sizeof(back)));
	assert_memory_equal(bytes, back, sizeof(bytes));
	assert_string_equal(hex_encode("", 0, hex), "");
	assert_true(hex_decode("", back, 0));
}

static void hex_takes_both_cases(void **state)
{
	unsigned char out[2];

	(void)state;
	assert_true(hex_decode("aBFf", out, 2));
	assert_int_equal(out[0], 0xab);
	assert_int_equal(out[1], 0xff);
}

static void hex_refuses_what_is_none(void **state)
{
	static const char *const cases[] = {"",	      "0",    "000",  "00000",
					    "000000", "0g00", "g000", "00 0",
					    "0x00",   "+1-1"};
	unsigned char out[2];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (hex_decode(cases[i], out, sizeof(out)))
			fail_msg("taken: %s", cases[i]);
}

/* RFC 4648, section 10. */
static void base64_of_the_rfc(void **state)
{
	static const char *const cases[][2] = {
		{"", ""},
		{"f", "Zg=="},
		{"fo", "Zm8="},
		{"foo", "Zm9v"},
		{"foob", "Zm9vYg=="},
		{"fooba", "Zm9vYmE="},
		{"foobar", "Zm9vYmFy"},
	};
	char text[16], back[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *plain = cases[i][0];

		assert_string_equal(base64_encode(plain, strlen(plain), text),
				    cases[i][1]);
		assert_true(base64_decode(text, back, &len));
		assert_int_equal(len, strlen(plain));
		assert_memory_equal(back, plain, len);
	}
}

static void base64_of_all_bytes(void **state)
{
	unsigned char bytes[256], back[258];
	char text[4 * 86 + 1];
	size_t len;

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(255 - i);
	base64_encode(bytes, sizeof(bytes), text);
	assert_memory_equal(text, "//79/Pv6", 8);
	assert_true(base64_decode(text, back, &len));
	assert_int_equal(len, sizeof(bytes));
	assert_memory_equal(bytes, back, sizeof(bytes));
}

static void base64_refuses_what_is_none(void **state)
{
	static const char *const cases[] = {
		"Z",	    "Zg",	"Zg=",	      "Zg===", "Zh==",
		"Zm9=",	    "Zm 9",	"Zm9v\n",     "=Zm9",  "Z=m9",
		"Zg==Zg==", "Zm8=Zm9v", "====",	      "Z===",  "Zm-_",
		"Zm9v=",    "Zm9vZg",	"\xc3\xa9Zm", "A=A=",
	};
	unsigned char out[16];
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (base64_decode(cases[i], out, &len))
			fail_msg("taken: %s", cases[i]);
}

static void assert_percent(const char *plain, bool keep_slash,
			   const char *expected)
{
	struct text t = {0};

	percent_encode(&t, plain, strlen(plain), keep_slash);
	assert_false(t.is_broken);
	assert_string_equal(t.data, expected);
	assert_true(percent_decode(t.data));
	assert_string_equal(t.data, plain);
	text_free(&t);
}

static void percent_there_and_back(void **state)
{
	(void)state;
	assert_percent("", true, "");
	assert_percent("AZaz09-._~", false, "AZaz09-._~");
	assert_percent("a/b c", true, "a/b%20c");
	assert_percent("a/b c", false, "a%2Fb%20c");
	assert_percent("100%+&=?#", false, "100%25%2B%26%3D%3F%23");
	assert_percent("caf\xc3\xa9\x01\xff", false, "caf%C3%A9%01%FF");
}

static void percent_encodes_nul_and_appends(void **state)
{
	struct text t = {0};

	(void)state;
	text_str(&t, "k=");
	percent_encode(&t, "a\0b", 3, false);
	assert_string_equal(t.data, "k=a%00b");
	text_free(&t);
}

static void percent_decode_refuses_broken_escapes(void **state)
{
	static const char *const cases[] = {"%",   "a%",  "%2",	   "%g0",
					    "%0g", "%00", "a%00b", "%%41",
					    "%-1", "ok%2"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *copy = strdup(cases[i]);

		assert_non_null(copy);
		if (percent_decode(copy))
			fail_msg("taken: %s", cases[i]);
		free(copy);
	}
}

static void percent_decode_takes_lower_case_and_plus(void **state)
{
	char s[] = "%2f+%7e%";

	(void)state;
	s[7] = '\0';
	assert_true(percent_decode(s));
	assert_string_equal(s, "/+~");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_there_and_back),
		cmocka_unit_test(hex_takes_both_cases),
		cmocka_unit_test(hex_refuses_what_is_none),
		cmocka_unit_test(base64_of_the_rfc),
		cmocka_unit_test(base64_of_all_bytes),
		cmocka_unit_test(base64_refuses_what_is_none),
		cmocka_unit_test(percent_there_and_back),
		cmocka_unit_test(percent_encodes_nul_and_appends),
		cmocka_unit_test(percent_decode_refuses_broken_escapes),
		cmocka_unit_test(percent_decode_takes_lower_case_and_plus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
