/* test_mysql_rows.c - rows in frames: text, spans, digests, long rows. */
#include "config.h" /* for memmem() */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sources/mysql/dump/rows.h"
#include "sources/mysql/load/split.h"

struct rig {
	struct link link;
	struct my_out out;
	uint64_t plain_bytes;
	struct my_columns columns;
	struct my_rows rows;
};

static void rig_init(struct rig *r, const char *table)
{
	static const unsigned char literals[] = {MY_NUMBER, MY_STRING,
						 MY_UTF8_STRING};
	struct err e = {0};

	memset(r, 0, sizeof(*r));
	TAILQ_INIT(&r->link.frames);
	r->out.link = &r->link;
	r->out.preamble = "SET NAMES binary;\n";
	r->out.plain_bytes = &r->plain_bytes;
	r->columns.n = 3;
	r->columns.literals = malloc(sizeof(literals));
	memcpy(r->columns.literals, literals, sizeof(literals));
	text_str(&r->columns.names, "`i`,`s`,`j`");
	assert_true(my_rows_init(&r->rows, &r->columns, table, &e));
	assert_true(my_out_begin(&r->out,
				 item_new(0, ITEM_DATA, "table", "db", table),
				 "db", &e));
}

static void rig_put(struct rig *r, const char *i, const char *s, size_t len,
		    const char *j)
{
	char *values[] = {(char *)(uintptr_t)i, (char *)(uintptr_t)s,
			  (char *)(uintptr_t)j};
	unsigned long lengths[] = {i ? strlen(i) : 0, s ? len : 0,
				   j ? strlen(j) : 0};
	struct my_row row = {values, lengths};
	struct err e = {0};
	bool is_whole = false;

	while (!is_whole)
		assert_true(
			my_rows_put(&r->rows, &r->out, &row, &is_whole, &e));
}

static void rig_end(struct rig *r)
{
	struct err e = {0};

	assert_true(my_rows_end(&r->rows, &r->out, &e));
	assert_true(my_out_end(&r->out, &e));
	assert_true(my_out_flush(&r->out, &e));
}

static void rig_fini(struct rig *r)
{
	struct frame *f;

	while ((f = link_pop(&r->link)) != NULL)
		frame_free(f);
	my_rows_fini(&r->rows);
	my_columns_fini(&r->columns);
	my_out_fini(&r->out);
}

static const char *text_of(struct frame *f)
{
	assert_true(frame_reserve(f, 1));
	f->data[f->len] = '\0';
	return (const char *)f->data;
}

static void test_one_frame(void **state)
{
	struct rig r;
	struct frame *f;

	(void)state;
	rig_init(&r, "t");
	rig_put(&r, "1", "it's", 4, "{}");
	rig_put(&r, NULL, NULL, 0, NULL);
	rig_put(&r, "-0", "", 0, "\"");
	rig_end(&r);
	assert_int_equal(r.link.nframes, 1);
	f = TAILQ_FIRST(&r.link.frames);
	assert_string_equal(text_of(f), "SET NAMES binary;\n"
					"USE `db`;\n"
					"INSERT INTO `t` (`i`,`s`,`j`) VALUES\n"
					"(1,'it\\'s',_utf8mb4'{}'),\n"
					"(NULL,NULL,NULL),\n"
					"('-0','',_utf8mb4'\\\"');\n");
	assert_int_equal(f->nspans, 1);
	assert_int_equal(f->spans[0].rows, 3);
	assert_true(f->spans[0].ends_run);
	assert_int_equal(f->spans[0].plain_offset, 0);
	assert_int_equal(f->spans[0].plain_len, f->len);
	assert_int_equal(r.plain_bytes, f->len);
	rig_fini(&r);
}

static void test_no_rows(void **state)
{
	struct rig r;
	struct frame *f;

	(void)state;
	rig_init(&r, "t");
	rig_end(&r);
	assert_int_equal(r.link.nframes, 1);
	f = TAILQ_FIRST(&r.link.frames);
	assert_int_equal(f->nspans, 1);
	assert_int_equal(f->spans[0].rows, 0);
	assert_int_equal(f->spans[0].plain_len, f->len);
	assert_true(f->spans[0].ends_run);
	rig_fini(&r);
}

/* What came out of all frames: statements, rows, bytes in spans. */
struct sum {
	size_t statements, inserts, open_frames;
	uint64_t rows;
	struct digest digest;
	size_t nends;
};

static void split_all(struct my_split *s, struct sum *sum)
{
	struct err e = {0};
	const char *sql;
	size_t len;

	while (my_split_next(s, &sql, &len, &e) == SPLIT_STATEMENT) {
		sum->statements++;
		sum->inserts += strncmp(sql, "INSERT INTO ", 12) == 0;
	}
	assert_false(err_is(&e));
}

static struct sum sum_up(struct rig *r)
{
	struct my_split s = {0};
	struct sum sum = {0};
	struct frame *f;

	TAILQ_FOREACH (f, &r->link.frames, entry) {
		bool was_clean = my_split_is_clean(&s);

		assert_true(f->len <= FRAME_BYTES);
		if (was_clean)
			assert_memory_equal(f->data, "SET NAMES binary;\n", 18);
		my_split_feed(&s, (const char *)f->data, f->len);
		split_all(&s, &sum);
		assert_int_equal(f->is_open, !my_split_is_clean(&s));
		sum.open_frames += f->is_open;
		for (size_t i = 0; i < f->nspans; i++) {
			sum.rows += f->spans[i].rows;
			sum.nends += f->spans[i].ends_run;
			digest_add(&sum.digest, &f->spans[i].digest);
		}
	}
	assert_true(my_split_is_clean(&s));
	my_split_fini(&s);
	return sum;
}

