/* dump.c - one backup of one server. */
#include "sources/redis/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/redis/redis.h"
#include "sources/redis/scope.h"

static struct redis_dump *dump_of(struct dump *d)
{
	return (struct redis_dump *)(void *)d; /* comes first */
}

static bool dump_next_phase(struct dump *base,
			    struct source *out[DUMP_SOURCES_MAX], size_t *n,
			    struct err *e)
{
	struct redis_dump *d = dump_of(base);

	*n = 0;
	if (d->is_begun)
		return true;
	d->is_begun = true;
	(void)str_copy(d->facts.phase, sizeof(d->facts.phase), "connect");
	out[0] = redis_stream_new(d, e);
	if (out[0] == NULL)
		return false;
	*n = 1;
	return true;
}

static const struct dump_facts *dump_facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct redis_dump *)(const void *)base)->facts;
}

static void dump_destroy(struct dump *base)
{
	struct redis_dump *d = dump_of(base);

	address_copy_fini(&d->address);
	redis_scope_fini(&d->scope);
	free(d->facts.counts_json);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = dump_next_phase,
	.facts = dump_facts,
	.destroy = dump_destroy,
};

struct dump *redis_dump_new(const struct source_env *env,
			    const struct dump_config *c, struct err *e)
{
	struct redis_dump *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	d->env = env;
	d->is_replica = c->is_replica;
	d->facts.connections = 1;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	if (!address_copy_init(&d->address, &c->address) ||
	    !redis_scope_copy(&d->scope, &c->scope)) {
		dump_destroy(&d->base);
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->server.scope = &d->scope;
	return &d->base;
}
