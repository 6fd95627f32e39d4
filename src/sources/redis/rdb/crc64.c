/*
 * crc64.c - the CRC64 of Redis: polynomial 0xad93d23594c935a9, reflected,
 * beginning with 0.
 *
 * Where the processor multiplies without carry (x86-64 since 2010), 64 bytes
 * a step are folded: four registers of 128 bits are each moved 512 bits on by
 * two multiplications with powers of x modulo the polynomial, and the next
 * bytes added. What is left of 128 bits goes through the tables, as all does
 * elsewhere: eight bytes a step. Registers of 256 bits, where there are such
 * multiplications on them, do the same with 128 bytes, but to begin and end
 * with them takes as long as 8 KiB do without: not for a key's payload. See
 * "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction",
 * Intel, 2009.
 */
#include <endian.h>
#include <pthread.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/rdb.h"

enum {
	SLICES = 8,
	LANES = 4,
	LANE_BYTES = 16,
	WIDE_BYTES = 32,
	WIDE_MIN = 8192
};

static const uint64_t reflected = 0x95ac9329ac4bc9b5;

static uint64_t tables[SLICES][256];
/* For the low and the high half. */
static uint64_t fold_wide[2], fold_far[2], fold_near[2];
static bool has_clmul, has_wide_clmul;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static uint64_t times_x(uint64_t v)
{
	return v & 1 ? v >> 1 ^ reflected : v >> 1;
}

/* x^n modulo the polynomial, reflected. */
static uint64_t power_of_x(unsigned n)
{
	uint64_t v = UINT64_C(1) << 63;

	while (n-- > 0)
		v = times_x(v);
	return v;
}

/*
 * Constants that move a register on by so many bits. The product of reflected
 * factors comes out one bit off, hence the exponents less one.
 */
static void set_fold(uint64_t fold[2], unsigned bits)
{
	fold[0] = power_of_x(bits + 64 - 1);
	fold[1] = power_of_x(bits - 1);
}

static void set_tables(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t v = i;

		for (unsigned bit = 0; bit < 8; bit++)
			v = times_x(v);
		tables[0][i] = v;
	}
	for (unsigned k = 1; k < SLICES; k++)
		for (unsigned i = 0; i < 256; i++) {
			uint64_t v = tables[k - 1][i];

			tables[k][i] = v >> 8 ^ tables[0][v & 255];
		}
}

static void prepare(void)
{
	set_tables();
	set_fold(fold_wide, 8 * LANES * WIDE_BYTES);
	set_fold(fold_far, 8 * LANES * LANE_BYTES);
	set_fold(fold_near, 8 * LANE_BYTES);
#ifdef __x86_64__
	has_clmul = __builtin_cpu_supports("pclmul");
	has_wide_clmul = has_clmul && __builtin_cpu_supports("avx2") &&
			 __builtin_cpu_supports("vpclmulqdq");
#endif
}

static uint64_t by_tables(uint64_t crc, const unsigned char *p, size_t len)
{
	for (; len >= SLICES; p += SLICES, len -= SLICES) {
		uint64_t v;

		memcpy(&v, p, sizeof(v));
		v = le64toh(v) ^ crc;
		crc = tables[7][v & 255] ^ tables[6][v >> 8 & 255] ^
		      tables[5][v >> 16 & 255] ^ tables[4][v >> 24 & 255] ^
		      tables[3][v >> 32 & 255] ^ tables[2][v >> 40 & 255] ^
		      tables[1][v >> 48 & 255] ^ tables[0][v >> 56];
	}
	for (; len > 0; p++, len--)
		crc = crc >> 8 ^ tables[0][(crc ^ *p) & 255];
	return crc;
}

#ifdef __x86_64__
#define CLMUL __attribute__((target("pclmul,sse2")))

CLMUL static inline __m128i load(const unsigned char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

CLMUL static inline __m128i fold(__m128i lane, __m128i by, __m128i next)
{
	__m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
	__m128i high = _mm_clmulepi64_si128(lane, by, 0x11);

	return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

/* At least two rounds, and no rest: len is a multiple of LANES * LANE_BYTES. */
CLMUL static uint64_t by_folding(uint64_t crc, const unsigned char *p,
				 size_t len)
{
	__m128i far =
		_mm_set_epi64x((long long)fold_far[1], (long long)fold_far[0]);
	__m128i near = _mm_set_epi64x((long long)fold_near[1],
				      (long long)fold_near[0]);
	unsigned char rest[LANE_BYTES];
	__m128i lanes[LANES];

	for (unsigned i = 0; i < LANES; i++)
		lanes[i] = load(p + (size_t)i * LANE_BYTES);
	lanes[0] = _mm_xor_si128(lanes[0], _mm_set_epi64x(0, (long long)crc));
	for (size_t at = sizeof(lanes); at < len; at += sizeof(lanes))
		for (unsigned i = 0; i < LANES; i++)
			lanes[i] = fold(lanes[i], far,
					load(p + at + (size_t)i * LANE_BYTES));
	for (unsigned i = 1; i < LANES; i++)
		lanes[i] = fold(lanes[i - 1], near, lanes[i]);
	_mm_storeu_si128((__m128i *)(void *)rest, lanes[LANES - 1]);
	return by_tables(0, rest, sizeof(rest));
}

#define WIDE __attribute__((target("vpclmulqdq,avx2")))

WIDE static inline __m256i load_wide(const unsigned char *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

WIDE static inline __m256i fold_both(__m256i lane, __m256i by, __m256i next)
{
	__m256i low = _mm256_clmulepi64_epi128(lane, by, 0x00);
	__m256i high = _mm256_clmulepi64_epi128(lane, by, 0x11);

	return _mm256_xor_si256(_mm256_xor_si256(low, high), next);
}

/* The same; len is a multiple of LANES * WIDE_BYTES. The lanes are what is left
 * of the bytes, and read as such. */
WIDE static uint64_t by_wide_folding(uint64_t crc, const unsigned char *p,
				     size_t len)
{
	__m256i by = _mm256_set_epi64x(
		(long long)fold_wide[1], (long long)fold_wide[0],
		(long long)fold_wide[1], (long long)fold_wide[0]);
	unsigned char rest[LANES * WIDE_BYTES];
	__m256i lanes[LANES];

	for (unsigned i = 0; i < LANES; i++)
		lanes[i] = load_wide(p + (size_t)i * WIDE_BYTES);
	lanes[0] = _mm256_xor_si256(lanes[0],
				    _mm256_set_epi64x(0, 0, 0, (long long)crc));
	for (size_t at = sizeof(lanes); at < len; at += sizeof(lanes))
		for (unsigned i = 0; i < LANES; i++)
			lanes[i] = fold_both(
				lanes[i], by,
				load_wide(p + at + (size_t)i * WIDE_BYTES));
	memcpy(rest, lanes, sizeof(rest));
	return by_folding(0, rest, sizeof(rest));
}
#endif

uint64_t rdb_crc64(uint64_t crc, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	(void)pthread_once(&once, prepare);
#ifdef __x86_64__
	if (has_wide_clmul && len >= WIDE_MIN) {
		size_t folded = len & ~(size_t)(LANES * WIDE_BYTES - 1);

		crc = by_wide_folding(crc, p, folded);
		p += folded;
		len -= folded;
	}
	if (has_clmul && len >= (size_t)2 * LANES * LANE_BYTES) {
		size_t folded = len & ~(size_t)(LANES * LANE_BYTES - 1);

		crc = by_folding(crc, p, folded);
		p += folded;
		len -= folded;
	}
#endif
	return by_tables(crc, p, len);
}
