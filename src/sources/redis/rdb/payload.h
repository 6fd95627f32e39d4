/* payload.h - one value on its own, as DUMP gives it and RESTORE takes it. */
#ifndef COFFER_SOURCES_REDIS_RDB_PAYLOAD_H
#define COFFER_SOURCES_REDIS_RDB_PAYLOAD_H

#include "sources/redis/rdb/rdb.h"

/*
 * A payload as DUMP gives it: type byte, value, RDB version (2 bytes), CRC64.
 * Adds the digest that a key of this name and expiry has with this value.
 * *type is set; a module's value adds nothing. False with *e filled:
 * ERR_DAMAGED, "damaged_stream"; or ERR_INVALID, "target_incompatible", where
 * the type is not known.
 */
bool rdb_payload_digest(const void *payload, size_t len,
			const struct rdb_record *key, struct digest *d,
			enum rdb_type *type, struct err *e) MUST_CHECK;

/* The CRC64 of Redis (polynomial 0xad93d23594c935a9, reflected) of more bytes;
 * crc is 0 at the beginning. Several bytes a step. */
uint64_t rdb_crc64(uint64_t crc, const void *bytes, size_t len);

#endif
