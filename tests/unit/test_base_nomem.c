/*
 * Torture: whatever the room allocates is refused, the first allocation, then
 * the second, and so on until all is done. Each step has to fail with an error
 * that is told, leak nothing (the sanitizers look), and do no harm.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/zone.h"
#include "scarce_memory.h"
#include "test_base_folder.h"

/* How many allocations succeed yet; below zero all do. */
static long left = -1;
static bool was_refused;

bool scarce_memory_refuses(void)
{
	if (left < 0)
		return false;
	if (left > 0) {
		left--;
		return false;
	}
	was_refused = true;
	return true;
}

void *__real_mmap(void *at, size_t len, int prot, int flags, int fd,
		  off_t offset);
void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd,
		  off_t offset);

void *__wrap_mmap(void *at, size_t len, int prot, int flags, int fd,
		  off_t offset)
{
	if (scarce_memory_refuses())
		return MAP_FAILED;
	return __real_mmap(at, len, prot, flags, fd, offset);
}

/* OpenSSL allocates through these. */
static void *crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return realloc(p, size);
}

static void crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Does its work; false with *e filled when it could not. */
typedef bool (*work_fn)(struct err *e);

static void torture(work_fn work)
{
	struct err e = {0};

	if (!work(&e)) /* once without, so that what stays for good is there */
		fail_msg("%s", e.msg);
	for (long n = 0; n < 10000; n++) {
		bool ok;

		err_clear(&e);
		was_refused = false;
		left = n;
		ok = work(&e);
		left = -1;
		assert_true(ok != err_is(&e));
		if (!was_refused) {
			assert_true(ok);
			assert_true(n > 0);
			return;
		}
	}
	fail_msg("no end of allocations");
}

static struct secret_key *key;

static bool seal_and_open(struct err *e)
{
	char *sealed = secret_seal(key, "bound", "hunter2", 7, e);
	char *opened = NULL;

	if (sealed)
		opened = secret_open(key, "bound", sealed, NULL, e);
	if (opened)
		assert_string_equal(opened, "hunter2");
	else
		assert_true(e->code == ERR_NOMEM || e->code == ERR_DAMAGED);
	free(sealed);
	if (!opened)
		return false;
	secret_free(opened);
	return true;
}

static bool make_and_load_key(struct err *e)
{
	struct secret_key *k;

	unlink("new");
	k = secret_key_load("new", e);
	secret_key_free(k);
	return k != NULL;
}

static bool write_and_read(struct err *e)
{
	size_t len;
	char *content;

	if (!file_write("f", 0600, "content", 7, e))
		return false;
	content = file_read("f", 100, &len, e);
	if (!content)
		return false;
	assert_string_equal(content, "content");
	free(content);
	return true;
}

static bool make_folders(struct err *e)
{
	rmdir("a/b/c");
	rmdir("a/b");
	rmdir("a");
	return file_make_dirs("a/b/c", e);
}

static bool grow_a_text(struct err *e)
{
	struct text t = {0};
	char *s;

	for (unsigned i = 0; i < 500; i++) {
		text_printf(&t, "%u,", i);
		percent_encode(&t, "a b", 3, false);
	}
	s = text_take(&t);
	if (!s)
		return err_nomem(e, "a text");
	assert_int_equal(strlen(s), 1390 + 500 * 6);
	free(s);
	return true;
}

static bool open_zones(struct err *e)
{
	static const char *const names[] = {"UTC", "Europe/Berlin"};

	for (size_t i = 0; i < 2; i++) {
		struct zone *z = zone_open(NULL, names[i], e);

		assert_true(z != NULL || e->code == ERR_NOMEM);
		if (z == NULL)
			return false;
		zone_free(z);
	}
	return true;
}

static void sealing_survives(void **state)
{
	(void)state;
	torture(seal_and_open);
}

static void the_key_survives(void **state)
{
	(void)state;
	torture(make_and_load_key);
}

static void files_survive(void **state)
{
	(void)state;
	torture(write_and_read);
}

static void folders_survive(void **state)
{
	(void)state;
	torture(make_folders);
}

static void texts_survive(void **state)
{
	(void)state;
	torture(grow_a_text);
}

static void zones_survive(void **state)
{
	(void)state;
	torture(open_zones);
}

/* These have no way to fail, so they may not need any memory. */
static void digests_need_no_memory(void **state)
{
	unsigned char out[SHA256_LEN];
	char hex[SHA256_HEX_MAX];

	(void)state;
	was_refused = false;
	left = 0;
	sha256("abc", 3, out);
	hmac_sha256("key", 3, "abc", 3, out);
	sha256_hex("abc", 3, hex);
	left = -1;
	assert_false(was_refused);
	assert_memory_equal(hex, "ba7816bf", 8);
}

static int begin(void **state)
{
	struct err e = {0};

	if (enter_folder(state) != 0)
		return -1;
	key = secret_key_load("key", &e);
	return key ? 0 : -1;
}

static int end(void **state)
{
	secret_key_free(key);
	return leave_folder(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sealing_survives),
		cmocka_unit_test(the_key_survives),
		cmocka_unit_test(files_survive),
		cmocka_unit_test(folders_survive),
		cmocka_unit_test(texts_survive),
		cmocka_unit_test(zones_survive),
		cmocka_unit_test(digests_need_no_memory),
	};

	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
				     crypto_free) != 1)
		return 1;
	return scarce_memory_verdict(cmocka_run_group_tests(tests, begin, end));
}
