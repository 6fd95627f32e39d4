/* dump.c - a dump of a bucket, and what is known of it. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/sha256.h"
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
	free(d->facts.physical_json);
	free(d->backup_id);
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

/* --- what it builds upon */

/* What tells the bucket from others, by the name that it is called. */
static bool name_place(struct objects_dump *d, const struct source_address *a,
		       struct err *e)
{
	size_t len = bare_length(a->endpoint);
	char hex[SHA256_HEX_MAX];
	struct text t = {0};

	text_add(&t, a->endpoint, len);
	if (!t.is_broken)
		str_lower(t.data, len + 1, t.data);
	text_printf(&t, "\n%s", a->bucket);
	if (!t.is_broken)
		(void)sha256_hex(t.data, t.len, hex);
	text_reset(&t);
	text_printf(&t, "{\"bucket\":\"%s\"}", hex);
	d->facts.physical_json = text_take(&t);
	text_free(&t);
	return d->facts.physical_json != NULL || err_nomem(e, "a dump");
}

/* Keys, ETags and times of another bucket tell nothing of this one. */
static struct tree_base *base_of(struct objects_dump *d,
				 const struct dump_config *c)
{
	struct source_warning *w = &d->facts.warnings[0];

	if (c->base == NULL ||
	    (c->base_json != NULL &&
	     strcmp(c->base_json, d->facts.physical_json) == 0))
		return c->base;
	d->facts.nwarnings = 1;
	(void)str_copy(w->code, sizeof(w->code), "not_incremental");
	(void)str_copy(w->detail, sizeof(w->detail),
		       "the backup before is of another bucket, or of another "
		       "endpoint, than the source has now");
	return NULL;
}

/* --- its making */

static unsigned width_of(unsigned parallelism)
{
	if (parallelism == 0)
		return WIDTH;
	return parallelism < WIDTH_MAX ? parallelism : WIDTH_MAX;
}

static bool open_supply(struct objects_dump *d, const struct source_env *env,
			const struct dump_config *c, struct err *e)
{
	struct tree_base *base = base_of(d, c);
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
		.has_heirs = c->wants_increments,
		.workers = env->bulk,
		.base = base,
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
	if (d->client == NULL)
		return false;
	if (c->wants_increments) {
		d->backup_id = strdup(c->backup_id);
		if (d->backup_id == NULL)
			return err_nomem(e, "a dump");
		if (!name_place(d, &c->address, e))
			return false;
	}
	return open_supply(d, env, c, e);
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
