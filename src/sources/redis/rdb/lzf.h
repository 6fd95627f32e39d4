/*
 * lzf.h - unpacks LZF, by which Redis packs strings of more than 20 bytes.
 *
 * A byte below 32: so many and one more bytes follow as they are. Else its
 * upper three bits and two are how many bytes to repeat (seven: the next byte
 * is added), and its lower five bits and the following byte how far back they
 * begin, less one: at most 8 KiB.
 */
#ifndef COFFER_SOURCES_REDIS_LZF_H
#define COFFER_SOURCES_REDIS_LZF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/* The most that a packed byte can become: three give 264. */
enum { LZF_RATIO_MAX = 88, LZF_SLACK = 264 };

/* A packed string; there: how many bytes may be read from its first one on, at
 * least len. */
struct lzf_packed {
	const unsigned char *bytes;
	size_t len, there;
};

/* Unpacks into exactly plain_len bytes, behind which LZF_SLACK more may be
 * written on; false: it is not that. */
bool lzf_unpack(const struct lzf_packed *packed, unsigned char *plain,
		size_t plain_len) MUST_CHECK;

/* One that is unpacked as it passes, with a window of its own. */
struct rdb_lzf;

/* Caller frees. NULL: no memory. */
struct rdb_lzf *rdb_lzf_new(void) MUST_CHECK;

/* Begins another, that shall give so many bytes. */
void rdb_lzf_begin(struct rdb_lzf *l, uint64_t plain_len);

/* The next packed bytes; what they give becomes bytes of the row's open
 * column. False: damaged. */
bool rdb_lzf_feed(struct rdb_lzf *l, const unsigned char *packed, size_t len,
		  struct digest_row *to) MUST_CHECK;

/* All packed bytes were given: whether they gave what was told. */
bool rdb_lzf_end(struct rdb_lzf *l, struct digest_row *to) MUST_CHECK;

/* NULL is fine. */
void rdb_lzf_free(struct rdb_lzf *l);

#endif
