/* probe.c - connects, asks for version and role, leaves. */
#include "sources/mysql/mysql.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/op.h"
#include "sources/mysql/server.h"

enum probe_state {
	PROBE_CONNECT, /* no connection yet */
	PROBE_SERVER,  /* version and variables */
	PROBE_CORES,   /* of its machine */
	PROBE_ROLE,    /* whether it replicates from another */
	PROBE_DONE,
	PROBE_STATE_COUNT,
};

static const char *const state_names[] = {
	"connect", "server", "cores", "role", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       PROBE_STATE_COUNT,
	       "one name per state");

struct probe {
	struct my_op op; /* comes first */
	enum probe_state state;
	struct my_server server;
	unsigned cores;
	source_probe_cb *done;
	void *arg;
};

static struct probe *probe_of(void *op)
{
	return op;
}

static void set_state(struct probe *p, enum probe_state next)
{
	log_debug("sources", "mysql probe: %s -> %s", state_names[p->state],
		  state_names[next]);
	p->state = next;
}

static bool take_server(void *arg, struct my_conn *c, struct err *e)
{
	struct probe *p = probe_of(arg);

	set_state(p, PROBE_CORES);
	return my_server_read(&p->server, c, e);
}

static bool ask_cores(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_cores_ask(&probe_of(arg)->server, sql);
	return true;
}

static bool take_cores(void *arg, struct my_conn *c, struct err *e)
{
	struct probe *p = probe_of(arg);

	(void)e;
	p->cores = my_cores_read(&p->server, c);
	set_state(p, PROBE_ROLE);
	return true;
}

static bool no_cores(void *arg, struct my_conn *c, unsigned number,
		     struct err *e)
{
	(void)c;
	(void)number;
	(void)e;
	set_state(probe_of(arg), PROBE_ROLE);
	return true;
}

static bool ask_role(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_role_ask(&probe_of(arg)->server, sql);
	return true;
}

static bool take_role(void *arg, struct my_conn *c, struct err *e)
{
	struct probe *p = probe_of(arg);

	(void)e;
	my_role_read(&p->server, c);
	set_state(p, PROBE_DONE);
	return true;
}

static bool no_role(void *arg, struct my_conn *c, unsigned number,
		    struct err *e)
{
	(void)c;
	(void)e;
	set_state(probe_of(arg), PROBE_DONE);
	return my_is_denial(number);
}

static const struct my_ask asks[PROBE_STATE_COUNT] = {
	[PROBE_SERVER] = {"read the server's variables", my_ask_server,
			  take_server, NULL},
	[PROBE_CORES] = {"read the server's threads", ask_cores, take_cores,
			 no_cores},
	[PROBE_ROLE] = {"read the replication status", ask_role, take_role,
			no_role},
};

static enum my_flow step(struct my_op *op, struct err *e)
{
	struct probe *p = probe_of(op);
	enum my_flow f = MY_DONE;

	while (f == MY_DONE && p->state != PROBE_DONE) {
		if (p->state != PROBE_CONNECT) {
			f = my_dialog_step(&op->dialog, &asks[p->state], e);
			continue;
		}
		f = my_dialog_connect(&op->dialog, e);
		if (f == MY_DONE)
			set_state(p, PROBE_SERVER);
	}
	return f;
}

static void tell(struct my_op *op, const struct err *e)
{
	static const char *const roles[] = {"", "primary", "replica"};
	struct probe *p = probe_of(op);
	struct source_info info = {.cores = p->cores};

	(void)my_clean(info.version, sizeof(info.version), p->server.version);
	(void)str_copy(info.role, sizeof(info.role), roles[p->server.role]);
	p->done(p->arg, err_is(e) ? NULL : &info, e);
}

static void probe_free(struct my_op *op)
{
	my_op_fini(op);
	free(probe_of(op));
}

static const struct my_op_ops probe_ops = {
	.step = step,
	.tell = tell,
	.free = probe_free,
};

struct source_op *my_probe(const struct source_env *env,
			   const struct source_address *a,
			   source_probe_cb *done, void *arg, struct err *e)
{
	struct probe *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a probe");
		return NULL;
	}
	p->done = done;
	p->arg = arg;
	if (my_op_init(&p->op, &probe_ops, env, a, e))
		return &p->op.base;
	probe_free(&p->op);
	return NULL;
}
