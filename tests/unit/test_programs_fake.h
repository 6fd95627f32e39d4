/*
 * test_programs_fake.h - stands in for the helper: hooks that answer what a
 * test wants, and programs that write what it wants. Linked before the room
 * programs, whose calls it replaces.
 */
#ifndef COFFER_TESTS_TEST_PROGRAMS_FAKE_H
#define COFFER_TESTS_TEST_PROGRAMS_FAKE_H

#include <stddef.h>

struct loop;

/* How an operation is answered. */
struct fake_call {
	const char *operation; /* "btrfs create", "list": the helper's own */
	const char *reply;     /* JSON; NULL: it fails, unless it hangs */
	const char *error;     /* the sentence then */
	unsigned after_ms;     /* it takes so long */
	unsigned times; /* so often, then the next that fits; 0: always */
};

/* calls end with operation == NULL and are borrowed until the next. What is not
 * among them hangs until it is ended. */
void fake_programs_begin(struct loop *l, const struct fake_call *calls);

/* What a program that packs writes, borrowed; and how it ends: NULL, well. */
void fake_programs_output(const void *bytes, size_t n, const char *error);

/* What was called, a line each: "btrfs create bak_1 /data", "pack tar /dir";
 * and "ended OPERATION" of what was ended before it answered. */
const char *fake_programs_log(void);

/* How many lines begin so. */
unsigned fake_programs_count(const char *begins);

/* Frees all. */
void fake_programs_end(void);

#endif
