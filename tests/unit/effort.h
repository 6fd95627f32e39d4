/* effort.h - how much of a long test is done. In valgrind everything takes some
 * thirty times as long, and the same code is run often enough in a share. */
#ifndef COFFER_TESTS_UNIT_EFFORT_H
#define COFFER_TESTS_UNIT_EFFORT_H

#include <stdlib.h>

/* whole, but in_valgrind there (COFFER_TEST_VALGRIND, contrib/check). */
static inline unsigned effort(unsigned whole, unsigned in_valgrind)
{
	return getenv("COFFER_TEST_VALGRIND") != NULL ? in_valgrind : whole;
}

#endif
