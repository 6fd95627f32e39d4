/*
 * stream.c - streams: entries in listpacks, the last id, groups, what of each
 * is pending, and with which consumer.
 *
 * Columns of a stream: of each entry that is not deleted its id (16 bytes,
 * big-endian), how many fields, fields and values; NULL; the last id; how many
 * groups; of each its name and last id, how many entries are pending, of each
 * id, time and count of its deliveries; how many consumers, of each its name,
 * how many entries are pending with it, and their ids.
 */
#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/values_int.h"

enum {
	ID_LEN = 16,
	TIME_LEN = 8,
	FLAG_DELETED = 1,
	FLAG_SAME_FIELDS = 2,
};

struct stream_id {
	uint64_t ms, sequence;
};

/* A listpack of entries: the first one's id and the fields that most have. */
struct node {
	struct stream_id first;
	uint64_t nfields;
	struct rdb_pack fields; /* where they begin */
};

static void column_id(struct digest_row *row, const struct stream_id *id)
{
	uint64_t words[2] = {htobe64(id->ms), htobe64(id->sequence)};

	digest_row_value(row, words, sizeof(words));
}

static bool next_number(struct rdb_pack *p, int64_t *n)
{
	struct rdb_item item;

	if (!rdb_pack_next(p, &item) || !item.is_number)
		return false;
	*n = item.number;
	return true;
}

/* n items as columns; to NULL: passed over. */
static bool next_columns(struct rdb_pack *p, uint64_t n, struct digest_row *to)
{
	struct rdb_item item;

	for (; n > 0; n--) {
		if (!rdb_pack_next(p, &item))
			return false;
		if (to)
			digest_row_value(to, item.bytes, item.len);
	}
	return true;
}

/* Count, deleted, fields, and a 0 as an end. */
static bool read_master(struct rdb_pack *p, struct node *node)
{
	int64_t count, deleted, nfields, zero;

	if (!next_number(p, &count) || !next_number(p, &deleted) ||
	    !next_number(p, &nfields) || nfields < 0)
		return false;
	node->nfields = (uint64_t)nfields;
	node->fields = *p;
	return next_columns(p, node->nfields, NULL) && next_number(p, &zero) &&
	       zero == 0;
}

/* Values alone, of the fields of the first entry. */
static bool same_fields(struct rdb_pack *p, const struct node *node,
			struct digest_row *to)
{
	struct rdb_pack fields = node->fields;

	for (uint64_t i = 0; i < node->nfields; i++)
		if ((to && !next_columns(&fields, 1, to)) ||
		    !next_columns(p, 1, to))
			return false;
	return true;
}

static bool read_entry(struct rdb_pack *p, const struct node *node,
		       int64_t flags, struct digest_row *row)
{
	struct digest_row *to = flags & FLAG_DELETED ? NULL : row;
	int64_t ms, sequence, nfields = (int64_t)node->nfields, length;
	struct stream_id id = node->first;

	if (!next_number(p, &ms) || !next_number(p, &sequence))
		return false;
	if (!(flags & FLAG_SAME_FIELDS) &&
	    (!next_number(p, &nfields) || nfields < 0))
		return false;
	id.ms += (uint64_t)ms;
	id.sequence += (uint64_t)sequence;
	if (to) {
		column_id(to, &id);
		rdb_column_u64(to, (uint64_t)nfields);
	}
	if (flags & FLAG_SAME_FIELDS
		    ? !same_fields(p, node, to)
		    : !next_columns(p, 2 * (uint64_t)nfields, to))
		return false;
	return next_number(p, &length);
}

static bool read_node(struct rdb_reader *r, const struct rdb_blob *b,
		      const unsigned char *id)
{
	struct node node = {.first = {get_be64(id), get_be64(id + 8)}};
	struct rdb_pack p;
	int64_t flags;

	if (!rdb_pack_begin(&p, PACK_LISTPACK, b->bytes, b->len) ||
	    !read_master(&p, &node))
		return false;
	while (p.at < p.end)
		if (!next_number(&p, &flags) ||
		    !read_entry(&p, &node, flags, r->key))
			return false;
	return rdb_pack_is_whole(&p);
}

static enum rdb_step take_id(struct rdb_reader *r, struct stream_id *id)
{
	enum rdb_step step = rdb_length(r, &id->ms);

	return step == RDB_DONE ? rdb_length(r, &id->sequence) : step;
}

static rdb_step_fn step_group, step_pending, step_consumers, step_consumer,
	step_held;

/* First id, largest deleted id, how many were added ever: of versions that
 * know them; they say nothing about what is there. */
static enum rdb_step pass_counters(struct rdb_reader *r)
{
	struct stream_id id;
	uint64_t added;
	enum rdb_step step = take_id(r, &id);