static void test_many_frames(void **state)
{
	struct rig r;
	struct sum sum;
	char s[3000];

	(void)state;
	memset(s, '\'', sizeof(s));
	rig_init(&r, "t");
	for (int i = 0; i < 2000; i++)
		rig_put(&r, "1", s, (size_t)i % sizeof(s), "{}");
	rig_end(&r);
	sum = sum_up(&r);
	assert_true(r.link.nframes > 2);
	assert_int_equal(sum.rows, 2000);
	assert_int_equal(sum.nends, 1);
	assert_int_equal(sum.open_frames, 0);
	/* Each frame has its own statement. */
	assert_int_equal(sum.inserts, r.link.nframes);
	assert_true(r.rows.longest_bytes < FRAME_BYTES);
	rig_fini(&r);
}

static void check_long(size_t len, char fill)
{
	char *s = malloc(len);
	struct rig r;
	struct sum sum;
	struct digest want = {0};
	const char *values[] = {"2", s, "{}"};
	unsigned long lengths[] = {1, len, 2};

	memset(s, fill, len);
	rig_init(&r, "t");
	rig_put(&r, "1", "short", 5, "{}");
	rig_put(&r, "2", s, len, "{}");
	rig_put(&r, "3", "short", 5, NULL);
	rig_end(&r);
	sum = sum_up(&r);
	assert_int_equal(sum.rows, 3);
	assert_int_equal(sum.nends, 1);
	digest_add_row(&want, values, lengths, 3);
	values[0] = "1";
	values[1] = "short";
	lengths[1] = 5;
	digest_add_row(&want, values, lengths, 3);
	values[0] = "3";
	values[2] = NULL;
	lengths[2] = 0;
	digest_add_row(&want, values, lengths, 3);
	assert_true(digest_equal(&sum.digest, &want));
	rig_fini(&r);
	free(s);
}

static void test_long_rows(void **state)
{
	static const size_t lengths[] = {
		FRAME_BYTES / 2 - 200, FRAME_BYTES / 2,	    FRAME_BYTES - 200,
		FRAME_BYTES - 100,     FRAME_BYTES - 60,    FRAME_BYTES,
		FRAME_BYTES + 1,       3 * FRAME_BYTES + 7,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		check_long(lengths[i], 'x');
		check_long(lengths[i], '\n');
	}
}

/* Each end of a long row near the end of a frame. */
static void test_long_rows_at_each_end(void **state)
{
	(void)state;
	for (size_t n = FRAME_BYTES - 180; n < FRAME_BYTES + 20; n += 3)
		check_long(n, 'y');
}

static void test_long_row_is_whole(void **state)
{
	size_t len = 2 * FRAME_BYTES + 12345, at = 0;
	char *s = malloc(len), *all = malloc(3 * len);
	struct rig r;
	struct frame *f;

	(void)state;
	for (size_t i = 0; i < len; i++)
		s[i] = (char)('a' + i % 23);
	rig_init(&r, "t");
	rig_put(&r, "1", s, len, NULL);
	rig_end(&r);
	TAILQ_FOREACH (f, &r.link.frames, entry) {
		memcpy(all + at, f->data, f->len);
		at += f->len;
	}
	all[at] = '\0';
	assert_non_null(memmem(all, at, s, len));
	assert_int_equal(r.link.nframes, 4);
	assert_true(r.rows.longest_bytes > len);
	rig_fini(&r);
	free(s);
	free(all);
}

static void test_table_with_a_line_end_in_its_name(void **state)
{
	struct rig r;
	struct frame *f;

	(void)state;
	rig_init(&r, "a;\nb");
	rig_put(&r, "1", "x", 1, NULL);
	rig_put(&r, "2", "y", 1, NULL);
	rig_end(&r);
	f = TAILQ_FIRST(&r.link.frames);
	assert_non_null(strstr(text_of(f), "DELIMITER ;;\n"
					   "INSERT INTO `a;\nb` "
					   "(`i`,`s`,`j`) VALUES\n"
					   "(1,'x',NULL),\n"
					   "(2,'y',NULL)\n;;\nDELIMITER ;\n"));
	assert_int_equal(sum_up(&r).inserts, 1);
	rig_fini(&r);
}

static void test_no_columns(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, "t");
	r.columns.n = 0;
	rig_put(&r, "1", NULL, 0, NULL);
	rig_put(&r, "1", NULL, 0, NULL);
	rig_end(&r);
	assert_non_null(strstr(text_of(TAILQ_FIRST(&r.link.frames)),
			       "VALUES\n(),\n();\n"));
	assert_int_equal(sum_up(&r).rows, 2);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_frame),
		cmocka_unit_test(test_no_rows),
		cmocka_unit_test(test_many_frames),
		cmocka_unit_test(test_long_rows),
		cmocka_unit_test(test_long_rows_at_each_end),
		cmocka_unit_test(test_long_row_is_whole),
		cmocka_unit_test(test_table_with_a_line_end_in_its_name),
		cmocka_unit_test(test_no_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
