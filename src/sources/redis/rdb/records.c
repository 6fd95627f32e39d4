/*
 * records.c - what an RDB file is a row of: the header, facts about the
 * server, databases, keys, the end.
 */
#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/strings_int.h"

enum opcode {
	OP_SLOT_INFO = 244, /* a hint of clusters */
	OP_FUNCTION = 245,
	OP_MODULE_AUX = 247,
	OP_IDLE = 248,
	OP_FREQUENCY = 249,
	OP_AUX = 250,
	OP_RESIZE = 251, /* how many keys follow: a hint */
	OP_EXPIRY_MS = 252,
	OP_EXPIRY = 253, /* in seconds; of old versions */
	OP_DATABASE = 254,
	OP_END = 255,
};

enum { MAGIC_LEN = 9, MS_IN_SECOND = 1000 };

static bool tell_begin(struct rdb_reader *r)
{
	r->record.end = 0;
	return !r->events.on_begin ||
	       r->events.on_begin(r->arg, &r->record, r->e);
}

static enum rdb_step tell_end(struct rdb_reader *r, const struct digest *digest)
{
	struct rdb_record *record = &r->record;

	record->end = rdb_offset(r);
	if (record->kind != RDB_RECORD_KEY &&
	    record->kind != RDB_RECORD_FUNCTION)
		record->value_begin = record->end;
	return r->events.on_end(r->arg, record, digest, r->e) ? RDB_DONE
							      : RDB_FAIL;
}

static enum rdb_step step_over(struct rdb_reader *r)
{
	if (!rdb_take(r, 1))
		return RDB_WAIT;
	return rdb_damaged(r, "bytes follow its end");
}

/* Back to what holds for the next key unless it is told otherwise. */
static void reset_record(struct rdb_reader *r)
{
	struct rdb_record *record = &r->record;

	record->name = NULL;
	record->name_len = 0;
	record->expires_at = RDB_NO_EXPIRY;
	record->idle_seconds = record->frequency = -1;
	r->is_prefixed = false;
	r->is_skimmed = false;
	for (unsigned i = 0; i < RDB_BLOBS; i++)
		if (r->plain[i].cap > RDB_KEPT_BYTES)
			text_free(&r->plain[i]);
	if (r->name.cap > RDB_KEPT_BYTES)
		text_free(&r->name);
	r->step = rdb_step_record;
}

enum rdb_step rdb_step_end(struct rdb_reader *r)
{
	static const struct digest none;
	enum rdb_step step = tell_end(r, &none);

	reset_record(r);
	return step;
}

enum rdb_step rdb_step_key_end(struct rdb_reader *r)
{
	struct digest digest = {0};
	enum rdb_step step;

	if (r->record.type != RDB_MODULE && !r->is_skimmed)
		digest_row_end(r->key, &digest);
	step = tell_end(r, &digest);
	reset_record(r);
	if (r->is_payload) {
		r->is_over = step == RDB_DONE;
		r->step = step_over;
	}
	return step;
}

static bool read_version(const unsigned char *p, unsigned digits, unsigned *n)
{
	*n = 0;
	for (unsigned i = 0; i < digits; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		*n = *n * 10 + (unsigned)(p[i] - '0');
	}
	return *n >= RDB_VERSION_MIN;
}

/* "REDIS0011", "VALKEY080". */
enum rdb_step rdb_step_header(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, MAGIC_LEN);
	bool is_good;

	if (!p)
		return RDB_WAIT;
	r->is_valkey = memcmp(p, "VALKEY", 6) == 0;
	is_good = r->is_valkey ? read_version(p + 6, 3, &r->version)
			       : memcmp(p, "REDIS", 5) == 0 &&
					 read_version(p + 5, 4, &r->version);
	if (!is_good)
		return rdb_damaged(r, "it does not begin as an RDB file");
	r->record.kind = RDB_RECORD_HEADER;
	r->record.begin = 0;
	if (!tell_begin(r))
		return RDB_FAIL;
	return rdb_step_end(r);
}

/* A blob as a C string in the reader's own memory. */
static const char *keep_string(struct text *t, const struct rdb_blob *b)
{
	text_reset(t);
	text_add(t, b->bytes, b->len);
	return t->is_broken ? NULL : t->data;
}

static enum rdb_step step_aux(struct rdb_reader *r)
{
	struct rdb_blob name, value;
	enum rdb_step step = rdb_blob(r, &name, 0);
	const char *name_text, *value_text;

	if (step == RDB_DONE)
		step = rdb_blob(r, &value, 1);
	if (step != RDB_DONE)
		return step;
	name_text = keep_string(&r->name, &name);
	value_text = keep_string(&r->aux, &value);
	if (!name_text || !value_text)
		return rdb_nomem(r);
	if (r->events.on_aux)
		r->events.on_aux(r->arg, name_text, value_text);
	if (r->aux.cap > RDB_KEPT_BYTES)
		text_free(&r->aux);
	return rdb_step_end(r);
}

static enum rdb_step step_function(struct rdb_reader *r)
{
	enum rdb_step step;

	r->record.value_begin = rdb_offset(r);
	step = rdb_string(r, NULL);
	if (step == RDB_DONE)
		r->step = rdb_step_end;
	return step;
}

static enum rdb_step step_database(struct rdb_reader *r)
{
	uint64_t n;
	enum rdb_step step = rdb_length(r, &n);

