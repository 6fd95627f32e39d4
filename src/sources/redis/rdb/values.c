/*
 * values.c - which steps read which type, and what all values share.
 *
 * The canonical form of a key is a row as base/digest.h has it. Columns: name,
 * type ("string", ...), expiry or NULL, and of a
 *   string   its bytes;
 *   list     its elements in order;
 *   set      how many members, and the sum of the digests of their rows:
 *            member;
 *   zset     the same of the rows: member, score (8 bytes);
 *   hash     the same of the rows: field, value, expiry or NULL;
 *   stream   see stream.c.
 * Numbers are 8 bytes little-endian, scores so, too, as IEEE doubles, a sum is
 * 16 bytes, the low word first.
 */
#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/values_int.h"

enum { VALKEY_HASH_2 = 22 };

static const char *const type_names[] = {
	[RDB_STRING] = "string", [RDB_LIST] = "list", [RDB_SET] = "set",
	[RDB_ZSET] = "zset",	 [RDB_HASH] = "hash", [RDB_STREAM] = "stream",
	[RDB_MODULE] = "module",
};
_Static_assert(sizeof(type_names) / sizeof(type_names[0]) == RDB_TYPE_COUNT,
	       "a name for each type");

static const struct rdb_layout layouts[] = {
	[0] = {RDB_STRING, rdb_step_string, 0, 0, "s", ""},
	[1] = {RDB_LIST, rdb_step_list, 0, 0, "c", "s"},
	[2] = {RDB_SET, rdb_step_set, 0, 0, "c", "s"},
	[3] = {RDB_ZSET, rdb_step_zset, 0, 0, "c", "st"},
	[4] = {RDB_HASH, rdb_step_hash, 0, 0, "c", "ss"},
	[5] = {RDB_ZSET, rdb_step_zset_2, 0, 0, "c", "s8"},
	[7] = {RDB_MODULE, rdb_step_module, 0, 0, NULL, NULL},
	[9] = {RDB_HASH, rdb_step_packed, PACK_ZIPMAP, 2, "s", ""},
	[10] = {RDB_LIST, rdb_step_packed, PACK_ZIPLIST, 1, "s", ""},
	[11] = {RDB_SET, rdb_step_packed, PACK_INTSET, 1, "s", ""},
	[12] = {RDB_ZSET, rdb_step_packed, PACK_ZIPLIST, 2, "s", ""},
	[13] = {RDB_HASH, rdb_step_packed, PACK_ZIPLIST, 2, "s", ""},
	[14] = {RDB_LIST, rdb_step_quicklist, PACK_ZIPLIST, 1, "c", "s"},
	[15] = {RDB_STREAM, rdb_step_stream, PACK_LISTPACK, 1, NULL, NULL},
	[16] = {RDB_HASH, rdb_step_packed, PACK_LISTPACK, 2, "s", ""},
	[17] = {RDB_ZSET, rdb_step_packed, PACK_LISTPACK, 2, "s", ""},
	[18] = {RDB_LIST, rdb_step_quicklist_2, PACK_LISTPACK, 1, "c", "ns"},
	[19] = {RDB_STREAM, rdb_step_stream, PACK_LISTPACK, 2, NULL, NULL},
	[20] = {RDB_SET, rdb_step_packed, PACK_LISTPACK, 1, "s", ""},
	[21] = {RDB_STREAM, rdb_step_stream, PACK_LISTPACK, 3, NULL, NULL},
	[22] = {RDB_HASH, rdb_step_hash_metadata_pre_ga, 0, 0, "c", "nss"},
	[23] = {RDB_HASH, rdb_step_packed, PACK_LISTPACK, 3, "s", ""},
	[24] = {RDB_HASH, rdb_step_hash_metadata, 0, 0, "8c", "nss"},
	[25] = {RDB_HASH, rdb_step_listpack_ex, PACK_LISTPACK, 3, "8s", ""},
};

static const struct rdb_layout valkey_hash_2 = {
	RDB_HASH, rdb_step_hash_2, 0, 0, "c", "ss8"};

const char *rdb_type_name(enum rdb_type t)
{
	return type_names[t];
}

static const struct rdb_layout *layout_of(const struct rdb_reader *r,
					  unsigned char code)
{
	/* From 22 on each of the two has codes of its own. */
	if (r->is_valkey && code >= VALKEY_HASH_2)
		return code == VALKEY_HASH_2 ? &valkey_hash_2 : NULL;
	if (code >= sizeof(layouts) / sizeof(layouts[0]) || !layouts[code].step)
		return NULL;
	return &layouts[code];
}

const struct rdb_layout *rdb_layout(const struct rdb_reader *r)
{
	return layout_of(r, r->record.code);
}

bool rdb_type_of(const struct rdb_reader *r, unsigned char code,
		 enum rdb_type *type)
{
	const struct rdb_layout *l = layout_of(r, code);

	if (l)
		*type = l->type;
	return l != NULL;
}

void rdb_column_u64(struct digest_row *row, uint64_t n)
{
	n = htole64(n);
	digest_row_value(row, &n, sizeof(n));
}

enum rdb_step rdb_value_begin(struct rdb_reader *r)
{
	const struct rdb_record *key = &r->record;
	const char *type = type_names[key->type];

	r->value = (struct rdb_value){0};
	if (r->is_skimmed && rdb_layout(r)->before) {
		r->skim = rdb_layout(r)->before;
		r->step = rdb_step_skim;
		return RDB_DONE;
	}
	digest_batch_begin(r->members);
	r->step = rdb_layout(r)->step;
	digest_row_begin(r->key);
	digest_row_value(r->key, key->name, key->name_len);
	digest_row_value(r->key, type, strlen(type));
	if (key->expires_at == RDB_NO_EXPIRY)
		digest_row_null(r->key);
	else
		rdb_column_u64(r->key, (uint64_t)key->expires_at);
	return RDB_DONE;
}

enum rdb_step rdb_members_end(struct rdb_reader *r)
{
	struct digest *sum = &r->value.sum;
	uint64_t words[2];

	digest_batch_end(r->members, sum);
	words[0] = htole64(sum->low);
	words[1] = htole64(sum->high);
	rdb_column_u64(r->key, r->value.count);
	digest_row_value(r->key, words, sizeof(words));
	return rdb_step_key_end(r);
}

enum rdb_step rdb_step_string(struct rdb_reader *r)
{
	enum rdb_step step = rdb_string(r, r->key);

	if (step != RDB_DONE)
		return step;
	if (r->passing.left == 0)
		return rdb_step_key_end(r);
	r->step = rdb_step_key_end;
	return RDB_DONE;
}
