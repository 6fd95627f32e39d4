/*
 * verify.c - after a restore: the stream held what the index says, and the
 * target holds what the stream held, minus keys whose time has come.
 *
 *	of each database: SELECT, then SCAN and of each name PEXPIRETIME and
 *	DUMP, to the end; TIME; compare. A scan may tell a key twice while the
 *	server moves its tables, so what differs is looked at again.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/text.h"
#include "sources/redis/load/load_int.h"
#include "sources/redis/load/scan.h"
#include "sources/redis/op.h"
#include "sources/redis/rdb/keys.h"
#include "sources/redis/rdb/payload.h"

enum { LOOKS_MAX = 3, MS = 1000 };

enum verify_state {
	VERIFY_SELECT,
	VERIFY_SCAN,
	VERIFY_KEYS, /* expiry and payload of each name, in turn */
	VERIFY_TIME,
};

struct verify {
	struct redis_op op; /* comes first */
	struct redis_load *load;
	enum verify_state state;
	size_t next; /* database */
	unsigned looks;
	struct redis_scan scan;
	bool is_last; /* the scan has told all */
	char **names; /* of one answer to SCAN */
	size_t *lens;
	size_t nnames, at;
	bool has_expiry;    /* of names[at], its payload is next */
	int64_t expires_at; /* RDB_NO_EXPIRY; -2: it is gone */
	struct redis_wane found;
	load_done_cb *done;
	void *arg;
};

enum { GONE = -2 };

static struct verify *verify_of(struct redis_op *op)
{
	return (struct verify *)(void *)op;
}

static struct redis_target_db *current(struct verify *v)
{
	return &v->load->databases[v->next];
}

static void drop_names(struct verify *v)
{
	for (size_t i = 0; i < v->nnames; i++)
		free(v->names[i]);
	free(v->names);
	free(v->lens);
	v->names = NULL;
	v->lens = NULL;
	v->nnames = v->at = 0;
}

static bool begin_look(struct verify *v, struct err *e)
{
	const struct source_scope *scope = &v->load->scope;
	const struct redis_target_db *db = current(v);

	v->state = VERIFY_SELECT;
	v->scan = (struct redis_scan){0};
	if (scope->nkeys == 1)
		v->scan.pattern = scope->keys[0];
	redis_wane_clear(&v->found);
	v->found.database = db->to;
	v->found.from_ms = db->wane.from_ms;
	return redis_select_send(v->op.conn, db->to, e);
}

static bool begin(struct redis_op *op, struct err *e)
{
	struct verify *v = verify_of(op);
	static const char *const ping[] = {"TIME"};

	if (v->load->ndatabases > 0)
		return begin_look(v, e);
	v->state = VERIFY_TIME;
	return redis_conn_send(op->conn, 1, ping, NULL, e);
}

/* Asks for both of each name, all at once: they are some hundred. */
static bool ask_keys(struct verify *v, struct err *e)
{
	const char *expiry = v->load->is_expiry_told ? "PEXPIRETIME" : "PTTL";

	v->state = VERIFY_KEYS;
	for (size_t i = 0; i < v->nnames; i++) {
		const char *const when[] = {expiry, v->names[i]};
		const char *const what[] = {"DUMP", v->names[i]};
		const size_t when_lens[] = {strlen(expiry), v->lens[i]};
		const size_t what_lens[] = {4, v->lens[i]};

		if (!redis_conn_send(v->op.conn, 2, when, when_lens, e) ||
		    !redis_conn_send(v->op.conn, 2, what, what_lens, e))
			return false;
	}
	return true;
}

static bool keep_name(struct verify *v, const char *name, size_t len)
{
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return false;
	memcpy(copy, name, len);
	copy[len] = '\0';
	v->names[v->nnames] = copy;
	v->lens[v->nnames++] = len;
	return true;
}

