/*
 * members.c - sets, sorted sets and hashes that lie member by member. A member
 * that is short and there as a whole is hashed at once; else it goes through
 * the row r->member, column by column.
 */
#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/values_int.h"

enum {
	SCORE_NAN = 253,
	SCORE_INF = 254,
	SCORE_MINUS_INF = 255,
	SCORE_LEN = 8,
	EXPIRY_LEN = 8,
};

void rdb_add_scored(struct rdb_reader *r, const unsigned char *member,
		    size_t len, double score)
{
	unsigned char bytes[SCORE_LEN];
	const char *columns[] = {(const char *)member, (const char *)bytes};
	unsigned long lengths[] = {len, sizeof(bytes)};

	rdb_score_bytes(score, bytes);
	digest_batch_row(r->members, columns, lengths, 2);
}

static void add_field(struct rdb_reader *r, const struct rdb_blob *field,
		      const struct rdb_blob *value)
{
	uint64_t expiry = htole64((uint64_t)r->value.expiry);
	bool is_expiring = r->value.expiry != RDB_NO_EXPIRY;
	const char *columns[] = {(const char *)field->bytes,
				 (const char *)value->bytes,
				 is_expiring ? (const char *)&expiry : NULL};
	unsigned long lengths[] = {field->len, value->len, sizeof(expiry)};

	digest_batch_row(r->members, columns, lengths, 3);
}

void rdb_add_field(struct rdb_reader *r, const struct rdb_item *field,
		   const struct rdb_item *value, int64_t expiry)
{
	struct rdb_blob f = {.bytes = field->bytes, .len = field->len};
	struct rdb_blob v = {.bytes = value->bytes, .len = value->len};

	r->value.expiry = expiry;
	add_field(r, &f, &v);
}

/* The step gives back what it took, and another goes on in its place. */
static enum rdb_step instead(struct rdb_reader *r, rdb_step_fn *step)
{
	r->in.at = r->in.start;
	r->step = step;
	return step(r);
}

static enum rdb_step begin_members(struct rdb_reader *r, rdb_step_fn *next)
{
	enum rdb_step step = rdb_length(r, &r->value.left);

	r->value.count = r->value.left;
	if (step == RDB_DONE)
		r->step = next;
	return step;
}

static void member_is_done(struct rdb_reader *r)
{
	r->value.left--;
	rdb_commit(r);
}

/* Opens the row of a member with its first column. */
static enum rdb_step open_member(struct rdb_reader *r, rdb_step_fn *next)
{
	enum rdb_step step;

	digest_row_begin(r->member);
	step = rdb_string(r, r->member);
	if (step == RDB_DONE)
		r->step = next;
	return step;
}

static enum rdb_step close_member(struct rdb_reader *r, rdb_step_fn *next)
{
	digest_row_end(r->member, &r->value.sum);
	member_is_done(r);
	r->step = next;
	return RDB_DONE;
}

/* Sets. */

static enum rdb_step step_set_member(struct rdb_reader *r);

static enum rdb_step step_set_close(struct rdb_reader *r)
{
	return close_member(r, step_set_member);
}

static enum rdb_step step_set_open(struct rdb_reader *r)
{
	return open_member(r, step_set_close);
}

static enum rdb_step step_set_member(struct rdb_reader *r)
{
	while (r->value.left > 0) {
		struct rdb_blob b;
		enum rdb_step step = rdb_blob_at_once(r, &b, 0);
		const char *bytes;
		unsigned long len;

		if (step != RDB_DONE)
			return step == RDB_WAIT ? instead(r, step_set_open)
						: step;
		bytes = (const char *)b.bytes;
		len = b.len;
		digest_batch_row(r->members, &bytes, &len, 1);
		member_is_done(r);
	}
	return rdb_members_end(r);
}

enum rdb_step rdb_step_set(struct rdb_reader *r)
{
	return begin_members(r, step_set_member);
}

/* Sorted sets: the code says whether scores are text. */

enum rdb_step rdb_text_score(struct rdb_reader *r, double *score)
{
	const unsigned char *p = rdb_take(r, 1), *text;

	if (!p)
		return RDB_WAIT;
	if (*p >= SCORE_NAN) {
		*score = *p == SCORE_NAN   ? __builtin_nan("")
			 : *p == SCORE_INF ? __builtin_inf()
					   : -__builtin_inf();
		return RDB_DONE;
	}
	text = rdb_take(r, *p);
	if (!text)
		return RDB_WAIT;
	if (!rdb_score_parse((const char *)text, *p, score))
		return rdb_damaged(r, "a score is no number");
	return RDB_DONE;
}

static enum rdb_step take_score(struct rdb_reader *r, double *score)
{
	const unsigned char *p;
	uint64_t bits;

	if (r->value.is_text)
		return rdb_text_score(r, score);
	p = rdb_take(r, SCORE_LEN);
	if (!p)
		return RDB_WAIT;
	bits = get_le64(p);
	memcpy(score, &bits, sizeof(bits));
	return RDB_DONE;
}

