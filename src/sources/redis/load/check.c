/*
 * check.c - looks at a target before a restore; changes nothing, and tells all
 * that it found at once. What the account may not see is not judged.
 *
 *	INFO, TIME, CONFIG GET, then of each wanted database that has keys
 *	whether any of them is in the way: with patterns by looking at names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/text.h"
#include "sources/findings.h"
#include "sources/redis/fault.h"
#include "sources/redis/load/load_int.h"
#include "sources/redis/load/scan.h"
#include "sources/redis/op.h"
#include "sources/redis/rdb/keys.h"
#include "sources/redis/server.h"

enum { VALUE_MAX = 64, NUMBER_MAX = 16 };

/* Replies come in this order; then, for databases, those to SELECT and SCAN. */
enum check_state {
	CHECK_INFO,
	CHECK_TIME,
	CHECK_DATABASES, /* CONFIG GET: how many there can be */
	CHECK_BULK,	 /* CONFIG GET: how long a value may be */
	CHECK_SELECT,
	CHECK_SCAN,
};

struct check {
	struct redis_op op; /* comes first */
	struct redis_load *load;
	enum check_state state;
	char *info;
	size_t next; /* database to look at */
	struct redis_scan scan;
	struct findings findings;
	load_check_cb *done;
	void *arg;
};

static struct check *check_of(struct redis_op *op)
{
	return (struct check *)(void *)op;
}

static bool begin(struct redis_op *op, struct err *e)
{
	static const char *const info[] = {"INFO"};
	static const char *const now[] = {"TIME"};
	static const char *const databases[] = {"CONFIG", "GET", "databases"};
	static const char *const bulk[] = {"CONFIG", "GET",
					   "proto-max-bulk-len"};

	return redis_conn_send(op->conn, 1, info, NULL, e) &&
	       redis_conn_send(op->conn, 1, now, NULL, e) &&
	       redis_conn_send(op->conn, 3, databases, NULL, e) &&
	       redis_conn_send(op->conn, 3, bulk, NULL, e);
}

bool redis_tells_expiry(const char *version)
{
	unsigned major = 0;

	(void)sscanf(version, "%u", &major);
	return major >= 7;
}

static void check_version(struct check *k, const char *version)
{
	unsigned have = redis_rdb_version(version);
	unsigned need = redis_rdb_version(k->load->source_version);

	k->load->is_expiry_told = redis_tells_expiry(version);
	if (have != 0 && need != 0 && have < need)
		findings_block(&k->findings, "target_incompatible",
			       "the target is version %s, the backup of %s: "
			       "an older server cannot read what a newer one "
			       "wrote; restore into %s or later",
			       version, k->load->source_version,
			       k->load->source_version);
	if (!k->load->is_expiry_told)
		findings_warn(&k->findings, "expiry_not_compared",
			      "servers before 7.0 do not tell when a key "
			      "expires: of keys that do, only the number is "
			      "compared");
}

static void check_room(struct check *k)
{
	uint64_t most = redis_info_number(k->info, "maxmemory");
	uint64_t used = redis_info_number(k->info, "used_memory");

	if (most > 0 && (used > most || k->load->plain_bytes > most - used))
		findings_warn(&k->findings, "target_memory",
			      "the target may hold %" PRIu64
			      " bytes and holds %" PRIu64
			      "; the backup is %" PRIu64
			      " bytes as a file and more in memory: raise its "
			      "maxmemory",
			      most, used, k->load->plain_bytes);
}

static bool take_info(struct check *k, const struct redisReply *r,
		      struct err *e)
{
	char value[VALUE_MAX];

	if (r->type == REDIS_REPLY_ERROR)
		return redis_fault(e, r->str, "look at the target", "+info");
	k->info = strdup(r->str != NULL ? r->str : "");
	if (k->info == NULL)
		return err_nomem(e, "a check");
	if (redis_info_number(k->info, "loading") != 0)
		return err_set(e, ERR_CONFLICT, "source_unavailable",
			       "the target loads its data: try again when it "
			       "has");
	if (redis_info_text(k->info, "role", value, sizeof(value)) &&
	    strcmp(value, "slave") == 0)
		findings_block(&k->findings, "target_incompatible",
			       "the target is a replica; restore into its "
			       "primary");
	if (redis_info_number(k->info, "cluster_enabled") != 0)
		findings_block(&k->findings, "target_incompatible",
			       "the target is part of a cluster, whose keys "
			       "lie on several servers; restore into a server "
			       "that is not");
	if (redis_info_text(k->info, "redis_version", value, sizeof(value)))
		check_version(k, value);
	check_room(k);
	return true;
}

static void take_time(struct check *k, const struct redisReply *r)
{
	struct redis_load *l = k->load;
	int64_t now_ms;

	if (!redis_load_time(r, &now_ms))
		return;
	l->ahead_ms = now_ms - clock_now_ms();
	/* It is the target's clock by which keys expire. */
	for (size_t i = 0; i < l->ndatabases; i++)
		l->databases[i].wane.from_ms = now_ms;
}

static unsigned long long setting_of(const struct redisReply *r)
{
	unsigned long long n = 0;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    r->element[1]->type != REDIS_REPLY_STRING ||
	    !str_to_u64(r->element[1]->str, &n))
		return 0;
	return n;
}

static void take_databases(struct check *k, const struct redisReply *r)
{
	unsigned long long most = setting_of(r);

	for (size_t i = 0; most > 0 && i < k->load->ndatabases; i++) {
		if (k->load->databases[i].to >= most)
			findings_block(&k->findings, "target_incompatible",
				       "the target has %llu databases, and "
				       "none of number %" PRIu32
				       ": raise its setting databases, or "
				       "rename",
				       most, k->load->databases[i].to);
	}
}