static bool keep_names(struct verify *v, const struct redisReply *names,
		       struct err *e)
{
	const struct source_scope *scope = &v->load->scope;

	drop_names(v);
	v->names = calloc(names->elements + 1, sizeof(*v->names));
	v->lens = calloc(names->elements + 1, sizeof(*v->lens));
	if (v->names == NULL || v->lens == NULL)
		return err_nomem(e, "a list of keys");
	for (size_t i = 0; i < names->elements; i++) {
		const struct redisReply *n = names->element[i];

		if (redis_scope_has_key(scope, current(v)->from, n->str,
					n->len) &&
		    !keep_name(v, n->str, n->len))
			return err_nomem(e, "a list of keys");
	}
	return true;
}

/* More names, or the clock when there are none. */
static bool go_on(struct verify *v, struct err *e)
{
	static const char *const now[] = {"TIME"};

	if (!v->is_last) {
		v->state = VERIFY_SCAN;
		return redis_scan_send(&v->scan, v->op.conn, e);
	}
	v->state = VERIFY_TIME;
	return redis_conn_send(v->op.conn, 1, now, NULL, e);
}

static bool take_names(struct verify *v, const struct redisReply *r,
		       struct err *e)
{
	const struct redisReply *names;

	if (!redis_scan_take(&v->scan, r, &names, &v->is_last, e) ||
	    !keep_names(v, names, e))
		return false;
	return v->nnames > 0 ? ask_keys(v, e) : go_on(v, e);
}

static bool take_expiry(struct verify *v, const struct redisReply *r,
			struct err *e)
{
	if (r->type != REDIS_REPLY_INTEGER)
		return redis_load_fault(e, r, "read when a key expires");
	v->has_expiry = true;
	v->expires_at = r->integer;
	return true;
}

/* One that is gone has expired, or somebody removed it: the counts will tell.
 */
static bool count(struct verify *v, const struct redisReply *r, struct err *e)
{
	struct digest digest = {0};
	enum rdb_type type;

	if (r->type == REDIS_REPLY_NIL || v->expires_at == GONE)
		return true;
	if (r->type != REDIS_REPLY_STRING)
		return redis_load_fault(e, r, "read a key");
	return rdb_payload_digest(
		       r->str, r->len,
		       &(struct rdb_record){.name = v->names[v->at],
					    .name_len = v->lens[v->at],
					    .expires_at = v->expires_at},
		       &digest, &type, e) &&
	       redis_wane_add(&v->found, v->expires_at, &digest, e);
}

static bool take_key(struct verify *v, const struct redisReply *r,
		     struct err *e)
{
	if (!v->has_expiry)
		return take_expiry(v, r, e);
	v->has_expiry = false;
	if (!count(v, r, e))
		return false;
	return ++v->at < v->nnames || go_on(v, e);
}

static int64_t time_of(const struct redisReply *r, const struct redis_load *l)
{
	int64_t now_ms = redis_load_now(l);

	(void)redis_load_time(r, &now_ms);
	return now_ms + MS; /* it has moved on since */
}

static bool next_database(struct verify *v, bool *is_over, struct err *e)
{
	v->looks = 0;
	if (++v->next < v->load->ndatabases)
		return begin_look(v, e);
	*is_over = true;
	return true;
}

/* All of the database was read. */
static bool compare(struct verify *v, const struct redisReply *r, bool *is_over,
		    struct err *e)
{
	struct load_facts *f = &v->load->facts;
	const struct redis_wane_look look = {
		.found = &v->found,
		.ended_ms = time_of(r, v->load),
		.is_exact = v->load->is_expiry_told,
	};
	struct err mine = {0};
	uint64_t expired;

	if (v->next >= v->load->ndatabases) {
		*is_over = true;
		return true;
	}
	if (!redis_wane_compare(&current(v)->wane, &look, &expired, &mine)) {
		if (++v->looks < LOOKS_MAX)
			return begin_look(v, e);
		*e = mine;
		return false;
	}
	f->expired += expired;
	f->keys_verified += redis_wane_keys(&v->found);
	f->tables_verified++;
	return next_database(v, is_over, e);
}