	if (step == RDB_DONE)
		step = take_id(r, &id);
	return step == RDB_DONE ? rdb_length(r, &added) : step;
}

static enum rdb_step step_totals(struct rdb_reader *r)
{
	struct stream_id last = {0};
	uint64_t count, groups = 0;
	enum rdb_step step = rdb_length(r, &count);

	if (step == RDB_DONE)
		step = take_id(r, &last);
	if (step == RDB_DONE && rdb_layout(r)->width >= 2)
		step = pass_counters(r);
	if (step == RDB_DONE)
		step = rdb_length(r, &groups);
	if (step != RDB_DONE)
		return step;
	digest_row_null(r->key);
	column_id(r->key, &last);
	rdb_column_u64(r->key, groups);
	r->value.groups = groups;
	r->step = step_group;
	return RDB_DONE;
}

static enum rdb_step step_node(struct rdb_reader *r)
{
	struct rdb_blob id, entries;
	enum rdb_step step;

	if (r->value.left == 0) {
		r->step = step_totals;
		return RDB_DONE;
	}
	step = rdb_blob(r, &id, 0);
	if (step == RDB_DONE)
		step = rdb_blob(r, &entries, 1);
	if (step != RDB_DONE)
		return step;
	if (id.len != ID_LEN || !read_node(r, &entries, id.bytes))
		return rdb_damaged(r, "the entries of a stream are damaged");
	r->value.left--;
	return RDB_DONE;
}

static enum rdb_step step_group(struct rdb_reader *r)
{
	struct stream_id last = {0};
	struct rdb_blob name;
	uint64_t was_read, pending = 0;
	enum rdb_step step;

	if (r->value.groups == 0)
		return rdb_step_key_end(r);
	step = rdb_blob(r, &name, 0);
	if (step == RDB_DONE)
		step = take_id(r, &last);
	if (step == RDB_DONE && rdb_layout(r)->width >= 2)
		step = rdb_length(r, &was_read);
	if (step == RDB_DONE)
		step = rdb_length(r, &pending);
	if (step != RDB_DONE)
		return step;
	digest_row_value(r->key, name.bytes, name.len);
	column_id(r->key, &last);
	rdb_column_u64(r->key, pending);
	r->value.pending = pending;
	r->step = step_pending;
	return RDB_DONE;
}

static enum rdb_step step_pending(struct rdb_reader *r)
{
	while (r->value.pending > 0) {
		const unsigned char *p = rdb_take(r, ID_LEN + TIME_LEN);
		uint64_t count = 0;
		enum rdb_step step = p ? rdb_length(r, &count) : RDB_WAIT;

		if (step != RDB_DONE)
			return step;
		digest_row_value(r->key, p, ID_LEN);
		digest_row_value(r->key, p + ID_LEN, TIME_LEN);
		rdb_column_u64(r->key, count);
		r->value.pending--;
		rdb_commit(r);
	}
	r->step = step_consumers;
	return RDB_DONE;
}

static enum rdb_step step_consumers(struct rdb_reader *r)
{
	enum rdb_step step = rdb_length(r, &r->value.consumers);

	if (step != RDB_DONE)
		return step;
	rdb_column_u64(r->key, r->value.consumers);
	r->step = step_consumer;
	return RDB_DONE;
}

/* When it was seen, and since version 3 active, is passed over. */
static enum rdb_step step_consumer(struct rdb_reader *r)
{
	size_t times = rdb_layout(r)->width >= 3 ? 2 : 1;
	struct rdb_blob name;
	uint64_t pending = 0;
	enum rdb_step step;

	if (r->value.consumers == 0) {
		r->value.groups--;
		r->step = step_group;
		return RDB_DONE;
	}
	step = rdb_blob(r, &name, 0);
	if (step == RDB_DONE && !rdb_take(r, times * TIME_LEN))
		step = RDB_WAIT;
	if (step == RDB_DONE)
		step = rdb_length(r, &pending);
	if (step != RDB_DONE)
		return step;
	digest_row_value(r->key, name.bytes, name.len);
	rdb_column_u64(r->key, pending);
	r->value.pending = pending;
	r->value.consumers--;
	r->step = step_held;
	return RDB_DONE;
}

static enum rdb_step step_held(struct rdb_reader *r)
{
	while (r->value.pending > 0) {
		const unsigned char *p = rdb_take(r, ID_LEN);

		if (!p)
			return RDB_WAIT;
		digest_row_value(r->key, p, ID_LEN);
		r->value.pending--;
		rdb_commit(r);
	}
	r->step = step_consumer;
	return RDB_DONE;
}

enum rdb_step rdb_step_stream(struct rdb_reader *r)
{
	enum rdb_step step = rdb_length(r, &r->value.left);

	if (step == RDB_DONE)
		r->step = step_node;
	return step;
}
