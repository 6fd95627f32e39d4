/*
 * exchange_packs.c - whether the packs that a manifest names lie in the pool:
 * one listing, and a byte for each of them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/exchange_int.h"
#include "manifest/listing.h"
#include "manifest/parts.h"

struct packs_look {
	struct exchange base; /* first */
	const struct manifest *manifest;
	bool has_begun;
	bool *is_there; /* of each part */
};

static struct packs_look *look_of(struct exchange *x)
{
	return (struct packs_look *)((char *)x -
				     offsetof(struct packs_look, base));
}

static void on_key(void *arg, const char *key, uint64_t size_bytes,
		   int64_t modified_ms)
{
	struct packs_look *l = look_of(arg);
	const struct manifest *m = l->manifest;
	const struct manifest_object *part;
	char by[ID_MAX], writer[ID_MAX];
	unsigned number;

	(void)modified_ms;
	if (!layout_pack_object(key, m->source_id, by, &number))
		return;
	part = manifest_part(m, number);
	if (part == NULL || part->stored_bytes != size_bytes ||
	    !layout_pack_parse(part->key, writer) || strcmp(writer, by) != 0)
		return;
	l->is_there[part - m->parts.list] = true;
}

static void judge(struct packs_look *l)
{
	const struct manifest_objects *parts = &l->manifest->parts;
	const char *first = NULL;
	char writer[ID_MAX];
	size_t missing = 0;
	struct err e = {0};

	for (size_t i = 0; i < parts->n; i++) {
		if (l->is_there[i] ||
		    !layout_pack_parse(parts->list[i].key, writer))
			continue;
		if (missing++ == 0)
			first = parts->list[i].key;
	}
	if (missing > 0)
		(void)err_set(&e, ERR_DAMAGED, "damaged_backup",
			      "%zu of its packs are not in the pool as they "
			      "were written (%s is the first): see that no "
			      "rule of the store removes objects, and verify "
			      "the backups of the plan",
			      missing, first);
	exchange_end(&l->base, missing > 0 ? &e : NULL);
}

static void look_step(struct exchange *x)
{
	struct packs_look *l = look_of(x);
	char prefix[LAYOUT_KEY_MAX];

	if (err_is(&x->answer)) {
		exchange_end(x, &x->answer);
		return;
	}
	if (l->has_begun) {
		judge(l);
		return;
	}
	l->has_begun = true;
	(void)layout_packs(prefix, l->manifest->source_id, "");
	exchange_keys(x, prefix, on_key);
}

static void look_fini(struct exchange *x)
{
	free(look_of(x)->is_there);
}

struct exchange *exchange_packs(const struct exchange_env *env,
				const struct manifest *m,
				exchange_done_cb *done, void *arg,
				struct err *e)
{
	static const struct exchange_ops ops = {.step = look_step,
						.fini = look_fini};
	struct packs_look *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->is_there = calloc(m->parts.n + 1, sizeof(*l->is_there));
	if (l == NULL || l->is_there == NULL) {
		free(l);
		(void)err_nomem(e, "a conversation with the store");
		return NULL;
	}
	l->manifest = m;
	l->base.done = done;
	l->base.arg = arg;
	if (exchange_init(&l->base, &ops, env, e))
		return &l->base;
	free(l->is_there);
	free(l);
	return NULL;
}
