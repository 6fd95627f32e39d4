/*
 * digest.h - the digest of a table or database: the sum modulo 2^128 of
 * XXH3-128 over each row in canonical form, so it does not depend on order.
 *
 * Canonical form of a row: for each column in order one byte 0 for NULL, or
 * one byte 1, the value's length as 8 bytes little-endian, and the value.
 */
#ifndef COFFER_BASE_DIGEST_H
#define COFFER_BASE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { DIGEST_HEX_MAX = 33 };

struct digest {
	uint64_t low;
	uint64_t high;
};

/*
 * Adds one row. values[i] of lengths[i] bytes, NULL for SQL's NULL. Needs no
 * memory of its own: short rows are gathered on the stack, long ones streamed.
 */
void digest_add_row(struct digest *d, const char *const *values,
		    const unsigned long *lengths, unsigned ncolumns);

/*
 * A row whose values come in pieces, or of which nobody knows yet how many
 * columns it has. Gives what digest_add_row() gives of the whole row. Short
 * rows are gathered and hashed at once.
 */
struct digest_row;

/* Caller frees. NULL: no memory. */
struct digest_row *digest_row_new(void) MUST_CHECK;

/* Begins a row; what was not ended is forgotten. */
void digest_row_begin(struct digest_row *row);

/* The next column: a whole value, or SQL's NULL. */
void digest_row_value(struct digest_row *row, const void *bytes, size_t len);
void digest_row_null(struct digest_row *row);

/* The next column: a value of len bytes, which digest_row_bytes() gives, in
 * as many pieces as it likes, before the column after it. */
void digest_row_open(struct digest_row *row, uint64_t len);
void digest_row_bytes(struct digest_row *row, const void *bytes, size_t len);

/* The row is whole: *d += its digest. */
void digest_row_end(struct digest_row *row, struct digest *d);

/* NULL is fine. */
void digest_row_free(struct digest_row *row);

/*
 * Many short rows, of which only the sum is wanted: they are gathered and
 * hashed together, which takes less than one by one.
 */
struct digest_batch;

/* Caller frees. NULL: no memory. */
struct digest_batch *digest_batch_new(void) MUST_CHECK;

/* Begins a sum; what was not ended is forgotten. */
void digest_batch_begin(struct digest_batch *b);

/* As digest_add_row(). Nothing is borrowed. */
void digest_batch_row(struct digest_batch *b, const char *const *values,
		      const unsigned long *lengths, unsigned ncolumns);

/* *d += the digests of all rows. */
void digest_batch_end(struct digest_batch *b, struct digest *d);

/* NULL is fine. */
void digest_batch_free(struct digest_batch *b);

/* *d += *other. */
void digest_add(struct digest *d, const struct digest *other);

/* *d -= *other: what is left of a sum. */
void digest_subtract(struct digest *d, const struct digest *other);

/* True when both are the same. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* 32 hexadecimal digits, high word first. Returns out. */
char *digest_format(const struct digest *d, char out[DIGEST_HEX_MAX]);

/* Reads what digest_format() wrote; false when it is not that. */
bool digest_parse(const char *hex, struct digest *d) MUST_CHECK;

#endif
