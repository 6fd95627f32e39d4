/*
 * reader.c - feeds the steps: with the bytes of a call, or, where a step waits
 * for more than there are, with what was kept of it. See reader_int.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sources/redis/rdb/bytes_int.h"
#include "sources/redis/rdb/payload.h"
#include "sources/redis/rdb/steps_int.h"
#include "sources/redis/rdb/strings_int.h"

enum { OPCODE_END = 255 };

struct rdb_reader *rdb_new(const struct rdb_events *events, void *arg,
			   struct err *e)
{
	struct rdb_reader *r = calloc(1, sizeof(*r));

	if (r) {
		r->events = *events;
		r->arg = arg;
		r->step = rdb_step_header;
		r->key = digest_row_new();
		r->member = digest_row_new();
		r->members = digest_batch_new();
	}
	if (!r || !r->key || !r->member || !r->members) {
		rdb_free(r);
		(void)err_nomem(e, "reading an RDB file");
		return NULL;
	}
	return r;
}

void rdb_free(struct rdb_reader *r)
{
	if (!r)
		return;
	digest_row_free(r->key);
	digest_row_free(r->member);
	digest_batch_free(r->members);
	rdb_lzf_free(r->lzf);
	text_free(&r->name);
	text_free(&r->carry);
	text_free(&r->aux);
	for (unsigned i = 0; i < RDB_BLOBS; i++)
		text_free(&r->plain[i]);
	free(r);
}

enum rdb_step rdb_damaged(struct rdb_reader *r, const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)err_set(r->e, ERR_DAMAGED, "damaged_stream",
		      "the %s is damaged at offset %llu: %s; read it once "
		      "more, and if it fails again check the server with "
		      "redis-check-rdb",
		      r->is_payload ? "value of a key" : "RDB data",
		      (unsigned long long)r->in.offset +
			      (unsigned long long)(r->in.start - r->in.origin),
		      what);
	return RDB_FAIL;
}

enum rdb_step rdb_strange(struct rdb_reader *r, const char *fmt, ...)
{
	char what[RDB_STRANGE_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	(void)snprintf(
		r->strange, sizeof(r->strange), "%.32s at offset %llu", what,
		(unsigned long long)r->in.offset +
			(unsigned long long)(r->in.start - r->in.origin));
	return RDB_STRANGE;
}

enum rdb_step rdb_nomem(struct rdb_reader *r)
{
	(void)err_nomem(r->e, "reading an RDB file");
	return RDB_FAIL;
}

void rdb_crc_to(struct rdb_reader *r, uint64_t offset)
{
	if (offset <= r->crc_done)
		return;
	r->crc = rdb_crc64(r->crc, r->chunk + (r->crc_done - r->chunk_offset),
			   (size_t)(offset - r->crc_done));
	r->crc_done = offset;
}

void rdb_crc_end(struct rdb_reader *r)
{
	r->crc_done = UINT64_MAX;
}

enum rdb_step rdb_run(struct rdb_reader *r, bool is_once)
{
	enum rdb_step step;

	do {
		rdb_commit(r);
		step = r->passing.left > 0 ? rdb_pass(r) : r->step(r);
	} while (step == RDB_DONE && !is_once);
	if (step == RDB_WAIT)
		r->in.at = r->in.start;
	return step;
}

static enum rdb_step run_on(struct rdb_reader *r, const void *bytes, size_t len,
			    uint64_t offset, bool is_once)
{
	struct rdb_input *in = &r->in;

	in->origin = in->start = in->at = bytes;
	in->end = in->origin + len;
	in->offset = offset;
	return rdb_run(r, is_once);
}

static bool keep(struct rdb_reader *r, const void *bytes, size_t len)
{
	text_add(&r->carry, bytes, len);
	if (r->carry.is_broken)
		(void)rdb_nomem(r);
	return !r->carry.is_broken;
}

/* What was kept is used up, or given back: it lies in the call's bytes. */
static void drop_carry(struct rdb_reader *r)
{
	if (r->carry.cap > RDB_KEPT_BYTES)
		text_free(&r->carry);
	else
		text_reset(&r->carry);
}

/* Tops up what was kept until the step that waits has run. *used: how many of
 * the call's bytes went into it. */
