/* tally.c - counts keys per database. */
#include "sources/redis/rdb/tally.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { CAP_MIN = 16 };

/* Where the database stands, or would. */
static size_t place_of(const struct rdb_tallies *t, uint32_t database)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->list[middle].database < database)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool grow(struct rdb_tallies *t)
{
	size_t cap = t->cap ? 2 * t->cap : CAP_MIN;
	struct rdb_tally *list;

	if (t->n < t->cap)
		return true;
	list = reallocarray(t->list, cap, sizeof(*list));
	if (!list)
		return false;
	t->list = list;
	t->cap = cap;
	return true;
}

struct rdb_tally *rdb_tally_of(struct rdb_tallies *t, uint32_t database,
			       struct err *e)
{
	size_t at = place_of(t, database);

	if (at < t->n && t->list[at].database == database)
		return &t->list[at];
	if (!grow(t)) {
		(void)err_nomem(e, "the counts of databases");
		return NULL;
	}
	memmove(&t->list[at + 1], &t->list[at],
		(t->n - at) * sizeof(t->list[0]));
	t->n++;
	t->list[at] = (struct rdb_tally){.database = database};
	return &t->list[at];
}

void rdb_tally_add(struct rdb_tally *t, const struct rdb_record *key,
		   const struct digest *digest)
{
	t->keys++;
	t->expiring += key->expires_at != RDB_NO_EXPIRY;
	t->bytes += key->end - key->begin;
	t->of_type[key->type]++;
	if (key->type != RDB_MODULE)
		digest_add(&t->digest, digest);
}

static void add_tally(struct rdb_tally *sum, const struct rdb_tally *t)
{
	sum->keys += t->keys;
	sum->expiring += t->expiring;
	sum->bytes += t->bytes;
	for (unsigned i = 0; i < RDB_TYPE_COUNT; i++)
		sum->of_type[i] += t->of_type[i];
	digest_add(&sum->digest, &t->digest);
}

struct rdb_tally rdb_tallies_sum(const struct rdb_tallies *t)
{
	struct rdb_tally sum = {0};

	for (size_t i = 0; i < t->n; i++)
		add_tally(&sum, &t->list[i]);
	return sum;
}

static void put_tally(struct text *out, const struct rdb_tally *t)
{
	const char *comma = "";

	text_printf(out,
		    "{\"database\":%u,\"keys\":%llu,\"expiring\":%llu,"
		    "\"bytes\":%llu,\"types\":{",
		    t->database, (unsigned long long)t->keys,
		    (unsigned long long)t->expiring,
		    (unsigned long long)t->bytes);
	for (unsigned i = 0; i < RDB_TYPE_COUNT; i++) {
		if (t->of_type[i] == 0)
			continue;
		text_printf(out, "%s\"%s\":%llu", comma,
			    rdb_type_name((enum rdb_type)i),
			    (unsigned long long)t->of_type[i]);
		comma = ",";
	}
	text_str(out, "}}");
}

char *rdb_tallies_json(const struct rdb_tallies *t, size_t max)
{
	struct text out = {0};
	char *json;

	text_char(&out, '[');
	for (size_t i = 0; i < t->n && i < max; i++) {
		if (i > 0)
			text_char(&out, ',');
		put_tally(&out, &t->list[i]);
	}
	text_char(&out, ']');
	json = text_take(&out);
	text_free(&out);
	return json;
}

void rdb_tallies_fini(struct rdb_tallies *t)
{
	free(t->list);
	*t = (struct rdb_tallies){0};
}
