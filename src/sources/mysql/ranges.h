/*
 * ranges.h - cuts a table with an integer key into ranges that several
 * connections read.
 *
 * Keys are held as 64-bit numbers in their order: an unsigned one as it is, a
 * signed one with its first bit turned. Nothing is known about how the keys
 * lie in between, so a range is as wide as the last ones make it look right.
 */
#ifndef COFFER_SOURCES_MYSQL_RANGES_H
#define COFFER_SOURCES_MYSQL_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/text.h"

enum {
	MY_RANGE_BYTES = 32 * 1024 * 1024, /* of values, aimed at */
	MY_RANGE_SPAN_MIN = 1000, /* fewer keys are not worth the question */
	MY_RANGE_ROWS_MIN = 100000,
	MY_RANGE_DATA_MIN = 16 * 1024 * 1024,
};

struct my_range {
	uint64_t from, to;
	bool is_first, is_last; /* nothing lies before, behind it */
};

struct my_ranges {
	bool is_unsigned;
	bool is_over; /* all was given out */
	uint64_t first, next, last;
	uint64_t width;	  /* keys that the next range has about */
	unsigned readers; /* that share the table */
};

/* Reads a key as the server writes it. False: it is none. */
bool my_key_parse(const char *text, bool is_unsigned, uint64_t *key) MUST_CHECK;

/* Appends it as the server reads it. */
void my_key_format(struct text *sql, uint64_t key, bool is_unsigned);

/* True when a table with so many rows and bytes (about) is worth it. */
bool my_ranges_is_worth(uint64_t rows, uint64_t bytes);

/* From first to last, both included; rows and bytes are estimates for the
 * first ranges, 0: not known. */
void my_ranges_init(struct my_ranges *r, uint64_t first, uint64_t last,
		    uint64_t rows, uint64_t bytes);

/* The next range; false: all was given out. Near the end they become
 * shorter, so that all readers end together. */
bool my_ranges_take(struct my_ranges *r, struct my_range *out);

/* So many bytes of values were in it. */
void my_ranges_learn(struct my_ranges *r, const struct my_range *done,
		     uint64_t bytes);

/* There is no key from r->next to before this one. */
void my_ranges_jump(struct my_ranges *r, uint64_t key);

#endif
