/*
 * fuzz_dump.c - the text of a dump as a restore reads it: in pieces of some
 * size, which the first byte tells, against the same as a whole; each statement
 * with databases renamed, without its definer, and cut; and what servers print
 * of tables.
 *
 * make check runs it over tests/data/dump (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/mysql/load/definer.h"
#include "sources/mysql/load/pieces.h"
#include "sources/mysql/load/rename.h"
#include "sources/mysql/load/split.h"
#include "sources/mysql/plain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { PIECE_BYTES = 64 };

static void cut(const char *sql, size_t len)
{
	struct my_pieces p = {0};
	struct err e = {0};
	const char *piece;
	size_t n, all = 0;

	if (my_pieces_begin(&p, sql, len, PIECE_BYTES, &e)) {
		while (my_pieces_has_more(&p) &&
		       my_pieces_next(&p, &piece, &n, &e)) {
			if (n == 0 || n > PIECE_BYTES)
				abort();
			all += n;
		}
		if (!err_is(&e) && all < len / PIECE_BYTES)
			abort();
	}
	my_pieces_fini(&p);
}

static void look_at(const char *sql, size_t len)
{
	struct my_renames r = {0};
	struct my_columns cols = {0};
	struct text out = {0};
	struct err e = {0};
	bool is_plain;
	char *copy = malloc(len + (len == 0));

	if (copy == NULL || !my_renames_add(&r, "shop", "shop`2"))
		abort();
	memcpy(copy, sql, len);
	(void)my_renames_apply(&r, copy, len, &out);
	text_reset(&out);
	(void)my_definer_replace(copy, len, &out);
	if (my_plain_read(&cols, copy, len, &is_plain, &e) && is_plain)
		my_columns_fini(&cols);
	cut(copy, len);
	text_free(&out);
	my_renames_fini(&r);
	free(copy);
}

/* All statements, as one number. */
static uint64_t read_dump(const char *data, size_t len, size_t piece)
{
	enum my_split_answer answer = SPLIT_MORE;
	struct my_split s = {0};
	struct err e = {0};
	uint64_t sum = 0;
	const char *sql;
	size_t n;

	for (size_t at = 0; at < len && answer != SPLIT_FAIL; at += piece) {
		my_split_feed(&s, data + at,
			      len - at < piece ? len - at : piece);
		while ((answer = my_split_next(&s, &sql, &n, &e)) ==
		       SPLIT_STATEMENT) {
			for (size_t i = 0; i < n; i++)
				sum = sum * 31 + (unsigned char)sql[i];
			sum = sum * 31 + n;
			if (piece == len)
				look_at(sql, n);
		}
	}
	if (answer == SPLIT_FAIL)
		sum = 1;
	sum = sum * 2 + my_split_is_clean(&s);
	my_split_fini(&s);
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;

	if (len == 0)
		return 0;
	if (read_dump(text, len, len) !=
	    read_dump(text, len, data[0] % 61 + 1U))
		abort();
	look_at(text, len);
	return 0;
}
