/* culprit.c - asks pool or provisioner, or knows already. */
#include "jobs/drills/culprit.h"

#include <stdlib.h>
#include <string.h>

#include "manifest/layout.h"

enum { PROBED_MAX = 64 * 1024 };

static void found(struct culprit *c, bool is_backup)
{
	struct err e = c->err;

	culprit_cancel(c);
	c->done(c->arg, is_backup, &e);
}

/* --- the pool */

static void on_probed(void *arg, size_t len, const struct err *e)
{
	struct culprit *c = arg;
	struct err damage = c->err;

	(void)len;
	c->probe = NULL;
	if (e == NULL || e->code == ERR_DAMAGED) {
		found(c, true);
		return;
	}
	err_clear(&c->err);
	(void)err_set(&c->err, e->code, "store_failed",
		      "the pool does not seem to be there (%s; %s); look "
		      "whether it is mounted and the right one, and drill "
		      "again",
		      damage.msg, e->msg);
	found(c, false);
}

/* What was there when this began, or what every pool has. */
static const char *probed_key(const struct culprit *c, char key[LAYOUT_KEY_MAX])
{
	const struct backup_record *b = &c->instance->preflight.opening.backup;

	return c->instance->state == INSTANCE_LOOK
		       ? layout_readme_key(key)
		       : layout_manifest(key, b->source_id, b->id);
}

static void ask_pool(struct culprit *c)
{
	struct store *st = c->instance->preflight.opening.store;
	struct store_get get = {.cap = PROBED_MAX};
	char key[LAYOUT_KEY_MAX];
	struct err e = {0};

	get.key = probed_key(c, key);
	get.buf = c->probed = malloc(PROBED_MAX);
	if (c->probed != NULL && st != NULL)
		c->probe = st->ops->get(st, &get, on_probed, c, &e);
	if (c->probe == NULL)
		found(c, false);
}

/* --- the provisioner */

static void on_status(void *arg, json_t *reply, const struct err *e)
{
	struct culprit *c = arg;
	const char *state = json_string_value(json_object_get(reply, "state"));
	struct err fault = c->err;

	if (failure(e) == NULL && state != NULL &&
	    strcmp(state, "running") == 0) {
		found(c, true);
		return;
	}
	err_clear(&c->err);
	(void)err_set(&c->err, ERR_REMOTE, "provisioner_failed",
		      "the instance does not run any more: %s", fault.msg);
	found(c, false);
}

static void ask_provisioner(struct culprit *c)
{
	const struct provision_ask ask = {
		.jobs = c->instance->job->jobs,
		.job = c->instance->job,
		.provider = c->instance->want.provider,
		.operation = "status",
		.request = provision_id(c->instance->want.id),
		.done = on_status,
		.arg = c,
	};
	struct err e = {0};

	if (!provision_start(&c->provision, &ask, &e))
		found(c, false);
}

void culprit_find(struct culprit *c, const struct err *e)
{
	c->err = *e;
	if (strcmp(e->api, "damaged_backup") == 0)
		ask_pool(c);
	else if (strcmp(e->api, "target_failed") == 0 &&
		 c->instance->state == INSTANCE_DATA)
		ask_provisioner(c);
	else
		found(c, strcmp(e->api, "verification_failed") == 0);
}

void culprit_cancel(struct culprit *c)
{
	(void)provision_cancel(&c->provision);
	if (c->probe != NULL)
		store_cancel(c->instance->preflight.opening.store, c->probe);
	c->probe = NULL;
	free(c->probed);
	c->probed = NULL;
}
