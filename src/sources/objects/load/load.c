/* load.c - one restore of objects: its parts, made and freed. */
#include "sources/objects/load.h"

#include <stdlib.h>
#include <string.h>

#include "sources/objects/load/load_int.h"
#include "sources/objects/load/uploads.h"

static const struct load_facts *load_facts(const struct load *base)
{
	return &((const struct objects_load *)(const void *)base)->facts;
}

/* One reader; the uploads are what goes at the same time. */
static unsigned load_width(const struct load *base, enum item_kind section)
{
	(void)base;
	(void)section;
	return 1;
}

void objects_load_count(struct objects_load *l)
{
	struct laying_facts f = laying_facts(l->laying);

	l->facts.members_made = f.made;
	l->facts.statement_bytes = f.bytes;
}

void objects_load_drop(struct objects_load *l)
{
	laying_free(l->laying);
	l->laying = NULL;
}

static void load_destroy(struct load *base)
{
	struct objects_load *l = objects_load_of(base);

	objects_load_drop(l);
	target_unref(l->target);
	free(l);
}

static const struct load_ops ops = {
	.keeps_bytes = UPLOADS_HELD_BYTES,
	.check = objects_load_check,
	.width = load_width,
	.sink = objects_load_sink,
	.verify = objects_load_verify,
	.facts = load_facts,
	.destroy = load_destroy,
};

struct load *objects_load_new(const struct source_env *env,
			      const struct load_config *c, struct err *e)
{
	struct objects_load *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	l->base.ops = &ops;
	l->env = env;
	l->is_overwrite = c->is_overwrite;
	l->at_once = c->parallelism > 0 ? c->parallelism : UPLOADS_DEFAULT;
	l->expect = c->expect;
	l->expect_arg = c->expect_arg;
	l->target = target_new(env, &c->address, c->front, e);
	if (l->target == NULL) {
		load_destroy(&l->base);
		return NULL;
	}
	for (size_t i = 0; i < c->nconfirm; i++)
		l->is_confirmed |=
			strcmp(c->confirm[i], target_place(l->target)) == 0;
	return &l->base;
}
