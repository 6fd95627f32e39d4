/* test_zstd.c - single frames and buffers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zstd.h>

#include "pipeline/frame.h"
#include "stages/zstd.h"
#include "stages/zstd_int.h"

static const size_t sizes[] = {0,      1,      2,      255,    256,    65535,
			       131071, 131072, 131073, 262144, 300000, 1048576};

static unsigned char byte_at(size_t i, bool is_noise)
{
	uint64_t x = i * 0x9e3779b97f4a7c15ULL;

	if (!is_noise)
		return (unsigned char)('a' + i / 3 % 17);
	x ^= x >> 31;
	x *= 0xbf58476d1ce4e5b9ULL;
	return (unsigned char)(x >> 40);
}

static struct frame *make(size_t len, bool is_noise)
{
	struct frame *f = frame_new(len);

	assert_non_null(f);
	for (size_t i = 0; i < len; i++)
		f->data[i] = byte_at(i, is_noise);
	f->len = len;
	return f;
}

static void check_plain(const struct frame *f, size_t len, bool is_noise)
{
	assert_int_equal(f->len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(f->data[i], byte_at(i, is_noise));
}

static void round_trip(size_t len, bool is_noise, struct zstd_how how)
{
	struct frame *f = make(len, is_noise);
	struct err e = {0};

	assert_true(zstd_frame_pack(f, how, &e));
	assert_int_equal(f->plain_len, len);
	assert_in_range(f->cap, f->len, 4 * f->len);
	assert_int_equal(zstd_frame_length(f->data, f->len), f->len);
	assert_int_equal(ZSTD_getFrameContentSize(f->data, f->len), len);
	/* The checksum flag of the frame's descriptor. */
	assert_true((f->data[4] & 4) != 0);
	assert_true(zstd_frame_unpack(f, len, &e));
	check_plain(f, len, is_noise);
	frame_free(f);
}

static void test_round_trips(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		for (int n = 0; n <= 9; n++) {
			const struct zstd_how how = {
				n / 2, n % 2 != 0 ? ZSTD_PAGES : ZSTD_TEXT};

			round_trip(sizes[i], false, how);
			round_trip(sizes[i], true, how);
		}
	}
	round_trip(100000, false, (struct zstd_how){.level = ZSTD_LEVEL_MAX});
}

/* Letters out of 16 without a pattern: half a byte each, and no more to find.
 * libzstd's fast strategy leaves letters as they are when it is asked to
 * hurry. */
static size_t packed_letters(enum zstd_shape shape)
{
	struct frame *f = make(300000, true);
	struct err e = {0};
	size_t len;

	for (size_t i = 0; i < f->len; i++)
		f->data[i] = (unsigned char)('a' + f->data[i] % 16);
	assert_true(zstd_frame_pack(f, (struct zstd_how){3, shape}, &e));
	len = f->len;
	frame_free(f);
	return len;
}

static void test_shapes(void **state)
{
	(void)state;
	assert_in_range(packed_letters(ZSTD_TEXT), 150000, 160000);
	assert_in_range(packed_letters(ZSTD_PAGES), 150000, 160000);
}

/* What repeats within 6 bytes: text finds it, pages look for longer ones. */
static void test_shapes_differ(void **state)
{
	size_t len[2];

	(void)state;
	for (int shape = 0; shape < 2; shape++) {
		struct frame *f = make(300000, true);
		struct err e = {0};

		for (size_t i = 0; i < f->len; i++)
			if (i % 9 < 6)
				f->data[i] =
					(unsigned char)(i / 9 % 8 * 6 + i % 9);
		assert_true(zstd_frame_pack(
			f, (struct zstd_how){3, (enum zstd_shape)shape}, &e));
		len[shape] = f->len;
		frame_free(f);
	}
	assert_true(len[ZSTD_TEXT] < len[ZSTD_PAGES]);
}

static void test_level_0_stores(void **state)
{
	struct frame *f = make(1000, false);
	struct err e = {0};

	(void)state;
	assert_true(zstd_frame_pack(f, (struct zstd_how){.level = 0}, &e));
	assert_true(f->len > 1000 && f->len < 1030);
	frame_free(f);
}

