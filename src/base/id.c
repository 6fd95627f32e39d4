#include "base/id.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"

enum { PREFIX_MAX = 4, RANDOM_LEN = 10, ULID_LEN = 26 };

/* https://github.com/ulid/spec: no I, L, O and U. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_ms;
static unsigned char last_random[RANDOM_LEN];

/* Adds one to the random part; false when it went round to zero. */
static bool increment(unsigned char number[RANDOM_LEN])
{
	for (unsigned i = RANDOM_LEN; i-- > 0;)
		if (++number[i] != 0)
			return true;
	return false;
}

/*
 * Within one millisecond, or when the clock went back, the next id is the
 * last one plus one: so the order holds.
 */
static void next_ulid(uint64_t *ms, unsigned char random[RANDOM_LEN])
{
	uint64_t now = (uint64_t)clock_now_ms();

	pthread_mutex_lock(&lock);
	if (now > last_ms) {
		last_ms = now;
		secret_random(last_random, RANDOM_LEN);
	} else if (!increment(last_random)) {
		last_ms++;
	}
	*ms = last_ms;
	memcpy(random, last_random, RANDOM_LEN);
	pthread_mutex_unlock(&lock);
}

void id_new(char out[ID_MAX], const char *prefix)
{
	unsigned char random[RANDOM_LEN];
	size_t len = strnlen(prefix, PREFIX_MAX);
	uint64_t ms;
	char *p = out + len + 1;

	next_ulid(&ms, random);
	memcpy(out, prefix, len);
	out[len] = '_';
	for (unsigned i = 10; i-- > 0; ms >>= 5)
		p[i] = digits[ms & 31];
	/* 80 bits are 16 digits: five bytes make eight, twice. */
	for (unsigned half = 0; half < 2; half++) {
		uint64_t n = 0;

		for (unsigned i = 0; i < 5; i++)
			n = n << 8 | random[half * 5 + i];
		for (unsigned i = 8; i-- > 0; n >>= 5)
			p[10 + half * 8 + i] = digits[n & 31];
	}
	p[ULID_LEN] = '\0';
}

/* 26 digits hold 130 bits, a ULID has 128: the first is 7 at most. */
static bool is_ulid(const char *s)
{
	return s[0] >= '0' && s[0] <= '7' && strspn(s, digits) == ULID_LEN &&
	       s[ULID_LEN] == '\0';
}

bool id_is_shaped(const char *s)
{
	size_t len = strspn(s, "abcdefghijklmnopqrstuvwxyz");

	return len >= 1 && len <= PREFIX_MAX && s[len] == '_' &&
	       is_ulid(s + len + 1);
}

bool id_has_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) == 0 && s[len] == '_' &&
	       is_ulid(s + len + 1);
}
