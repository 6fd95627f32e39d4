#include "sources/pax_record.h"

#include <string.h>

enum { LENGTH_DIGITS_MAX = 20 };

bool pax_record_is(const struct pax_record *r, const char *key)
{
	return strlen(key) == r->key_len &&
	       memcmp(r->key, key, r->key_len) == 0;
}

bool pax_digits(const char *at, size_t len, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < len; i++) {
		if (at[i] < '0' || at[i] > '9' || *n > (UINT64_MAX - 9) / 10)
			return false;
		*n = *n * 10 + (uint64_t)(at[i] - '0');
	}
	return len > 0;
}

/* LENGTH is that of all of it. */
bool pax_record_cut(const char **at, const char *end, struct pax_record *r)
{
	size_t left = (size_t)(end - *at);
	const char *blank = memchr(
		*at, ' ', left < LENGTH_DIGITS_MAX ? left : LENGTH_DIGITS_MAX);
	const char *equals;
	uint64_t len;

	if (blank == NULL || !pax_digits(*at, (size_t)(blank - *at), &len) ||
	    len > left || len < (size_t)(blank - *at) + 3 ||
	    (*at)[len - 1] != '\n')
		return false;
	r->key = blank + 1;
	equals = memchr(r->key, '=', (size_t)(*at + len - 1 - r->key));
	if (equals == NULL)
		return false;
	r->key_len = (size_t)(equals - r->key);
	r->value = equals + 1;
	r->value_len = (size_t)(*at + len - 1 - r->value);
	*at += len;
	return true;
}