	if (step != RDB_DONE)
		return step;
	if (n > INT32_MAX)
		return rdb_damaged(r, "there is no database %llu",
				   (unsigned long long)n);
	r->record.database = (uint32_t)n;
	return rdb_step_end(r);
}

static enum rdb_step take_numbers(struct rdb_reader *r, unsigned n)
{
	enum rdb_step step = RDB_DONE;
	uint64_t number;

	while (n-- > 0 && step == RDB_DONE)
		step = rdb_length(r, &number);
	return step == RDB_DONE ? rdb_step_end(r) : step;
}

static enum rdb_step step_resize(struct rdb_reader *r)
{
	return take_numbers(r, 2);
}

static enum rdb_step step_slot_info(struct rdb_reader *r)
{
	return take_numbers(r, 3);
}

static enum rdb_step be_over(struct rdb_reader *r)
{
	enum rdb_step step = rdb_step_end(r);

	r->is_over = step == RDB_DONE;
	r->step = step_over;
	return step;
}

static enum rdb_step step_checksum(struct rdb_reader *r)
{
	const unsigned char *p;
	uint64_t told;

	if (r->version < RDB_CHECKSUM_SINCE)
		return be_over(r);
	p = rdb_take(r, RDB_CHECKSUM_LEN);
	if (!p)
		return RDB_WAIT;
	told = get_le64(p);
	r->has_checksum = told != 0;
	if (told != 0 && told != r->crc)
		return rdb_damaged(r, "its bytes do not have its checksum");
	return be_over(r);
}

/* What precedes a key. */

static enum rdb_step be_prefixed(struct rdb_reader *r)
{
	r->is_prefixed = true;
	r->step = rdb_step_record;
	return RDB_DONE;
}

static enum rdb_step step_expiry_ms(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, 8);

	if (!p)
		return RDB_WAIT;
	r->record.expires_at = (int64_t)get_le64(p);
	return be_prefixed(r);
}

static enum rdb_step step_expiry(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, 4);

	if (!p)
		return RDB_WAIT;
	r->record.expires_at = (int64_t)(int32_t)get_le32(p) * MS_IN_SECOND;
	return be_prefixed(r);
}

static enum rdb_step step_idle(struct rdb_reader *r)
{
	uint64_t n;
	enum rdb_step step = rdb_length(r, &n);

	if (step != RDB_DONE)
		return step;
	r->record.idle_seconds = n > INT64_MAX ? INT64_MAX : (int64_t)n;
	return be_prefixed(r);
}

static enum rdb_step step_frequency(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, 1);

	if (!p)
		return RDB_WAIT;
	r->record.frequency = *p;
	return be_prefixed(r);
}

static enum rdb_step step_name(struct rdb_reader *r)
{
	struct rdb_blob b;
	enum rdb_step step = rdb_blob(r, &b, 0);

	if (step != RDB_DONE)
		return step;
	r->record.name = keep_string(&r->name, &b);
	if (!r->record.name)
		return rdb_nomem(r);
	r->record.name_len = b.len;
	r->record.value_begin = rdb_offset(r);
	if (!tell_begin(r))
		return RDB_FAIL;
	return rdb_value_begin(r);
}

static enum rdb_step begin_key(struct rdb_reader *r, unsigned char code)
{
	if (!rdb_type_of(r, code, &r->record.type))
		return rdb_strange(r, "type %u", code);
	r->record.kind = RDB_RECORD_KEY;
	r->record.code = code;
	r->step = step_name;
	return RDB_DONE;
}

static enum rdb_step begin_other(struct rdb_reader *r,
				 enum rdb_record_kind kind, rdb_step_fn *next)
{
	if (r->is_prefixed)
		return rdb_damaged(r, "an expiry without a key");
	r->record.kind = kind;
	r->step = next;
	return tell_begin(r) ? RDB_DONE : RDB_FAIL;
}

static enum rdb_step begin_prefix(struct rdb_reader *r, rdb_step_fn *next)
{
	r->step = next;
	return RDB_DONE;
}

static enum rdb_step begin_end(struct rdb_reader *r)
{
	rdb_crc_to(r, rdb_offset(r));
	rdb_crc_end(r);
	return begin_other(r, RDB_RECORD_END, step_checksum);
}

enum rdb_step rdb_step_record(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, 1);

	if (!p)
		return RDB_WAIT;
	if (!r->is_prefixed)
		r->record.begin = r->record.value_begin = rdb_offset(r) - 1;
	switch (*p) {
	case OP_SLOT_INFO:
		return begin_other(r, RDB_RECORD_HINT, step_slot_info);
	case OP_FUNCTION:
		return begin_other(r, RDB_RECORD_FUNCTION, step_function);
	case OP_MODULE_AUX:
		return begin_other(r, RDB_RECORD_AUX, rdb_step_module_aux);
	case OP_IDLE:
		return begin_prefix(r, step_idle);
	case OP_FREQUENCY:
		return begin_prefix(r, step_frequency);
	case OP_AUX:
		return begin_other(r, RDB_RECORD_AUX, step_aux);
	case OP_RESIZE:
		return begin_other(r, RDB_RECORD_HINT, step_resize);
	case OP_EXPIRY_MS:
		return begin_prefix(r, step_expiry_ms);
	case OP_EXPIRY:
		return begin_prefix(r, step_expiry);
	case OP_DATABASE:
		return begin_other(r, RDB_RECORD_DATABASE, step_database);
	case OP_END:
		return begin_end(r);
	default:
		return begin_key(r, *p);
	}
}
