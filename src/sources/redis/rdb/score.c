/*
 * score.c - scores of sorted sets, which are IEEE doubles.
 *
 * Those that listpacks hold as text have 17 digits, and strtod() takes longer
 * for one than all else takes for its member. Up to 19 digits are a number of
 * 64 bits. To divide it by a power of ten it is multiplied with the first 64
 * bits of the reciprocal: what is cut off makes the upper half of the product
 * too small by a little. A double keeps 53 bits of it; where a little more
 * would change how they are rounded, or it may be a tie, strtod() decides: once
 * in seven hundred scores.
 */
#include <stdlib.h>

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/values_int.h"

enum {
	TEXT_MAX = 128,
	DIGITS_MAX = 19,
	POWER_MAX = 27, /* 5^27 has 63 bits */
	POWER_DIGITS = 3,
	EIGHT = 8,
	MANTISSA_BITS = 53,
	CUT_BITS = 64 - MANTISSA_BITS,
	BIAS = 1023,
};

void rdb_score_bytes(double score, unsigned char out[8])
{
	uint64_t bits;

	if (score == 0)
		score = 0; /* of -0.0 listpacks keep no sign */
	memcpy(&bits, &score, sizeof(bits));
	bits = htole64(bits);
	memcpy(out, &bits, sizeof(bits));
}

/* A number as text in its parts: digits times ten to the power. */
struct parts {
	const char *text, *at, *end;
	bool is_negative;
	uint64_t digits;
	unsigned ndigits; /* without zeros that lead */
	int power;
};

/* The next eight bytes, the first of them lowest, or what is left of them and
 * zeros: nothing behind the text is read. */
static uint64_t next_eight(const struct parts *p)
{
	size_t left = (size_t)(p->end - p->at), len;
	unsigned char some[EIGHT] = {0};

	if (left >= EIGHT)
		return get_le64((const unsigned char *)p->at);
	len = (size_t)(p->end - p->text);
	if (left > 0 && len >= EIGHT)
		return get_le64((const unsigned char *)p->end - EIGHT) >>
		       8 * (EIGHT - left);
	for (size_t i = 0; i < left; i++)
		some[i] = (unsigned char)p->at[i];
	return get_le64(some);
}

/* How many of eight bytes are digits before the first that is none. */
static unsigned count_digits(uint64_t v)
{
	const uint64_t top = UINT64_C(0x8080808080808080);

	v ^= UINT64_C(0x3030303030303030);
	/* 10 to 127 reach the uppermost bit with so much more. */
	v = (v | ((v & ~top) + UINT64_C(0x7676767676767676))) & top;
	return v != 0 ? (unsigned)__builtin_ctzll(v) / 8 : EIGHT;
}

/* The number that n digits make, 1 to 8. Those behind the last are shifted
 * out, by zeros that lead; pairs become numbers below 100, those become numbers
 * below 10,000, and these one. */
static uint64_t number_of(uint64_t v, unsigned n)
{
	v = v << 8 * (EIGHT - n) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	v = (v * 10 + (v >> 8)) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v * 100 + (v >> 16)) & UINT64_C(0x0000ffff0000ffff);
	return (v * 10000 + (v >> 32)) & UINT64_C(0xffffffff);
}

/* Digits of the mantissa; returns how many, 0: none or too many. */
static inline unsigned take_digits(struct parts *p)
{
	static const uint32_t places[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
	};
	unsigned n, all = 0;

	do {
		uint64_t v = next_eight(p), number;

		n = count_digits(v);
		if (n == 0)
			break;
		number = number_of(v, n);
		if ((p->digits | number) != 0)
			p->ndigits += n;
		if (p->ndigits > DIGITS_MAX)
			return 0;
		p->digits = p->digits * places[n] + number;
		p->at += n;
		all += n;
	} while (n == EIGHT);
	return all;
}

static bool take_sign(struct parts *p)
{
	bool is_negative = p->at < p->end && *p->at == '-';

	if (p->at < p->end && (*p->at == '-' || *p->at == '+'))
		p->at++;
	return is_negative;
}

static bool take_power(struct parts *p)
{
	bool is_negative = take_sign(p);
	const char *from = p->at;
	int power = 0;

	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
		if (p->at - from < POWER_DIGITS)
			power = power * 10 + (*p->at - '0');
	p->power += is_negative ? -power : power;
	return p->at > from && p->at - from <= POWER_DIGITS;
}

