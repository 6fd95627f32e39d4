/* stream_int.h - the stream's own. */
#ifndef COFFER_CTL_POOL_STREAM_INT_H
#define COFFER_CTL_POOL_STREAM_INT_H

#include "ctl/pool/stream.h"
#include "manifest/part_feed.h"

/* Runs what the feed hands out to the descriptor. */
bool stream_feed(struct stream *s, struct part_feed *feed, bool is_selected,
		 struct err *e) MUST_CHECK;

/* Writes bytes of our own. */
bool stream_put(struct stream *s, const void *bytes, size_t len,
		struct err *e) MUST_CHECK;

/* The items that are wanted, by the index. */
bool stream_items(struct stream *s, bool is_sql, struct err *e) MUST_CHECK;

#endif
