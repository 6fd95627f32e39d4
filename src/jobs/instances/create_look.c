/* create_look.c - manifest and index, then what the provisioner has. */
#include "jobs/instances/create_look.h"

#include <string.h>

#include "base/text.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

static void on_described(void *arg, json_t *reply, const struct err *e)
{
	struct create_look *l = arg;
	const struct manifest *m = &l->preflight.manifest;
	const struct provision_need need = {
		.engine = m->engine,
		.version = m->version != NULL ? m->version : "",
		.method = m->method,
	};
	const char *description;
	json_t *engines;
	struct err mine = {0};

	if (failure(e) != NULL)
		mine = *e;
	else if (provision_described(l->provider, reply, &description, &engines,
				     &mine))
		(void)provision_suits(l->provider, reply, &need, &mine);
	l->done(l->arg, failure(&mine));
}

static void on_preflight(void *arg, const struct err *e)
{
	struct create_look *l = arg;
	const struct provision_ask ask = {
		.jobs = l->jobs,
		.provider = l->provider,
		.operation = "describe",
		.request = json_object(),
		.done = on_described,
		.arg = l,
	};
	struct err mine = {0};

	if (failure(e) != NULL) {
		json_decref(ask.request);
		l->done(l->arg, e);
	} else if (!provision_start(&l->provision, &ask, &mine)) {
		l->done(l->arg, &mine);
	}
}

bool create_look_start(struct create_look *l, struct jobs *j,
		       const struct restore_record *r, catalog_done_cb *done,
		       void *arg, struct err *e)
{
	l->jobs = j;
	l->done = done;
	l->arg = arg;
	(void)str_copy(l->provider, sizeof(l->provider), r->provider);
	l->preflight.jobs = j;
	return preflight_start(&l->preflight, r, REQUEST_STORE_ATTEMPTS,
			       on_preflight, l, e);
}

void create_look_fini(struct create_look *l)
{
	(void)provision_cancel(&l->provision);
	preflight_fini(&l->preflight);
	memset(l, 0, sizeof(*l));
}
