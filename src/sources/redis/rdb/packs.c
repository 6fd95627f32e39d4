/*
 * packs.c - collections that lie in one piece, and lists, which are rows of
 * such pieces.
 */
#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/values_int.h"

enum { ITEMS_MAX = 3, NODE_PLAIN = 1, NODE_PACKED = 2 };

static bool add_scored(struct rdb_reader *r, const struct rdb_item *items)
{
	const char *text = (const char *)items[1].bytes;
	double score = (double)items[1].number;

	if (!items[1].is_number && !rdb_score_parse(text, items[1].len, &score))
		return false;
	rdb_add_scored(r, items[0].bytes, items[0].len, score);
	return true;
}

/* In a listpack 0 stands for no expiry. */
static bool add_field(struct rdb_reader *r, const struct rdb_item *items,
		      unsigned width)
{
	int64_t expiry = RDB_NO_EXPIRY;

	if (width == 3 && !items[2].is_number)
		return false;
	if (width == 3 && items[2].number != 0)
		expiry = items[2].number;
	rdb_add_field(r, &items[0], &items[1], expiry);
	return true;
}

static bool add_member(struct rdb_reader *r, const struct rdb_item *items,
		       unsigned width)
{
	const char *bytes = (const char *)items[0].bytes;
	unsigned long len = items[0].len;

	r->value.count++;
	switch (r->record.type) {
	case RDB_LIST:
		digest_row_value(r->key, bytes, len);
		return true;
	case RDB_SET:
		digest_batch_row(r->members, &bytes, &len, 1);
		return true;
	case RDB_ZSET:
		return add_scored(r, items);
	case RDB_HASH:
		return add_field(r, items, width);
	case RDB_STRING:
	case RDB_STREAM:
	case RDB_MODULE:
	case RDB_TYPE_COUNT:
		break;
	}
	return false;
}

/* All members of a pack. */
static enum rdb_step add_pack(struct rdb_reader *r, const struct rdb_blob *b)
{
	const struct rdb_layout *l = rdb_layout(r);
	struct rdb_item items[ITEMS_MAX];
	struct rdb_pack pack;
	unsigned n = 0;

	if (!rdb_pack_begin(&pack, l->pack, b->bytes, b->len))
		return rdb_damaged(r, "a packed collection has a false head");
	while (rdb_pack_next(&pack, &items[n])) {
		if (++n < l->width)
			continue;
		n = 0;
		if (!add_member(r, items, l->width))
			return rdb_damaged(r, "a packed member is none");
	}
	if (n != 0 || !rdb_pack_is_whole(&pack))
		return rdb_damaged(r, "a packed collection is cut or broken");
	return RDB_DONE;
}

enum rdb_step rdb_step_packed(struct rdb_reader *r)
{
	struct rdb_blob b;
	enum rdb_step step = rdb_blob(r, &b, 0);

	if (step == RDB_DONE)
		step = add_pack(r, &b);
	if (step != RDB_DONE)
		return step;
	return r->record.type == RDB_LIST ? rdb_step_key_end(r)
					  : rdb_members_end(r);
}

/* The soonest expiry comes first; the fields have their own. */
enum rdb_step rdb_step_listpack_ex(struct rdb_reader *r)
{
	if (!rdb_take(r, 8))
		return RDB_WAIT;
	r->step = rdb_step_packed;
	return RDB_DONE;
}

static enum rdb_step begin_list(struct rdb_reader *r, rdb_step_fn *next)
{
	enum rdb_step step = rdb_length(r, &r->value.left);

	if (step == RDB_DONE)
		r->step = next;
	return step;
}

static enum rdb_step step_element(struct rdb_reader *r)
{
	enum rdb_step step;

	if (r->value.left == 0)
		return rdb_step_key_end(r);
	step = rdb_string(r, r->key);
	if (step == RDB_DONE)
		r->value.left--;
	return step;
}

static enum rdb_step step_node(struct rdb_reader *r)
{
	struct rdb_blob b;
	enum rdb_step step;

	if (r->value.left == 0)
		return rdb_step_key_end(r);
	step = rdb_blob(r, &b, 0);
	if (step == RDB_DONE)
		step = add_pack(r, &b);
	if (step == RDB_DONE)
		r->value.left--;
	return step;
}

static enum rdb_step step_node_2(struct rdb_reader *r)
{
	uint64_t form;
	enum rdb_step step;

	if (r->value.left == 0)
		return rdb_step_key_end(r);
	step = rdb_length(r, &form);
	if (step != RDB_DONE)
		return step;
	if (form == NODE_PACKED)
		return step_node(r);
	if (form != NODE_PLAIN)
		return rdb_damaged(r, "a list has a node of form %llu",
				   (unsigned long long)form);
	return step_element(r);
}

enum rdb_step rdb_step_list(struct rdb_reader *r)
{
	return begin_list(r, step_element);
}

enum rdb_step rdb_step_quicklist(struct rdb_reader *r)
{
	return begin_list(r, step_node);
}

enum rdb_step rdb_step_quicklist_2(struct rdb_reader *r)
{
	return begin_list(r, step_node_2);
}
