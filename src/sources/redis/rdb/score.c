/*
 * score.c - scores of sorted sets, which are IEEE doubles.
 *
 * Those that listpacks hold as text have 17 digits, and strtod() takes longer
 * for one than all else takes for its member. Up to 19 digits are a whole
 * number that a long double of 64 bits holds, powers of ten up to 27 are, too,
 * so one division gives the right 64 bits; rounded to the 53 of a double they
 * are right, unless they lie just between two doubles: then strtod() decides.
 */
#include <float.h>
#include <stdlib.h>

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/values_int.h"

enum { TEXT_MAX = 128, DIGITS_MAX = 19, POWER_MAX = 27, POWER_DIGITS = 3 };

void rdb_score_bytes(double score, unsigned char out[8])
{
	uint64_t bits;

	if (score == 0)
		score = 0; /* of -0.0 listpacks keep no sign */
	memcpy(&bits, &score, sizeof(bits));
	bits = htole64(bits);
	memcpy(out, &bits, sizeof(bits));
}

#if LDBL_MANT_DIG == 64
/* A number as text in its parts: digits times ten to the power. */
struct parts {
	const char *at, *end;
	bool is_negative;
	uint64_t digits;
	unsigned ndigits;
	int power;
};

/* Digits of the mantissa; returns how many. */
static unsigned take_digits(struct parts *p)
{
	unsigned n = 0;

	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++, n++) {
		p->digits = p->digits * 10 + (uint64_t)(*p->at - '0');
		p->ndigits += p->digits != 0;
		if (p->ndigits > DIGITS_MAX)
			return 0;
	}
	return n;
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

/* Just between two doubles, the lower 11 of 64 bits are a one and zeros. */
static bool is_between(long double x)
{
	uint64_t mantissa;

	memcpy(&mantissa, &x, sizeof(mantissa));
	return (mantissa & 0x7ff) == 0x400;
}

/* The type has 64 bits; whoever stands in for the processor may keep fewer. */
static bool is_as_precise_as_told(void)
{
	volatile long double one = 1, least = 0x1p-63L;

	return one + least != one;
}

static bool parse_quickly(const char *text, size_t len, double *score)
{
	static const long double powers[POWER_MAX + 1] = {
		1e0L,  1e1L,  1e2L,  1e3L,  1e4L,  1e5L,  1e6L,
		1e7L,  1e8L,  1e9L,  1e10L, 1e11L, 1e12L, 1e13L,
		1e14L, 1e15L, 1e16L, 1e17L, 1e18L, 1e19L, 1e20L,
		1e21L, 1e22L, 1e23L, 1e24L, 1e25L, 1e26L, 1e27L,
	};
	struct parts p = {.at = text, .end = text + len};
	long double x;

	if (!is_as_precise_as_told() || !take_parts(&p) ||
	    p.power > POWER_MAX || p.power < -POWER_MAX)
		return false;
	x = (long double)p.digits;
	x = p.power < 0 ? x / powers[-p.power] : x * powers[p.power];
	if (is_between(x))
		return false;
	*score = (double)(p.is_negative ? -x : x);
	return true;
}
#else
static bool parse_quickly(const char *text, size_t len, double *score)
{
	(void)text;
	(void)len;
	(void)score;
	return false;
}
#endif

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
