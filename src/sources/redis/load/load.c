/* load.c - one restore into one server: its parts, made and freed. */
#include "sources/redis/load/load_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/clock.h"
#include "base/text.h"
#include "sources/redis/fault.h"
#include "sources/redis/redis.h"
#include "sources/redis/scope.h"

enum { MS = 1000, MICRO = 1000 * 1000 };

/* proto-max-bulk-len where nobody changed it. */
static const uint64_t bulk_usual = UINT64_C(512) * 1024 * 1024;

/* The end of the year 9999: no clock shows more. */
static const unsigned long long seconds_max = 253402300799;

static struct redis_load *load_of(struct load *l)
{
	return (struct redis_load *)(void *)l; /* comes first */
}

struct redis_target_db *redis_load_find(struct redis_load *l, uint32_t from)
{
	for (size_t i = 0; i < l->ndatabases; i++) {
		if (l->databases[i].from == from)
			return &l->databases[i];
	}
	return NULL;
}

int64_t redis_load_now(const struct redis_load *l)
{
	return clock_now_ms() + l->ahead_ms;
}

static bool number_of(const struct redisReply *r, unsigned long long *n)
{
	return r->type == REDIS_REPLY_STRING && str_to_u64(r->str, n);
}

bool redis_load_time(const struct redisReply *r, int64_t *ms)
{
	unsigned long long seconds, micro;

	if (r->type != REDIS_REPLY_ARRAY || r->elements != 2 ||
	    !number_of(r->element[0], &seconds) ||
	    !number_of(r->element[1], &micro) || seconds > seconds_max ||
	    micro >= MICRO)
		return false;
	*ms = (int64_t)(seconds * MS + micro / MS);
	return true;
}

bool redis_load_fault(struct err *e, const struct redisReply *r,
		      const char *doing)
{
	if (r->type != REDIS_REPLY_ERROR)
		return err_set(e, ERR_REMOTE, "target_failed",
			       "%s: the target's answer is none: look whether "
			       "it is a Redis server",
			       doing);
	(void)redis_fault(e, r->str, doing, REDIS_RESTORE_RIGHTS);
	if (strcmp(e->api, "source_failed") == 0)
		(void)str_copy(e->api, sizeof(e->api), "target_failed");
	return false;
}

unsigned redis_rdb_version(const char *server_version)
{
	static const struct {
		unsigned major, minor, rdb;
	} known[] = {
		{7, 4, 12}, {7, 2, 11}, {7, 0, 10}, {5, 0, 9}, {4, 0, 8},
	};
	unsigned major = 0, minor = 0;

	if (sscanf(server_version, "%u.%u", &major, &minor) != 2)
		return 0;
	if (strstr(server_version, "alkey") != NULL)
		return major >= 9 ? 80 : 11;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (major > known[i].major ||
		    (major == known[i].major && minor >= known[i].minor))
			return known[i].rdb;
	}
	return 0;
}

static const struct load_facts *load_facts(const struct load *base)
{
	/* base comes first */
	return &((const struct redis_load *)(const void *)base)->facts;
}

/* A server runs one command at a time: one connection keeps it busy. */
static unsigned load_width(const struct load *base, enum item_kind section)
{
	(void)base;
	(void)section;
	return 1;
}

static void load_destroy(struct load *base)
{
	struct redis_load *l = load_of(base);

	address_copy_fini(&l->address);
	redis_scope_fini(&l->scope);
	for (size_t i = 0; i < l->ndatabases; i++)
		redis_wane_fini(&l->databases[i].wane);
	free(l->databases);
	for (size_t i = 0; i < l->nconfirm; i++)
		free(l->confirm[i]);
	free(l->confirm);
	rdb_tallies_fini(&l->stream);
	free(l->facts.notes);
	free(l);
}

static const struct load_ops ops = {
	.check = redis_load_check,
	.width = load_width,
	.sink = redis_load_sink,
	.verify = redis_load_verify,
	.gauge = redis_load_gauge,
	.reach = redis_load_reach,
	.facts = load_facts,
	.destroy = load_destroy,
};

static bool read_number(const char *text, uint32_t *n, struct err *e)
{
	unsigned long long value;

	if (!str_to_u64(text, &value) || value > INT32_MAX)
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "databases of Redis are numbers like 0");
	*n = (uint32_t)value;
	return true;
}

/* Two databases into one would mix their keys. */
static bool check_apart(const struct redis_load *l, uint32_t to, struct err *e)
{
	for (size_t i = 0; i < l->ndatabases; i++) {
		if (l->databases[i].to == to)
			return err_set(e, ERR_INVALID, "invalid_scope",
				       "two databases would be restored into "
				       "database %u: rename one of them",
				       to);
	}
	return true;
}

static bool add_database(struct redis_load *l, const struct load_config *c,
			 const char *name, struct err *e)
{
	const char *to = name;
	struct redis_target_db db = {0};

	for (size_t i = 0; i < c->nrenames; i++) {
		if (strcmp(c->renames[i].from, name) == 0)
			to = c->renames[i].to;
	}
	if (!read_number(name, &db.from, e) || !read_number(to, &db.to, e))
		return false;
	if (redis_load_find(l, db.from) != NULL)
		return true; /* the index has it in two pieces */
	if (!check_apart(l, db.to, e))
		return false;
	db.wane.database = db.to;
	db.wane.from_ms = clock_now_ms();
	l->databases[l->ndatabases++] = db;
	return true;
}

static bool copy_confirm(struct redis_load *l, const struct load_config *c)
{
	l->confirm = calloc(c->nconfirm + 1, sizeof(*l->confirm));
	if (l->confirm == NULL)
		return false;
	for (; l->nconfirm < c->nconfirm; l->nconfirm++) {
		l->confirm[l->nconfirm] = strdup(c->confirm[l->nconfirm]);
		if (l->confirm[l->nconfirm] == NULL)
			return false;
	}
	return true;
}

static bool copy_config(struct redis_load *l, const struct load_config *c,
			struct err *e)
{
	l->is_overwrite = c->is_overwrite;
	l->longest = c->max_statement_bytes;
	l->plain_bytes = c->plain_bytes;
	l->bulk_max = bulk_usual;
	(void)str_copy(l->source_version, sizeof(l->source_version),
		       c->source_version ? c->source_version : "");
	l->databases = calloc(c->ndatabases + 1, sizeof(*l->databases));
	if (l->databases == NULL || !copy_confirm(l, c) ||
	    !address_copy_init(&l->address, &c->address) ||
	    (c->scope != NULL && !redis_scope_copy(&l->scope, c->scope)))
		return err_nomem(e, "a restore");
	for (size_t i = 0; i < c->ndatabases; i++) {
		if (!add_database(l, c, c->databases[i], e))
			return false;
	}
	return true;
}

struct load *redis_load_new(const struct source_env *env,
			    const struct load_config *c, struct err *e)
{
	struct redis_load *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	l->base.ops = &ops;
	l->env = env;
	if (!copy_config(l, c, e)) {
		load_destroy(&l->base);
		return NULL;
	}
	return &l->base;
}
