/*
 * command.c - RESTORE and FUNCTION RESTORE. A payload is the bytes of the file,
 * the RDB version in two bytes and the CRC64 of all that, little-endian.
 * https://redis.io/docs/latest/commands/restore/
 */
#include "sources/redis/load/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sources/clean_int.h"
#include "sources/redis/conn.h"
#include "sources/redis/fault.h"
#include "sources/redis/load/load_int.h"
#include "sources/redis/rdb/payload.h"

enum {
	FOOTER_LEN = 10,
	VERSION_LEN = 2,
	NUMBER_MAX = 24,
	WORDS_MAX = 200,
	KEPT_MAX = 1024 * 1024, /* of the memory of a long record */
};

/* Where in the frame that begins at fed the wanted bytes begin. */
static size_t begins_at(const struct redis_command *c, uint64_t fed)
{
	return c->from > fed ? (size_t)(c->from - fed) : 0;
}

void redis_command_hold(struct redis_command *c, uint64_t from)
{
	c->is_held = true;
	c->from = from;
	text_reset(&c->held);
}

bool redis_command_take(struct redis_command *c, const unsigned char *frame,
			uint64_t fed, size_t at)
{
	size_t begin = begins_at(c, fed);

	if (!c->is_held)
		return false;
	c->piece = frame + begin;
	c->len = at - begin;
	return true;
}

bool redis_command_keep(struct redis_command *c, const unsigned char *frame,
			uint64_t fed, size_t len)
{
	size_t begin = begins_at(c, fed);

	if (c->is_held && begin < len)
		text_add(&c->held, frame + begin, len - begin);
	return !c->held.is_broken;
}

void redis_command_append(const struct redis_command *c, struct text *to)
{
	if (c->held.len > 0)
		text_add(to, c->held.data, c->held.len);
	text_add(to, c->piece, c->len);
}

void redis_command_drop(struct redis_command *c)
{
	c->is_held = false;
	text_reset(&c->held);
	if (c->held.cap > KEPT_MAX)
		text_free(&c->held);
}

/* Numbers in the order of their weight. */
static void put_little(unsigned char *to, uint64_t n, unsigned len)
{
	for (unsigned i = 0; i < len; i++, n >>= 8)
		to[i] = (unsigned char)n;
}

static bool send_footer(struct redis_conn *conn, uint64_t crc, unsigned version,
			struct err *e)
{
	unsigned char footer[FOOTER_LEN];

	put_little(footer, version, VERSION_LEN);
	crc = rdb_crc64(crc, footer, VERSION_LEN);
	put_little(footer + VERSION_LEN, crc, FOOTER_LEN - VERSION_LEN);
	return redis_conn_bytes(conn, footer, FOOTER_LEN, e);
}

static bool send_piece(struct redis_conn *conn, uint64_t *crc,
		       const void *bytes, size_t len, struct err *e)
{
	if (len == 0)
		return true;
	*crc = rdb_crc64(*crc, bytes, len);
	return redis_conn_bytes(conn, bytes, len, e);
}

static bool send_payload(const struct redis_command *c, struct redis_conn *conn,
			 unsigned char code, unsigned version, struct err *e)
{
	uint64_t crc = 0;

	return redis_conn_argument(conn, 1 + c->held.len + c->len + FOOTER_LEN,
				   e) &&
	       send_piece(conn, &crc, &code, 1, e) &&
	       send_piece(conn, &crc, c->held.data, c->held.len, e) &&
	       send_piece(conn, &crc, c->piece, c->len, e) &&
	       send_footer(conn, crc, version, e) &&
	       redis_conn_argument_end(conn, e);
}

static bool send_word(struct redis_conn *conn, const char *word, size_t len,
		      struct err *e)
{
	return redis_conn_argument(conn, len, e) &&
	       (len == 0 || redis_conn_bytes(conn, word, len, e)) &&
	       redis_conn_argument_end(conn, e);
}

static bool send_number(struct redis_conn *conn, int64_t n, struct err *e)
{
	char text[NUMBER_MAX];
	int len;

	if (n == 0)
		return send_word(conn, "0", 1, e); /* mostly */
	len = snprintf(text, sizeof(text), "%" PRId64, n);
	return send_word(conn, text, (size_t)len, e);
}

static bool send_option(struct redis_conn *conn, const char *name, int64_t n,
			struct err *e)
{
	return n < 0 || (send_word(conn, name, strlen(name), e) &&
			 send_number(conn, n, e));
}

bool redis_command_restore(const struct redis_command *c,
			   struct redis_conn *conn, const struct rdb_record *r,
			   unsigned version, struct err *e)
{
	static const char restore[] = "RESTORE", absolute[] = "ABSTTL";
	size_t options = (r->idle_seconds >= 0 ? 2U : 0U) +
			 (r->frequency >= 0 ? 2U : 0U);
	bool is_expiring = r->expires_at != RDB_NO_EXPIRY;

	return redis_conn_begin(conn, 4 + is_expiring + options, e) &&
	       send_word(conn, restore, sizeof(restore) - 1, e) &&
	       send_word(conn, r->name, r->name_len, e) &&
	       send_number(conn, is_expiring ? r->expires_at : 0, e) &&
	       send_payload(c, conn, r->code, version, e) &&
	       (!is_expiring ||
		send_word(conn, absolute, sizeof(absolute) - 1, e)) &&
	       send_option(conn, "IDLETIME", r->idle_seconds, e) &&
	       send_option(conn, "FREQ", r->frequency, e);
}

bool redis_command_functions(struct redis_conn *conn,
			     const struct text *records, unsigned version,
			     bool is_replacing, struct err *e)
{
	const char *policy = is_replacing ? "REPLACE" : "APPEND";
	uint64_t crc = 0;

	return redis_conn_begin(conn, 4, e) &&
	       send_word(conn, "FUNCTION", strlen("FUNCTION"), e) &&
	       send_word(conn, "RESTORE", strlen("RESTORE"), e) &&
	       redis_conn_argument(conn, records->len + FOOTER_LEN, e) &&
	       send_piece(conn, &crc, records->data, records->len, e) &&
	       send_footer(conn, crc, version, e) &&
	       redis_conn_argument_end(conn, e) &&
	       send_word(conn, policy, strlen(policy), e);
}

/* What to do about it. */
static const char *hint(const char *words)
{
	static const struct {
		const char *part, *hint;
	} hints[] = {
		{"BUSYKEY", "somebody writes there: keep others away and "
			    "restore again"},
		{"OOM", "raise its maxmemory and restore again"},
		{"payload version", "it cannot read what a later server wrote: "
				    "restore into one of the backup's version"},
		{"READONLY", "it became a replica: restore into its primary"},
	};

	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++) {
		if (strstr(words, hints[i].part) != NULL)
			return hints[i].hint;
	}
	return "look into its log and restore again";
}

void redis_command_fault(struct err *e, const char *words, uint64_t after)
{
	char clean[WORDS_MAX];

	if (redis_is_denial(words)) {
		(void)redis_fault(e, words, "restore", REDIS_RESTORE_RIGHTS);
		return;
	}
	(void)source_clean(clean, sizeof(clean), words);
	(void)err_set(e, ERR_REMOTE, "target_failed",
		      "the target refused what came after %" PRIu64
		      " keys: %s; %s",
		      after, clean, hint(words));
}

void redis_command_fini(struct redis_command *c)
{
	text_free(&c->held);
}
