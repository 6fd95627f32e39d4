/* dump.c - a dump of a bucket, and what is known of it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "s3/client.h"
#include "sources/objects/bucket.h"
#include "sources/objects/dump_int.h"
#include "sources/objects/objects.h"

enum { WIDTH = 4, WIDTH_MAX = 16 };

static struct objects_dump *dump_of(struct dump *d)
{
	return (struct objects_dump *)(void *)d; /* comes first */
}

static bool next_phase(struct dump *base, struct source *out[DUMP_SOURCES_MAX],
		       size_t *n, struct err *e)
{
	struct objects_dump *d = dump_of(base);

	*n = 0;
	if (d->is_begun)
		return true;
	out[0] = objects_reader_new(d, e);
	if (out[0] == NULL)
		return false;
	*n = 1;
	d->is_begun = true;
	(void)str_copy(d->facts.phase, sizeof(d->facts.phase), "data");
	return true;
}

static const struct dump_facts *facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct objects_dump *)(const void *)base)->facts;
}

static void destroy(struct dump *base)
{
	struct objects_dump *d = dump_of(base);

	supply_free(d->supply);
	s3_client_free(d->client);
	tidings_fini(&d->tidings);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = next_phase,
	.facts = facts,
	.destroy = destroy,
};

/* --- the pool within the bucket */

static size_t bare_length(const char *endpoint)
{
	size_t len = strlen(endpoint);

	return len > 0 && endpoint[len - 1] == '/' ? len - 1 : len;
}

/* The same place by another name is not seen through. */
static bool is_same_place(const struct dump_avoid *pool,
			  const struct source_address *a)
{
	size_t len;

	if (pool->endpoint == NULL || pool->bucket == NULL ||
	    strcmp(pool->bucket, a->bucket) != 0)
		return false;
	len = bare_length(pool->endpoint);
	return len == bare_length(a->endpoint) &&
	       strncasecmp(pool->endpoint, a->endpoint, len) == 0;
}

/* What keys of the pool begin with; NULL with nothing in *e: none are here.
 * Caller frees. */
static char *avoid_of(const struct dump_config *c, struct err *e)
{
	const struct dump_avoid *pool = &c->avoid_bucket;
	struct text t = {0};
	char *avoid;

	if (!is_same_place(pool, &c->address))
		return NULL;
	if (pool->prefix != NULL && pool->prefix[0] != '\0')
		text_printf(&t, "%s/", pool->prefix);
	text_str(&t, "coffer/v1/");
	avoid = text_take(&t);
	if (avoid == NULL)
		(void)err_nomem(e, "a dump");
	return avoid;
}

/* --- its making */

static unsigned width_of(unsigned parallelism)
{
	if (parallelism == 0)
		return WIDTH;
	return parallelism < WIDTH_MAX ? parallelism : WIDTH_MAX;
}

static bool open_supply(struct objects_dump *d, const struct dump_config *c,
			struct err *e)
{
	char *avoid = avoid_of(c, e);
	const struct supply_config supply = {
		.client = d->client,
		.tidings = &d->tidings,
		.prefix = c->address.prefix,
		.wanted = c->scope.wanted,
		.unwanted = c->scope.unwanted,
		.avoid = avoid,
		.width = width_of(c->parallelism),
		.is_strict = c->is_strict,
	};

	if (!err_is(e))
		d->supply = supply_new(&supply);
	free(avoid);
	return d->supply != NULL || err_nomem(e, "a dump");
}

static bool fill(struct objects_dump *d, const struct source_env *env,
		 const struct dump_config *c, struct err *e)
{
	d->line = c->line;
	d->line_arg = c->line_arg;
	d->is_strict = c->is_strict;
	d->facts.has_objects = true;
	d->facts.connections = width_of(c->parallelism);
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "partial");
	d->client = bucket_open(env, &c->address, 0, e);
	return d->client != NULL && open_supply(d, c, e);
}

struct dump *objects_dump_new(const struct source_env *env,
			      const struct dump_config *c, struct err *e)
{
	struct objects_dump *d;

	if (c->address.bucket == NULL || c->address.endpoint == NULL) {
		(void)err_bug(e, "a source of objects without a bucket");
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	if (fill(d, env, c, e))
		return &d->base;
	destroy(&d->base);
	return NULL;
}
