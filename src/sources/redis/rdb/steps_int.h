/* steps_int.h - the steps of the RDB reader, and what begins and ends them. */
#ifndef COFFER_SOURCES_REDIS_RDB_STEPS_INT_H
#define COFFER_SOURCES_REDIS_RDB_STEPS_INT_H

#include "sources/redis/rdb/reader_int.h"

/* records.c */

/* The first step, and the one at the begin of each record. */
enum rdb_step rdb_step_header(struct rdb_reader *r);
enum rdb_step rdb_step_record(struct rdb_reader *r);

/* The step at the end of a record that is no key, and of one that is. */
enum rdb_step rdb_step_end(struct rdb_reader *r);
enum rdb_step rdb_step_key_end(struct rdb_reader *r);

/* values.c */

/* Begins the row of a key (name, type, expiry), and its value's steps, by
 * r->record.code. */
enum rdb_step rdb_value_begin(struct rdb_reader *r);

/* The type by the code in the file; false: unknown. */
bool rdb_type_of(const struct rdb_reader *r, unsigned char code,
		 enum rdb_type *type);

/* The value is whole, its members are summed. */
enum rdb_step rdb_members_end(struct rdb_reader *r);

/* First steps of values: packs.c (what lies in one piece, and lists),
 * members.c (sets, sorted sets, hashes as tables), stream.c, module.c. */
rdb_step_fn rdb_step_string, rdb_step_list, rdb_step_quicklist,
	rdb_step_quicklist_2, rdb_step_set, rdb_step_zset, rdb_step_zset_2,
	rdb_step_hash, rdb_step_hash_metadata, rdb_step_hash_metadata_pre_ga,
	rdb_step_hash_2, rdb_step_packed, rdb_step_listpack_ex, rdb_step_stream,
	rdb_step_module, rdb_step_module_aux;

/* Instead of them, of a key that is passed over. */
rdb_step_fn rdb_step_skim;

#endif
