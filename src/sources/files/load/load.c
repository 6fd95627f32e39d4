/* load.c - one restore of files: its parts, made and freed. */
#include "sources/files/load.h"

#include <stdlib.h>
#include <string.h>

#include "sources/files/load/load_int.h"

static struct files_load *load_of(struct load *l)
{
	return (struct files_load *)(void *)l; /* base comes first */
}

static const struct load_facts *load_facts(const struct load *base)
{
	return &((const struct files_load *)(const void *)base)->facts;
}

/* Members lie in the order in which they are laid: folders, then what is in
 * them; hard links behind what they are another name of. */
static unsigned load_width(const struct load *base, enum item_kind section)
{
	(void)base;
	(void)section;
	return 1;
}

static void load_destroy(struct load *base)
{
	struct files_load *l = load_of(base);

	tree_unref(l->tree);
	free(l);
}

static bool load_is_writing(const struct load *base)
{
	const struct files_load *l =
		(const struct files_load *)(const void *)base;

	return tree_has_tasks(l->tree);
}

void files_load_count(struct files_load *l)
{
	const struct lay_facts *f;

	if (l->tree->lay == NULL)
		return;
	f = lay_facts(l->tree->lay);
	l->notes = *lay_notes(l->tree->lay);
	l->facts.members_made = f->members;
	l->facts.statement_bytes = f->bytes;
	l->facts.notes = l->notes.list;
	l->facts.nnotes = l->notes.n;
	l->facts.left_out = l->notes.all;
}

static const struct load_ops ops = {
	.check = files_load_check,
	.width = load_width,
	.sink = files_load_sink,
	.verify = files_load_verify,
	.is_writing = load_is_writing,
	.facts = load_facts,
	.destroy = load_destroy,
};

struct load *files_load_new(const struct source_env *env,
			    const struct load_config *c, struct err *e)
{
	struct files_load *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a restore");
		return NULL;
	}
	l->base.ops = &ops;
	l->env = env;
	l->plain_bytes = c->plain_bytes;
	l->tree = tree_new(c, e);
	if (l->tree != NULL)
		return &l->base;
	load_destroy(&l->base);
	return NULL;
}