static enum rdb_step run_carry(struct rdb_reader *r, const unsigned char *bytes,
			       size_t len, size_t *used)
{
	uint64_t offset = r->fed - len - r->carry.len;

	while (*used < len) {
		size_t n = len - *used, before = r->carry.len, taken;
		enum rdb_step step;

		if (r->in.want > before && n > r->in.want - before)
			n = r->in.want - before;
		if (!keep(r, bytes + *used, n))
			return RDB_FAIL;
		*used += n;
		if (r->carry.len < r->in.want)
			return RDB_WAIT;
		step = run_on(r, r->carry.data, r->carry.len, offset, true);
		taken = (size_t)(r->in.at - r->in.origin);
		if (step == RDB_FAIL || step == RDB_STRANGE)
			return step;
		if (taken == 0)
			continue;
		if (taken <= before) {
			(void)err_bug(r->e, "an RDB step took back bytes");
			return RDB_FAIL;
		}
		*used -= r->carry.len - taken;
		drop_carry(r);
		return RDB_DONE;
	}
	return RDB_WAIT;
}

static bool is_opaque(const struct rdb_reader *r)
{
	return r->strange[0] != '\0';
}

/* All but the last eight bytes go into the checksum. */
static void pass_opaque(struct rdb_reader *r, const unsigned char *p,
			size_t len)
{
	size_t out = r->tail_len + len, n;

	out = out > RDB_CHECKSUM_LEN ? out - RDB_CHECKSUM_LEN : 0;
	n = out < r->tail_len ? out : r->tail_len;
	if (n > 0) {
		r->crc = rdb_crc64(r->crc, r->tail, n);
		r->before_tail = r->tail[n - 1];
		r->tail_len -= n;
		memmove(r->tail, r->tail + n, r->tail_len);
	}
	out -= n;
	if (out > 0) {
		r->crc = rdb_crc64(r->crc, p, out);
		r->before_tail = p[out - 1];
	}
	memcpy(r->tail + r->tail_len, p + out, len - out);
	r->tail_len += len - out;
}

/* Nothing more is told; the checksum is followed from here. */
static void go_opaque(struct rdb_reader *r, const unsigned char *bytes,
		      size_t len)
{
	uint64_t offset = r->fed - len, from;

	rdb_crc_to(r, r->in.offset + (uint64_t)(r->in.start - r->in.origin));
	from = r->crc_done > offset ? r->crc_done - offset : 0;
	drop_carry(r);
	pass_opaque(r, bytes + from, len - (size_t)from);
}

static bool feed(struct rdb_reader *r, const unsigned char *bytes, size_t len)
{
	enum rdb_step step = RDB_DONE;
	size_t used = 0;

	if (r->carry.len > 0)
		step = run_carry(r, bytes, len, &used);
	if (step == RDB_DONE) {
		step = run_on(r, bytes + used, len - used, r->fed - len + used,
			      false);
		if (step == RDB_WAIT &&
		    !keep(r, r->in.at, (size_t)(r->in.end - r->in.at)))
			return false;
	}
	if (step == RDB_STRANGE)
		go_opaque(r, bytes, len);
	else if (step == RDB_WAIT)
		rdb_crc_to(r, r->fed);
	return step != RDB_FAIL;
}

bool rdb_feed(struct rdb_reader *r, const void *bytes, size_t len,
	      struct err *e)
{
	if (r->is_failed)
		return err_set(e, ERR_DAMAGED, "damaged_stream",
			       "the RDB data was found to be damaged; read it "
			       "once more from the beginning");
	if (len == 0)
		return true;
	r->e = e;
	r->chunk = bytes;
	r->chunk_offset = r->fed;
	r->fed += len;
	if (is_opaque(r))
		pass_opaque(r, bytes, len);
	else
		r->is_failed = !feed(r, bytes, len);
	r->e = NULL;
	return !r->is_failed;
}

void rdb_skim(struct rdb_reader *r)
{
	r->is_skimmed = true;
}

bool rdb_is_over(const struct rdb_reader *r)
{
	return r->is_over && !r->is_failed;
}

bool rdb_has_checksum(const struct rdb_reader *r)
{
	return r->has_checksum;
}

const char *rdb_is_opaque(const struct rdb_reader *r)
{
	return is_opaque(r) ? r->strange : NULL;
}

bool rdb_ends_well(const struct rdb_reader *r)
{
	uint64_t told;

	if (!is_opaque(r))
		return rdb_is_over(r);
	if (r->tail_len < RDB_CHECKSUM_LEN || r->before_tail != OPCODE_END)
		return false;
	told = get_le64(r->tail);
	return told == 0 || told == r->crc;
}

unsigned rdb_version(const struct rdb_reader *r)
{
	return r->version;
}
