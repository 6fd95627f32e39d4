/* check.c - whether a backup may be made, and what it deserves to be warned
 * of. */
#include "sources/redis/dump/dump_int.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"

enum {
	MIB = 1024 * 1024,
	FULL_PERCENT = 95, /* of the machine's memory: no fork fits */
	COUNTS_MAX = 1024, /* databases that are told one by one */
};

void redis_dump_warn(struct redis_dump *d, const char *code, const char *fmt,
		     ...)
{
	struct source_warning *w;
	va_list ap;

	if (d->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return;
	w = &d->facts.warnings[d->facts.nwarnings++];
	(void)str_copy(w->code, sizeof(w->code), code);
	va_start(ap, fmt);
	(void)vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
}

static bool check_replica(struct redis_dump *d, struct err *e)
{
	if (d->server.role != REDIS_REPLICA)
		return err_set(e, ERR_CONFLICT, "source_unavailable",
			       "the server that \"read_from\" names replicates "
			       "from no other: name a replica of the source");
	if (!d->server.is_link_up)
		return err_set(
			e, ERR_CONFLICT, "source_unavailable",
			"the replica that \"read_from\" names has lost its "
			"primary %llu s ago, so what it holds is old: look at "
			"its link",
			(unsigned long long)d->server.link_down_seconds);
	redis_dump_warn(d, "read_from_replica",
			"it was read through a replica: id and offset of the "
			"replication are as the replica has them");
	return true;
}

static bool check_role(struct redis_dump *d, struct err *e)
{
	if (d->is_replica)
		return check_replica(d, e);
	if (d->server.role == REDIS_REPLICA)
		return err_set(e, ERR_CONFLICT, "source_is_replica",
			       "the server replicates from another: back up "
			       "its primary");
	if (d->server.role == REDIS_ROLE_UNKNOWN)
		redis_dump_warn(d, "role_unknown",
				"the account may not see whether the server is "
				"a replica: ACL SETUSER ... +role");
	return true;
}

/* The snapshot is made by a fork, which shares the memory until one of both
 * writes to it. */
static bool check_memory(struct redis_dump *d, struct err *e)
{
	unsigned long long has = d->server.resident_bytes / MIB;
	unsigned long long all = d->server.machine_bytes / MIB;

	if (has == 0 || all == 0) {
		redis_dump_warn(d, "memory_unknown",
				"the server does not tell what memory it takes "
				"and has, so whether a fork fits was not "
				"checked");
		return true;
	}
	if (has * 100 > all * FULL_PERCENT)
		return err_set(e, ERR_CONFLICT, "source_unavailable",
			       "the server takes %llu of its machine's %llu "
			       "MiB of memory, so that the fork that makes a "
			       "snapshot does not fit: give it more memory",
			       has, all);
	if (has * 2 > all)
		redis_dump_warn(d, "memory_tight",
				"the server takes %llu of its machine's %llu "
				"MiB of memory: if all keys were written to "
				"while it makes a snapshot, it would need "
				"twice as much",
				has, all);
	return true;
}

bool redis_dump_check(struct redis_dump *d, struct err *e)
{
	(void)str_copy(d->facts.version, sizeof(d->facts.version),
		       d->server.version);
	if (d->server.has_failed_save)
		redis_dump_warn(d, "last_save_failed",
				"the server's own last snapshot to its disk "
				"failed: look into its log");
	return check_role(d, e) && check_memory(d, e);
}

void redis_dump_count(struct redis_dump *d, const struct redis_content *c)
{
	struct dump_facts *f = &d->facts;

	f->keys = rdb_tallies_sum(&c->tallies).keys;
	f->items_done = c->seen;
	if (f->items_total < f->items_done)
		f->items_total = f->items_done;
}

static void warn_of_rest(struct redis_dump *d, const struct redis_content *c,
			 const struct rdb_tally *sum)
{
	uint64_t modules = sum->of_type[RDB_MODULE];

	if (c->scope != NULL && sum->keys == 0)
		redis_dump_warn(d, "nothing_in_scope",
				"no key of the server is in the scope: look at "
				"its databases and patterns");
	if (!rdb_has_checksum(c->reader))
		redis_dump_warn(d, "no_checksum",
				"the server makes its snapshots without a "
				"checksum, so damage on their way cannot be "
				"seen: set rdbchecksum to yes");
	if (modules > 0)
		redis_dump_warn(d, "modules_not_compared",
				"%llu keys belong to modules: they are backed "
				"up and counted, but have no digest",
				(unsigned long long)modules);
}

static void warn_of_unknown(struct redis_dump *d, const struct redis_content *c)
{
	redis_dump_warn(d, "unknown_type",
			"the server holds what this version does not know "
			"(%s): the snapshot is whole, but keys are not "
			"counted, and it can be restored as a file only",
			rdb_is_opaque(c->reader));
}

bool redis_dump_settle(struct redis_dump *d, const struct redis_content *c,
		       struct err *e)
{
	struct rdb_tally sum = rdb_tallies_sum(&c->tallies);
	struct dump_facts *f = &d->facts;

	if (c->is_opaque) {
		f->keys = f->items_done = f->items_total = 0;
		warn_of_unknown(d, c);
		return true;
	}
	f->keys = sum.keys;
	f->items_done = f->items_total = c->seen;
	f->expiring = sum.expiring;
	f->functions = c->functions;
	f->max_statement_bytes = c->longest;
	f->databases = c->tallies.n;
	f->counts_json = rdb_tallies_json(&c->tallies, COUNTS_MAX);
	if (f->counts_json == NULL)
		return err_nomem(e, "the counts of keys");
	warn_of_rest(d, c, &sum);
	return true;
}
