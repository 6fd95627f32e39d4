/* test_mysql_tar.h - makes tar archives in memory. */
#ifndef COFFER_TESTS_TEST_MYSQL_TAR_H
#define COFFER_TESTS_TEST_MYSQL_TAR_H

#include <stddef.h>

#include "base/text.h"

struct test_tar {
	struct text bytes;
};

/* An empty one. */
void test_tar_init(struct test_tar *t);
void test_tar_fini(struct test_tar *t);
void test_tar_reset(struct test_tar *t);

/* A member of that type with so many bytes of content; a name of 100 bytes and
 * more comes as a long name of GNU tar. */
void test_tar_add(struct test_tar *t, const char *name, char type,
		  size_t bytes);

/* One like it, whose header was changed: size 12 bytes at 124, say. */
void test_tar_add_raw(struct test_tar *t, const char *name, char type,
		      const char *size, const void *content, size_t bytes);

/* The name of one that is there, to another of the same length. */
void test_tar_rename(struct test_tar *t, const char *from, const char *to);

/* Two blocks of nothing. */
void test_tar_end(struct test_tar *t);

#endif
