/* dump.c - one backup of one server. */
#include "sources/redis/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sources/redis/redis.h"

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

static void free_scope(struct source_scope *s)
{
	for (size_t i = 0; s->keys != NULL && i < s->nkeys; i++)
		free((void *)(uintptr_t)s->keys[i]);
	free((void *)(uintptr_t)s->keys);
	free((void *)(uintptr_t)s->numbers);
}

static void dump_destroy(struct dump *base)
{
	struct redis_dump *d = dump_of(base);

	address_copy_fini(&d->address);
	free_scope(&d->scope);
	free(d->facts.counts_json);
	free(d);
}

static bool copy_scope(struct source_scope *to, const struct source_scope *from)
{
	uint32_t *numbers = calloc(from->nnumbers + 1, sizeof(*numbers));
	const char **keys = calloc(from->nkeys + 1, sizeof(const char *));

	to->numbers = numbers;
	to->keys = keys;
	if (numbers == NULL || keys == NULL)
		return false;
	for (; to->nnumbers < from->nnumbers; to->nnumbers++)
		numbers[to->nnumbers] = from->numbers[to->nnumbers];
	for (; to->nkeys < from->nkeys; to->nkeys++) {
		keys[to->nkeys] = strdup(from->keys[to->nkeys]);
		if (keys[to->nkeys] == NULL)
			return false;
	}
	return true;
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
	    !copy_scope(&d->scope, &c->scope)) {
		dump_destroy(&d->base);
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	return &d->base;
}
