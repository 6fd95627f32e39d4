#include "base/sha256.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"

static void assert_sha256(const char *text, const char *expected)
{
	char hex[SHA256_HEX_MAX];

	assert_string_equal(sha256_hex(text, strlen(text), hex), expected);
}

/* FIPS 180-4's examples. */
static void sha256_of_known_texts(void **state)
{
	(void)state;
	assert_sha256("", "e3b0c44298fc1c149afbf4c8996fb924"
			  "27ae41e4649b934ca495991b7852b855");
	assert_sha256("abc", "ba7816bf8f01cfea414140de5dae2223"
			     "b00361a396177a9cb410ff61f20015ad");
	assert_sha256(
		"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		"248d6a61d20638b8e5c026930c3e6039"
		"a33ce45964ff2167f6ecedd419db06c1");
}

static void sha256_of_a_million(void **state)
{
	char *text = malloc(1000001);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', 1000000);
	text[1000000] = '\0';
	assert_sha256(text, "cdc76e5c9914fb9281a1c7e284d73e67"
			    "f1809a48a497200e046d39ccc7112cd0");
	free(text);
}

static void sha256_takes_null_for_nothing(void **state)
{
	unsigned char out[SHA256_LEN], empty[SHA256_LEN];

	(void)state;
	sha256(NULL, 0, out);
	sha256("", 0, empty);
	assert_memory_equal(out, empty, SHA256_LEN);
}

static void sha256_agrees_with_evp(void **state)
{
	unsigned char bytes[300], ours[SHA256_LEN], theirs[SHA256_LEN];

	(void)state;
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 7);
	for (unsigned len = 0; len <= sizeof(bytes); len++) {
		sha256(bytes, len, ours);
		assert_int_equal(EVP_Digest(bytes, len, theirs, NULL,
					    EVP_sha256(), NULL),
				 1);
		assert_memory_equal(ours, theirs, SHA256_LEN);
	}
}

struct hmac_case {
	const char *key;
	size_t key_len;
	const char *data;
	size_t data_len;
	const char *expected;
};

static void assert_hmac(const struct hmac_case *c)
{
	unsigned char out[SHA256_LEN];
	char hex[SHA256_HEX_MAX];

	hmac_sha256(c->key, c->key_len, c->data, c->data_len, out);
	assert_string_equal(hex_encode(out, sizeof(out), hex), c->expected);
}

/* RFC 4231, test cases 1, 2, 3, 6 and 7. */
static void hmac_of_rfc_4231(void **state)
{
	static const char key2[] = "Jefe";
	static const char data2[] = "what do ya want for nothing?";
	static const char data6[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	static const char data7[] =
		"This is a test using a larger than block-size key and a "
		"larger than block-size data. The key needs to be hashed "
		"before being used by the HMAC algorithm.";
	char key1[20], key3[20], data3[50], key6[131];
	const struct hmac_case cases[] = {
		{key1, sizeof(key1), "Hi There", 8,
		 "b0344c61d8db38535ca8afceaf0bf12b"
		 "881dc200c9833da726e9376c2e32cff7"},
		{key2, sizeof(key2) - 1, data2, sizeof(data2) - 1,
		 "5bdcc146bf60754e6a042426089575c7"
		 "5a003f089d2739839dec58b964ec3843"},
		{key3, sizeof(key3), data3, sizeof(data3),
		 "773ea91e36800e46854db8ebd09181a7"
		 "2959098b3ef8c122d9635514ced565fe"},
		{key6, sizeof(key6), data6, sizeof(data6) - 1,
		 "60e431591ee0b67f0d8a26aacbf5b77f"
		 "8e0bc6213728c5140546040f0ee37f54"},
		{key6, sizeof(key6), data7, sizeof(data7) - 1,
		 "9b09ffa71b942fcb27635fbcd5b0e944"
		 "bfdc63644f0713938a7f51535c3a35e2"},
	};

	(void)state;
	memset(key1, 0x0b, sizeof(key1));
	memset(key3, 0xaa, sizeof(key3));
	memset(data3, 0xdd, sizeof(data3));
	memset(key6, 0xaa, sizeof(key6));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_hmac(&cases[i]);
}

/* Every key length across the block's, against OpenSSL's own. */
static void hmac_agrees_with_openssl(void **state)
{
	unsigned char key[140], ours[SHA256_LEN], theirs[SHA256_LEN];
	unsigned len = sizeof(theirs);

	(void)state;
	memset(key, 0x5a, sizeof(key));
	for (int n = 0; n <= (int)sizeof(key); n++) {
		hmac_sha256(key, (size_t)n, key, (size_t)n, ours);
		assert_non_null(HMAC(EVP_sha256(), key, n, key, (size_t)n,
				     theirs, &len));
		assert_memory_equal(ours, theirs, SHA256_LEN);
	}
	hmac_sha256(NULL, 0, NULL, 0, ours);
	hmac_sha256("", 0, "", 0, theirs);
	assert_memory_equal(ours, theirs, SHA256_LEN);
}

/* RFC 1321's test suite, unless this OpenSSL does without. */
static void md5_of_known_texts(void **state)
{
	static const char *const cases[][2] = {
		{"", "d41d8cd98f00b204e9800998ecf8427e"},
		{"abc", "900150983cd24fb0d6963f7d28e17f72"},
		{"message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
	};
	unsigned char out[MD5_LEN];
	char hex[2 * MD5_LEN + 1];

	(void)state;
	if (!md5("", 0, out))
		skip();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_true(md5(cases[i][0], strlen(cases[i][0]), out));
		assert_string_equal(hex_encode(out, MD5_LEN, hex), cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_known_texts),
		cmocka_unit_test(sha256_of_a_million),
		cmocka_unit_test(sha256_takes_null_for_nothing),
		cmocka_unit_test(sha256_agrees_with_evp),
		cmocka_unit_test(hmac_of_rfc_4231),
		cmocka_unit_test(hmac_agrees_with_openssl),
		cmocka_unit_test(md5_of_known_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
