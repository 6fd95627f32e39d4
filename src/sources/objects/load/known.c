/* known.c - open addressing; a fingerprint is random enough to be its own
 * hash. */
#include "sources/objects/load/known.h"

#include <stdlib.h>
#include <string.h>

enum { CAP_MIN = 64 };

static bool is_free(const struct digest *d)
{
	return d->low == 0 && d->high == 0;
}

/* No fingerprint is one of the two marks: one in 2^127 would be, and is told
 * to be damaged then. */
static bool is_gone(const struct digest *d)
{
	return d->low == 1 && d->high == 0;
}

static struct digest fingerprint(const char *key, uint64_t size,
				 const struct digest *digest)
{
	unsigned char numbers[8];
	char hex[DIGEST_HEX_MAX];
	struct digest f = {0};

	for (int i = 0; i < 8; i++)
		numbers[i] = (unsigned char)(size >> (8 * i));
	(void)digest_format(digest, hex);
	digest_add_row(&f,
		       (const char *const[]){key, (const char *)numbers, hex},
		       (const unsigned long[]){strlen(key), sizeof(numbers),
					       strlen(hex)},
		       3);
	return f;
}

/* Its slot, or a free one. */
static struct digest *find(const struct known *k, const struct digest *f)
{
	size_t at = (size_t)f->low & (k->cap - 1);

	while (!is_free(&k->slots[at]) && !digest_equal(&k->slots[at], f))
		at = (at + 1) & (k->cap - 1);
	return &k->slots[at];
}

static bool grow(struct known *k)
{
	struct known bigger = {.cap = k->cap > 0 ? 2 * k->cap : CAP_MIN};

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return false;
	for (size_t i = 0; i < k->cap; i++) {
		const struct digest *d = &k->slots[i];

		if (!is_free(d) && !is_gone(d))
			*find(&bigger, d) = *d;
	}
	bigger.n = bigger.used = k->n;
	free(k->slots);
	*k = bigger;
	return true;
}

bool known_add(struct known *k, const char *key, uint64_t size,
	       const struct digest *digest, struct err *e)
{
	struct digest f = fingerprint(key, size, digest), *slot;

	if (2 * k->used >= k->cap && !grow(k))
		return err_nomem(e, "a list of objects");
	slot = find(k, &f);
	if (!is_free(slot))
		return true;
	*slot = f;
	k->used++;
	k->n++;
	return true;
}

bool known_take(struct known *k, const char *key, uint64_t size,
		const struct digest *digest)
{
	struct digest f = fingerprint(key, size, digest), *slot;

	if (k->cap == 0)
		return false;
	slot = find(k, &f);
	if (is_free(slot))
		return false;
	*slot = (struct digest){.low = 1};
	k->n--;
	return true;
}

void known_fini(struct known *k)
{
	free(k->slots);
	*k = (struct known){0};
}