static enum rdb_step step_scored(struct rdb_reader *r);

static enum rdb_step step_score_close(struct rdb_reader *r)
{
	unsigned char bytes[SCORE_LEN];
	double score;
	enum rdb_step step = take_score(r, &score);

	if (step != RDB_DONE)
		return step;
	rdb_score_bytes(score, bytes);
	digest_row_value(r->member, bytes, sizeof(bytes));
	return close_member(r, step_scored);
}

static enum rdb_step step_scored_open(struct rdb_reader *r)
{
	return open_member(r, step_score_close);
}

static enum rdb_step step_scored(struct rdb_reader *r)
{
	while (r->value.left > 0) {
		struct rdb_blob b;
		double score = 0;
		enum rdb_step step = rdb_blob_at_once(r, &b, 0);

		if (step == RDB_DONE)
			step = take_score(r, &score);
		if (step != RDB_DONE)
			return step == RDB_WAIT ? instead(r, step_scored_open)
						: step;
		rdb_add_scored(r, b.bytes, b.len, score);
		member_is_done(r);
	}
	return rdb_members_end(r);
}

enum rdb_step rdb_step_zset(struct rdb_reader *r)
{
	r->value.is_text = true;
	return begin_members(r, step_scored);
}

enum rdb_step rdb_step_zset_2(struct rdb_reader *r)
{
	return begin_members(r, step_scored);
}

/* Hashes: what a field has besides its name and value. */

/* Before them: 0, or an expiry, since the soonest and one more. */
static enum rdb_step take_before(struct rdb_reader *r)
{
	enum rdb_step step;
	uint64_t n;

	r->value.expiry = RDB_NO_EXPIRY;
	if (r->value.fields != FIELDS_EXPIRY_FIRST)
		return RDB_DONE;
	step = rdb_length(r, &n);
	if (step == RDB_DONE && n != 0)
		r->value.expiry = (int64_t)(n + (uint64_t)r->value.base);
	return step;
}

/* Behind them: when, or -1. */
static enum rdb_step take_after(struct rdb_reader *r)
{
	const unsigned char *p;

	if (r->value.fields != FIELDS_EXPIRY_LAST)
		return RDB_DONE;
	p = rdb_take(r, EXPIRY_LEN);
	if (!p)
		return RDB_WAIT;
	r->value.expiry = (int64_t)get_le64(p);
	return RDB_DONE;
}

static enum rdb_step step_field(struct rdb_reader *r);

static enum rdb_step step_field_close(struct rdb_reader *r)
{
	enum rdb_step step = take_after(r);

	if (step != RDB_DONE)
		return step;
	if (r->value.expiry == RDB_NO_EXPIRY)
		digest_row_null(r->member);
	else
		rdb_column_u64(r->member, (uint64_t)r->value.expiry);
	return close_member(r, step_field);
}

static enum rdb_step step_field_value(struct rdb_reader *r)
{
	enum rdb_step step = rdb_string(r, r->member);

	if (step == RDB_DONE)
		r->step = step_field_close;
	return step;
}

static enum rdb_step step_field_open(struct rdb_reader *r)
{
	return open_member(r, step_field_value);
}

static enum rdb_step step_field_before(struct rdb_reader *r)
{
	enum rdb_step step = take_before(r);

	if (step == RDB_DONE)
		r->step = step_field_open;
	return step;
}

static enum rdb_step step_field(struct rdb_reader *r)
{
	while (r->value.left > 0) {
		struct rdb_blob field, value;
		enum rdb_step step = take_before(r);

		if (step == RDB_DONE)
			step = rdb_blob_at_once(r, &field, 0);
		if (step == RDB_DONE)
			step = rdb_blob_at_once(r, &value, 1);
		if (step == RDB_DONE)
			step = take_after(r);
		if (step != RDB_DONE)
			return step == RDB_WAIT ? instead(r, step_field_before)
						: step;
		add_field(r, &field, &value);
		member_is_done(r);
	}
	return rdb_members_end(r);
}

enum rdb_step rdb_step_hash(struct rdb_reader *r)
{
	return begin_members(r, step_field);
}

enum rdb_step rdb_step_hash_2(struct rdb_reader *r)
{
	r->value.fields = FIELDS_EXPIRY_LAST;
	return begin_members(r, step_field);
}

enum rdb_step rdb_step_hash_metadata_pre_ga(struct rdb_reader *r)
{
	r->value.fields = FIELDS_EXPIRY_FIRST;
	return begin_members(r, step_field);
}

enum rdb_step rdb_step_hash_metadata(struct rdb_reader *r)
{
	const unsigned char *p = rdb_take(r, EXPIRY_LEN);

	if (!p)
		return RDB_WAIT;
	r->value.base = (int64_t)(get_le64(p) - 1);
	return rdb_step_hash_metadata_pre_ga(r);
}
