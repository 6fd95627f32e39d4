/* test_mysql_tar.c - tar archives for tests. */
#include "test_mysql_tar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCK = 512, NAME_LEN = 100 };

void test_tar_init(struct test_tar *t)
{
	text_free(&t->bytes);
	text_str(&t->bytes, "");
}

void test_tar_fini(struct test_tar *t)
{
	text_free(&t->bytes);
}

void test_tar_reset(struct test_tar *t)
{
	text_reset(&t->bytes);
}

static void checksum(unsigned char *b)
{
	unsigned sum = 0;
	char digits[16];

	memset(b + 148, ' ', 8);
	for (int i = 0; i < BLOCK; i++)
		sum += b[i];
	(void)snprintf(digits, sizeof(digits), "%06o", sum);
	memcpy(b + 148, digits, 7);
	b[155] = ' ';
}

static void header(struct test_tar *t, const char *name, char type,
		   const char *size)
{
	unsigned char b[BLOCK] = {0};

	memcpy(b, name, strnlen(name, NAME_LEN));
	memcpy(b + 100, "0000640", 8);
	memcpy(b + 124, size, 12);
	b[156] = (unsigned char)type;
	memcpy(b + 257, "ustar", 6);
	memcpy(b + 263, "00", 2);
	checksum(b);
	text_add(&t->bytes, b, BLOCK);
}

static void content(struct test_tar *t, const void *bytes, size_t n)
{
	static const unsigned char nothing[BLOCK];

	text_add(&t->bytes, bytes, n);
	if (n % BLOCK != 0)
		text_add(&t->bytes, nothing, BLOCK - n % BLOCK);
}

void test_tar_add_raw(struct test_tar *t, const char *name, char type,
		      const char *size, const void *bytes, size_t n)
{
	header(t, name, type, size);
	content(t, bytes, n);
}

void test_tar_add(struct test_tar *t, const char *name, char type, size_t n)
{
	unsigned char *bytes = malloc(n + 1);
	char size[16];

	assert_non_null(bytes);
	memset(bytes, 'x', n);
	if (strlen(name) >= NAME_LEN) {
		(void)snprintf(size, sizeof(size), "%011o",
			       (unsigned)strlen(name) + 1);
		test_tar_add_raw(t, "././@LongLink", 'L', size, name,
				 strlen(name) + 1);
	}
	(void)snprintf(size, sizeof(size), "%011o", (unsigned)n);
	test_tar_add_raw(t, name, type, size, bytes, n);
	free(bytes);
}

void test_tar_rename(struct test_tar *t, const char *from, const char *to)
{
	for (size_t at = 0; at < t->bytes.len; at += BLOCK) {
		unsigned char *b = (unsigned char *)t->bytes.data + at;

		if (strcmp((char *)b, from) != 0)
			continue;
		memcpy(b, to, strlen(to));
		checksum(b);
	}
}

void test_tar_end(struct test_tar *t)
{
	static const unsigned char nothing[2 * BLOCK];

	text_add(&t->bytes, nothing, sizeof(nothing));
}
