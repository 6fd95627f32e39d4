/*
 * fuzz_rdb.c - the RDB reader with foreign bytes: a file in pieces of some
 * size, which the first byte tells, against the same file as a whole; and the
 * bytes as a key's value, with a foot that fits.
 *
 * make check runs it over tests/data/rdb (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/rdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* All that was told, as one number. */
struct sum {
	uint64_t records;
	struct digest digest;
};

static bool on_begin(void *arg, const struct rdb_record *r, struct err *e)
{
	struct sum *s = arg;

	(void)e;
	s->records += r->begin + r->name_len;
	return true;
}

static bool on_end(void *arg, const struct rdb_record *r,
		   const struct digest *digest, struct err *e)
{
	struct sum *s = arg;

	(void)e;
	if (r->end <= r->begin || r->value_begin < r->begin ||
	    r->value_begin > r->end)
		abort();
	s->records = s->records * 31 + r->end;
	digest_add(&s->digest, digest);
	return true;
}

static void on_aux(void *arg, const char *name, const char *value)
{
	struct sum *s = arg;

	s->records += strlen(name) + strlen(value);
}

/* A copy of each piece, of its own length: reading over its end is seen. */
static bool feed(struct rdb_reader *r, const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len + 1);
	struct err e = {0};
	bool is_good;

	if (!copy)
		abort();
	memcpy(copy + 1, data, len);
	is_good = rdb_feed(r, copy + 1, len, &e);
	free(copy);
	if (is_good == err_is(&e))
		abort();
	return is_good;
}

static bool read_pieces(const uint8_t *data, size_t len, size_t piece,
			struct sum *s)
{
	static const struct rdb_events events = {on_begin, on_end, on_aux};
	struct err e = {0};
	struct rdb_reader *r = rdb_new(&events, s, &e);
	bool is_good = r != NULL;

	for (size_t at = 0; is_good && at < len; at += piece)
		is_good =
			feed(r, data + at, len - at < piece ? len - at : piece);
	if (is_good)
		s->records += rdb_ends_well(r) + 2U * rdb_is_over(r);
	rdb_free(r);
	return is_good;
}

static void check_file(const uint8_t *data, size_t len, size_t piece)
{
	struct sum whole = {0}, other = {0};

	if (read_pieces(data, len, len, &whole) !=
		    read_pieces(data, len, piece, &other) ||
	    whole.records != other.records ||
	    !digest_equal(&whole.digest, &other.digest))
		abort();
}

static void check_value(const uint8_t *data, size_t len, unsigned version)
{
	uint8_t *p = malloc(len + 10);
	struct digest d = {0};
	enum rdb_type type;
	struct err e = {0};
	uint64_t crc;

	if (!p)
		abort();
	memcpy(p, data, len);
	p[len] = (uint8_t)version;
	p[len + 1] = 0;
	crc = rdb_crc64(0, p, len + 2);
	for (unsigned i = 0; i < 8; i++)
		p[len + 2 + i] = (uint8_t)(crc >> (8 * i));
	if (rdb_payload_digest(
		    p, len + 10,
		    &(struct rdb_record){.name = "name",
					 .name_len = 4,
					 .expires_at = RDB_NO_EXPIRY},
		    &d, &type, &e) == err_is(&e))
		abort();
	free(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 2)
		return 0;
	if (memcmp(data, "REDIS", len < 5 ? len : 5) == 0 ||
	    memcmp(data, "VALKEY", len < 6 ? len : 6) == 0)
		check_file(data, len, 1 + len % 61);
	else
		check_file(data + 1, len - 1, 1 + data[0]);
	check_value(data, len, 11);
	check_value(data, len, RDB_VERSION_VALKEY);
	return 0;
}