static void test_bound_of_plain_bytes(void **state)
{
	struct frame *f = make(5000, false);
	struct err e = {0};

	(void)state;
	assert_true(zstd_frame_pack(f, (struct zstd_how){.level = 3}, &e));
	assert_false(zstd_frame_unpack(f, 4999, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	assert_string_equal(e.api, "damaged_backup");
	frame_free(f);
}

static struct frame *copy_of(const struct frame *f, size_t len)
{
	struct frame *c = frame_new(len);

	assert_non_null(c);
	memcpy(c->data, f->data, len);
	c->len = len;
	return c;
}

/* Never other bytes: refused, or (where the format has two ways to say one
 * thing) the same. */
static void damage(const struct frame *packed, size_t len, int level)
{
	for (size_t bit = 0; bit < 8 * packed->len; bit++) {
		struct frame *f = copy_of(packed, packed->len);
		struct err e = {0};

		f->data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
		if (zstd_frame_unpack(f, 100000, &e))
			check_plain(f, len, level % 2 != 0);
		else
			assert_int_equal(e.code, ERR_DAMAGED);
		frame_free(f);
	}
}

static void test_every_bit_and_cut(void **state)
{
	(void)state;
	for (int level = 0; level <= 3; level++) {
		struct frame *packed = make(700, level % 2 != 0);
		struct err e = {0};

		assert_true(zstd_frame_pack(
			packed, (struct zstd_how){.level = level}, &e));
		damage(packed, 700, level);
		for (size_t len = 0; len < packed->len; len++) {
			struct frame *f = copy_of(packed, len);
			struct err cut = {0};

			assert_int_equal(zstd_frame_length(f->data, len), 0);
			assert_false(zstd_frame_unpack(f, 100000, &cut));
			assert_int_equal(cut.code, ERR_DAMAGED);
			frame_free(f);
		}
		frame_free(packed);
	}
}

static void test_not_ours(void **state)
{
	static const unsigned char skippable[] = {0x50, 0x2a, 0x4d, 0x18, 1,
						  0,	0,    0,    7};
	/* Without a content size: a stream that was not flushed at once. */
	ZSTD_CCtx *c = ZSTD_createCCtx();
	unsigned char buf[100];
	ZSTD_outBuffer out = {buf, sizeof(buf), 0};
	ZSTD_inBuffer in = {"abc", 3, 0};
	struct frame *f;
	struct err e = {0};

	(void)state;
	assert_int_equal(zstd_frame_length(skippable, sizeof(skippable)), 0);
	(void)ZSTD_compressStream2(c, &out, &in, ZSTD_e_flush);
	assert_int_equal(ZSTD_compressStream2(c, &out, &in, ZSTD_e_end), 0);
	ZSTD_freeCCtx(c);
	assert_int_equal(zstd_frame_length(buf, out.pos), out.pos);
	f = frame_new(out.pos);
	memcpy(f->data, buf, out.pos);
	f->len = out.pos;
	assert_false(zstd_frame_unpack(f, 1000, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	frame_free(f);
}

static void test_buffers(void **state)
{
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		struct frame *f = make(sizes[i], i % 2 == 0);
		size_t n, back;
		void *packed = zstd_pack(f->data, f->len, &n, &e);
		char *plain;

		assert_non_null(packed);
		plain = zstd_unpack(packed, n, f->len, &back, &e);
		assert_non_null(plain);
		assert_int_equal(back, f->len);
		assert_memory_equal(plain, f->data, back);
		assert_int_equal(plain[back], 0);
		free(plain);
		free(packed);
		frame_free(f);
	}
}

static void test_buffer_of_several_frames(void **state)
{
	struct err e = {0};
	unsigned char run[200];
	size_t first, second, len;
	void *a = zstd_pack("hello ", 6, &first, &e);
	void *b = zstd_pack("world", 5, &second, &e);
	char *plain;

	(void)state;
	memcpy(run, a, first);
	memcpy(run + first, b, second);
	plain = zstd_unpack(run, first + second, 11, &len, &e);
	assert_non_null(plain);
	assert_string_equal(plain, "hello world");
	free(plain);
	assert_null(zstd_unpack(run, first + second, 10, &len, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	err_clear(&e);
	assert_null(zstd_unpack(run, first + second - 1, 11, &len, &e));
	assert_int_equal(e.code, ERR_DAMAGED);
	free(a);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_shapes_differ),
		cmocka_unit_test(test_level_0_stores),
		cmocka_unit_test(test_bound_of_plain_bytes),
		cmocka_unit_test(test_every_bit_and_cut),
		cmocka_unit_test(test_not_ours),
		cmocka_unit_test(test_buffers),
		cmocka_unit_test(test_buffer_of_several_frames),
	};

	return cmocka_run_group_tests_name("zstd", tests, NULL, NULL);
}
