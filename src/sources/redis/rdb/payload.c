/* payload.c - what DUMP gives of a key: its value, a version, a checksum. */
#include <stdio.h>

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/reader_int.h"
#include "sources/redis/rdb/steps_int.h"

enum { VERSION_LEN = 2, FOOT_LEN = VERSION_LEN + RDB_CHECKSUM_LEN };

static bool add_to(void *arg, const struct rdb_record *record,
		   const struct digest *digest, struct err *e)
{
	(void)record;
	(void)e;
	digest_add(arg, digest);
	return true;
}

static bool refuse(struct err *e, const char *what)
{
	return err_set(e, ERR_DAMAGED, "damaged_stream",
		       "the value of a key, as DUMP gives it, %s; check the "
		       "server and the connection to it",
		       what);
}

static bool check_foot(const unsigned char *payload, size_t len, struct err *e)
{
	size_t n = len - RDB_CHECKSUM_LEN;

	if (len < 1 + FOOT_LEN)
		return refuse(e, "is too short");
	if (get_le64(payload + n) != rdb_crc64(0, payload, n))
		return refuse(e, "does not have its checksum");
	return true;
}

static bool refuse_strange(const char *what, struct err *e)
{
	return err_set(e, ERR_INVALID, "target_incompatible",
		       "Coffer does not know how a key's value is laid out "
		       "(%s): use a version of Coffer that knows this server's",
		       what);
}

static bool refuse_type(unsigned char code, struct err *e)
{
	char what[RDB_STRANGE_MAX];

	(void)snprintf(what, sizeof(what), "type %u", code);
	return refuse_strange(what, e);
}

/* The value begins behind the type byte and ends before the foot. */
static bool run(struct rdb_reader *r, const unsigned char *payload, size_t len,
		struct err *e)
{
	struct rdb_input *in = &r->in;

	in->origin = payload;
	in->at = payload + 1;
	in->end = payload + len - FOOT_LEN;
	r->e = e;
	(void)rdb_value_begin(r);
	switch (rdb_run(r, false)) {
	case RDB_FAIL:
		return false;
	case RDB_STRANGE:
		return refuse_strange(rdb_is_opaque(r), e);
	case RDB_DONE:
	case RDB_WAIT:
		break;
	}
	return rdb_is_over(r) || refuse(e, "is cut");
}

bool rdb_payload_digest(const void *payload, size_t len,
			const struct rdb_record *key, struct digest *d,
			enum rdb_type *type, struct err *e)
{
	static const struct rdb_events events = {.on_end = add_to};
	const unsigned char *p = payload;
	struct digest sum = {0};
	struct rdb_reader *r;
	bool is_good;

	if (!check_foot(p, len, e))
		return false;
	r = rdb_new(&events, &sum, e);
	if (!r)
		return false;
	r->is_payload = true;
	r->version = get_le16(p + len - FOOT_LEN);
	r->is_valkey = r->version >= RDB_VERSION_VALKEY;
	r->record = (struct rdb_record){.kind = RDB_RECORD_KEY,
					.code = *p,
					.name = key->name,
					.name_len = key->name_len,
					.expires_at = key->expires_at,
					.idle_seconds = -1,
					.frequency = -1};
	if (rdb_type_of(r, *p, &r->record.type)) {
		*type = r->record.type;
		is_good = run(r, p, len, e);
	} else {
		is_good = refuse_type(*p, e);
	}
	rdb_free(r);
	if (is_good)
		digest_add(d, &sum);
	return is_good;
}