static void take_bulk(struct check *k, const struct redisReply *r)
{
	unsigned long long most = setting_of(r);
	struct redis_load *l = k->load;

	if (most > 0)
		l->bulk_max = most;
	if (l->longest > l->bulk_max)
		findings_block(&k->findings, "target_incompatible",
			       "a key of the backup is %" PRIu64
			       " bytes long, and the target takes %" PRIu64
			       ": raise its proto-max-bulk-len, and let the "
			       "account see it (+config|get)",
			       l->longest, l->bulk_max);
}

/* INFO's "db3:keys=7,...". */
static bool has_keys(const struct check *k, uint32_t database)
{
	char name[NUMBER_MAX], value[VALUE_MAX];

	(void)snprintf(name, sizeof(name), "db%" PRIu32, database);
	return redis_info_text(k->info, name, value, sizeof(value));
}

static bool is_confirmed(const struct redis_load *l, const char *name)
{
	for (size_t i = 0; i < l->nconfirm; i++) {
		if (strcmp(l->confirm[i], name) == 0)
			return true;
	}
	return false;
}

static void judge(struct check *k, struct redis_target_db *db, bool is_there)
{
	char name[NUMBER_MAX];
	enum fate fate = FATE_CREATE;

	(void)snprintf(name, sizeof(name), "%" PRIu32, db->to);
	db->is_replaced = false;
	if (is_there && !k->load->is_overwrite)
		fate = FATE_TAKEN;
	else if (is_there && !is_confirmed(k->load, name))
		fate = FATE_SILENT;
	else if (is_there)
		fate = FATE_REPLACE;
	db->is_replaced = fate == FATE_REPLACE;
	findings_fate(&k->findings, fate, name, NULL);
}

/* Goes to the next database whose names must be looked at. */
static bool next_database(struct check *k, bool *is_over, struct err *e)
{
	struct redis_load *l = k->load;

	for (; k->next < l->ndatabases; k->next++) {
		struct redis_target_db *db = &l->databases[k->next];
		bool is_there = has_keys(k, db->to);

		if (is_there && l->scope.nkeys > 0) {
			k->state = CHECK_SELECT;
			k->scan = (struct redis_scan){0};
			if (l->scope.nkeys == 1)
				k->scan.pattern = l->scope.keys[0];
			return redis_select_send(k->op.conn, db->to, e);
		}
		judge(k, db, is_there);
	}
	*is_over = true;
	return true;
}

static bool fits_any(const struct redis_load *l, uint32_t from,
		     const struct redisReply *names)
{
	for (size_t i = 0; i < names->elements; i++) {
		const struct redisReply *n = names->element[i];

		if (redis_scope_has_key(&l->scope, from, n->str, n->len))
			return true;
	}
	return false;
}

static bool take_names(struct check *k, const struct redisReply *r,
		       bool *is_over, struct err *e)
{
	struct redis_target_db *db = &k->load->databases[k->next];
	const struct redisReply *names;
	bool is_last, is_there;

	if (!redis_scan_take(&k->scan, r, &names, &is_last, e))
		return false;
	is_there = fits_any(k->load, db->from, names);
	if (!is_there && !is_last)
		return redis_scan_send(&k->scan, k->op.conn, e);
	judge(k, db, is_there);
	k->next++;
	return next_database(k, is_over, e);
}

static bool take(struct redis_op *op, const struct redisReply *r, bool *is_over,
		 struct err *e)
{
	struct check *k = check_of(op);

	switch (k->state) {
	case CHECK_INFO:
		k->state = CHECK_TIME;
		return take_info(k, r, e);
	case CHECK_TIME:
		take_time(k, r);
		k->state = CHECK_DATABASES;
		return true;
	case CHECK_DATABASES:
		take_databases(k, r);
		k->state = CHECK_BULK;
		return true;
	case CHECK_BULK:
		take_bulk(k, r);
		return next_database(k, is_over, e);
	case CHECK_SELECT:
		k->state = CHECK_SCAN;
		return (r->type != REDIS_REPLY_ERROR ||
			redis_fault(e, r->str, "look at the target",
				    "+select")) &&
		       redis_scan_send(&k->scan, k->op.conn, e);
	case CHECK_SCAN:
		return take_names(k, r, is_over, e);
	}
	return true;
}

static void tell(struct redis_op *op, const struct err *e)
{
	struct check *k = check_of(op);
	struct load_report report;
	struct err mine = *e;

	if (!err_is(&mine) && findings_end(&k->findings, &report, &mine))
		k->done(k->arg, &report, NULL);
	else
		k->done(k->arg, NULL, &mine);
}

static void check_free(struct redis_op *op)
{
	struct check *k = check_of(op);

	redis_op_fini(&k->op);
	findings_fini(&k->findings);
	free(k->info);
	free(k);
}

static const struct redis_op_ops ops = {begin, take, tell, check_free};

struct source_op *redis_load_check(struct load *base, load_check_cb *done,
				   void *arg, struct err *e)
{
	struct redis_load *l = (struct redis_load *)(void *)base;
	struct check *k = calloc(1, sizeof(*k));

	if (k == NULL) {
		(void)err_nomem(e, "a check");
		return NULL;
	}
	k->load = l;
	k->done = done;
	k->arg = arg;
	if (!redis_op_init(&k->op, &ops, l->env, &l->address.view, e)) {
		check_free(&k->op);
		return NULL;
	}
	return &k->op.base;
}