static bool take_parts(struct parts *p)
{
	unsigned n;

	p->is_negative = take_sign(p);
	n = take_digits(p);
	if (n == 0)
		return false;
	if (p->at < p->end && *p->at == '.') {
		p->at++;
		n = take_digits(p);
		if (n == 0)
			return false;
		p->power = -(int)n;
	}
	if (p->at < p->end && (*p->at == 'e' || *p->at == 'E')) {
		p->at++;
		if (!take_power(p))
			return false;
	}
	return p->at == p->end;
}

/* The first 64 bits of 10^-27 to 10^27. Those of 10^0 on are all there are. */
static const uint64_t tens[2 * POWER_MAX + 1] = {
	0x9e74d1b791e07e48, 0xc612062576589dda, 0xf79687aed3eec551,
	0x9abe14cd44753b52, 0xc16d9a0095928a27, 0xf1c90080baf72cb1,
	0x971da05074da7bee, 0xbce5086492111aea, 0xec1e4a7db69561a5,
	0x9392ee8e921d5d07, 0xb877aa3236a4b449, 0xe69594bec44de15b,
	0x901d7cf73ab0acd9, 0xb424dc35095cd80f, 0xe12e13424bb40e13,
	0x8cbccc096f5088cb, 0xafebff0bcb24aafe, 0xdbe6fecebdedd5be,
	0x89705f4136b4a597, 0xabcc77118461cefc, 0xd6bf94d5e57a42bc,
	0x8637bd05af6c69b5, 0xa7c5ac471b478423, 0xd1b71758e219652b,
	0x83126e978d4fdf3b, 0xa3d70a3d70a3d70a, 0xcccccccccccccccc,
	0x8000000000000000, 0xa000000000000000, 0xc800000000000000,
	0xfa00000000000000, 0x9c40000000000000, 0xc350000000000000,
	0xf424000000000000, 0x9896800000000000, 0xbebc200000000000,
	0xee6b280000000000, 0x9502f90000000000, 0xba43b74000000000,
	0xe8d4a51000000000, 0x9184e72a00000000, 0xb5e620f480000000,
	0xe35fa931a0000000, 0x8e1bc9bf04000000, 0xb1a2bc2ec5000000,
	0xde0b6b3a76400000, 0x8ac7230489e80000, 0xad78ebc5ac620000,
	0xd8d726b7177a8000, 0x878678326eac9000, 0xa968163f0a57b400,
	0xd3c21bcecceda100, 0x84595161401484a0, 0xa56fa5b99019a5c8,
	0xcecb8f27f4200f3a,
};

/* To which power of two 10^n lies, rounded down: of n in the table. */
static int log2_of_ten_to(int n)
{
	return n * 217706 >> 16;
}

/* digits, not 0, times ten to the power; false: not sure. */
static bool scale(uint64_t digits, int power, double *score)
{
	const uint64_t half = UINT64_C(1) << (CUT_BITS - 1);
	unsigned zeros = (unsigned)__builtin_clzll(digits), below;
	unsigned __int128 product;
	uint64_t high, cut, bits;

	/* Each factor is 1 to 2 by its first bit; so is the product, or 2 to
	 * 4. No branch: either is as likely. */
	product =
		(unsigned __int128)(digits << zeros) * tens[power + POWER_MAX];
	below = (unsigned)(product >> 127) ^ 1;
	high = (uint64_t)(product << below >> 64);
	cut = high & (2 * half - 1);
	/* It may be too small by less than three, the shift included. */
	if (cut + 3 > half && cut <= half)
		return false;
	/* The first bit is understood. Rounded up it may carry into the
	 * exponent, as it should. */
	bits = (uint64_t)(BIAS + 64 + log2_of_ten_to(power)) - zeros - below;
	bits = (bits << (MANTISSA_BITS - 1)) + (high << 1 >> (CUT_BITS + 1)) +
	       (cut > half);
	memcpy(score, &bits, sizeof(bits));
	return true;
}

static bool parse_quickly(const char *text, size_t len, double *score)
{
	struct parts p = {.text = text, .at = text, .end = text + len};

	*score = 0;
	if (!take_parts(&p) || p.power > POWER_MAX || p.power < -POWER_MAX)
		return false;
	if (p.digits != 0 && !scale(p.digits, p.power, score))
		return false;
	if (p.is_negative)
		*score = -*score;
	return true;
}

bool rdb_score_parse(const char *text, size_t len, double *score)
{
	char copy[TEXT_MAX], *end;

	if (len == 0 || len >= sizeof(copy))
		return false;
	if (parse_quickly(text, len, score))
		return true;
	memcpy(copy, text, len);
	copy[len] = '\0';
	*score = strtod(copy, &end);
	return end == copy + len;
}
