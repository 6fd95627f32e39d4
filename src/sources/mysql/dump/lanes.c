/*
 * lanes.c - phase "lanes": the connections beyond the first, each with the
 * first one's session settings. One that the server does not have room for is
 * done without.
 */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/settings.h"

enum lane_state {
	LANE_CONNECT,
	LANE_SETTINGS,
	LANE_ISOLATION,
	LANE_BINLOG,
	LANE_DONE,
	LANE_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "settings", "isolation", "binlog", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == LANE_STATE_COUNT,
	       "one name per state");

enum {
	LANES_UNASKED = 4,    /* at most, unless more are wanted by number */
	LANES_OF_UNKNOWN = 2, /* a source whose cores are not known */
};

struct lane {
	struct my_part part; /* comes first */
	enum lane_state state;
};

static struct lane *lane_of(void *part)
{
	return part;
}

static void set_state(struct lane *l, enum lane_state next)
{
	log_debug("sources", "mysql lane: %s -> %s", state_names[l->state],
		  state_names[next]);
	l->state = next;
}

unsigned my_lanes_limit(unsigned parallelism)
{
	if (parallelism == 0)
		return LANES_UNASKED;
	return parallelism < DUMP_SOURCES_MAX ? parallelism : DUMP_SOURCES_MAX;
}

unsigned my_lanes_wanted(const struct my_dump *d)
{
	uint64_t tables = d->facts.tables;
	unsigned limit = my_lanes_limit(d->parallelism), n = d->parallelism;

	if (n == 0)
		n = d->cores != 0 ? d->cores : LANES_OF_UNKNOWN;
	if (n > limit)
		n = limit;
	/* Two can share one table. */
	if (n > 2 && n > tables)
		n = tables > 2 ? (unsigned)tables : 2;
	return tables > 0 ? n : 1;
}

void my_lanes_settle(struct my_dump *d)
{
	unsigned wanted = my_lanes_wanted(d), n = 0;

	for (unsigned i = 0; i < DUMP_SOURCES_MAX; i++) {
		struct my_conn *c = d->conns[i];

		d->conns[i] = NULL;
		if (c != NULL && i < wanted && my_conn_is_usable(c))
			d->conns[n++] = c;
		else
			my_conn_free(c);
	}
	d->nconns = n;
	d->facts.connections = n;
	if (n < wanted)
		my_dump_warn(d, "fewer_connections",
			     "%u connections instead of %u read the data: the "
			     "server allows no more; raise max_connections or "
			     "the account's limit",
			     n, wanted);
}

void my_lanes_close(struct my_dump *d)
{
	for (unsigned i = 1; i < DUMP_SOURCES_MAX; i++) {
		my_conn_free(d->conns[i]);
		d->conns[i] = NULL;
	}
	d->nconns = 1;
}

static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct lane *l = lane_of(arg);

	(void)c;
	(void)e;
	set_state(l, l->state + 1);
	return true;
}

static bool ask_settings(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_read(&lane_of(arg)->part.dump->server, sql);
	return true;
}

static bool ask_isolation(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_settings_isolation(sql);
	return true;
}

static bool ask_binlog(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_settings_binlog(&lane_of(arg)->part.dump->server, sql);
	return true;
}

/* The first connection has told it already. */
static bool no_binlog(void *arg, struct my_conn *c, unsigned number,
		      struct err *e)
{
	return my_is_denial(number) && go_on(arg, c, e);
}

static const struct my_ask asks[LANE_STATE_COUNT] = {
	[LANE_SETTINGS] = {"set up the session", ask_settings, go_on, NULL},
	[LANE_ISOLATION] = {"set up the session", ask_isolation, go_on, NULL},
	[LANE_BINLOG] = {"set up the session", ask_binlog, go_on, no_binlog},
};

static enum my_flow do_connect(struct lane *l, struct err *e)
{
	enum my_flow f = my_dialog_connect(&l->part.dialog, e);

	if (f == MY_DONE)
		set_state(l, LANE_SETTINGS);
	if (f != MY_FAIL || !my_is_full(my_conn_errno(l->part.dialog.conn)))
		return f;
	err_clear(e);
	set_state(l, LANE_DONE);
	return MY_DONE;
}

static enum my_flow do_state(struct lane *l, struct err *e)
{
	if (l->state == LANE_CONNECT)
		return do_connect(l, e);
	return my_dialog_step(&l->part.dialog, &asks[l->state], e);
}

static bool is_over(struct my_part *p)
{
	return lane_of(p)->state == LANE_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return do_state(lane_of(p), e);
}

static void lane_destroy(struct source *source)
{
	my_part_fini(&lane_of(source)->part);
	free(source);
}

static const struct source_ops lane_ops = {
	.name = "mysql lane",
	.read = my_part_read,
	.destroy = lane_destroy,
};

static const struct my_walk walk = {
	.ops = &lane_ops,
	.size = sizeof(struct lane),
	.preamble = "",
	.is_over = is_over,
	.step = step,
};

struct source *my_lane_new(struct my_dump *d, unsigned lane, struct err *e)
{
	return my_part_new(&walk, d, lane, e);
}