static bool take(struct redis_op *op, const struct redisReply *r, bool *is_over,
		 struct err *e)
{
	struct verify *v = verify_of(op);

	switch (v->state) {
	case VERIFY_SELECT:
		if (r->type == REDIS_REPLY_ERROR)
			return redis_load_fault(e, r, "select a database");
		v->state = VERIFY_SCAN;
		return redis_scan_send(&v->scan, op->conn, e);
	case VERIFY_SCAN:
		return take_names(v, r, e);
	case VERIFY_KEYS:
		return take_key(v, r, e);
	case VERIFY_TIME:
		return compare(v, r, is_over, e);
	}
	return true;
}

static void tell(struct redis_op *op, const struct err *e)
{
	struct verify *v = verify_of(op);

	v->done(v->arg, e);
}

static void verify_free(struct redis_op *op)
{
	struct verify *v = verify_of(op);

	redis_op_fini(&v->op);
	drop_names(v);
	redis_wane_fini(&v->found);
	free(v);
}

static const struct redis_op_ops ops = {begin, take, tell, verify_free};

/* Of keys that were skimmed the sink knows how many there are; what they hold
 * is the rest of what the index says. */
static void expect_lasting(struct redis_target_db *db,
			   const struct rdb_tally *stream)
{
	db->wane.lasting.digest = db->item_digest;
	digest_subtract(&db->wane.lasting.digest, &stream->digest);
}

/* What the index says of the stream, and what the stream was. */
static bool check_stream(struct redis_load *l, struct err *e)
{
	for (size_t i = 0; i < l->ndatabases; i++) {
		struct redis_target_db *db = &l->databases[i];
		const struct rdb_tally *t =
			rdb_tally_of(&l->stream, db->from, e);

		if (t == NULL)
			return false;
		if (l->is_skimmed && t->keys == db->item_keys)
			expect_lasting(db, t);
		else if (t->keys != db->item_keys ||
			 !digest_equal(&t->digest, &db->item_digest))
			return err_set(e, ERR_DAMAGED, "verification_failed",
				       "database %" PRIu32 " of the backup has "
				       "%" PRIu64 " keys, and its index tells "
				       "of %" PRIu64 " with other contents: "
				       "restore another backup",
				       db->from, t->keys, db->item_keys);
	}
	return true;
}

static struct redis_target_db *find_target(struct redis_load *l,
					   const char *name)
{
	unsigned long long number;

	for (size_t i = 0; str_to_u64(name, &number) && i < l->ndatabases;
	     i++) {
		if (l->databases[i].to == number)
			return &l->databases[i];
	}
	return NULL;
}

static void gather_items(struct redis_load *l, load_next_cb *next, void *arg)
{
	struct load_item item;

	while (next(arg, &item)) {
		struct redis_target_db *db = find_target(l, item.database);

		if (db == NULL)
			continue;
		db->item_keys += item.rows;
		digest_add(&db->item_digest, &item.digest);
	}
}

struct source_op *redis_load_verify(struct load *base, load_next_cb *next,
				    void *next_arg, load_done_cb *done,
				    void *arg, struct err *e)
{
	struct redis_load *l = (struct redis_load *)(void *)base;
	struct verify *v;

	gather_items(l, next, next_arg);
	if (!check_stream(l, e))
		return NULL;
	v = calloc(1, sizeof(*v));
	if (v == NULL) {
		(void)err_nomem(e, "a verification");
		return NULL;
	}
	v->load = l;
	v->done = done;
	v->arg = arg;
	if (!redis_op_init(&v->op, &ops, l->env, &l->address.view, e)) {
		verify_free(&v->op);
		return NULL;
	}
	return &v->op.base;
}
