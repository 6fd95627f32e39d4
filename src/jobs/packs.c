/* packs.c - see packs.h. */
#include "jobs/packs.h"

#include <string.h>

#include "manifest/layout.h"
#include "model/packs.h"

static bool collect(struct pack_set *set, const struct manifest *m)
{
	char writer[ID_MAX];
	bool ok = true;

	for (size_t i = 0; ok && i < m->parts.n; i++) {
		const struct manifest_object *o = &m->parts.list[i];

		if (layout_pack_parse(o->key, writer))
			ok = pack_set_add(set, writer, o->number, o->number);
	}
	return ok;
}

char *packs_text(const struct manifest *m)
{
	struct pack_set set = {0};
	char *text = collect(&set, m) ? pack_set_format(&set) : NULL;

	pack_set_fini(&set);
	return text;
}

int packs_from_others(const struct manifest *m)
{
	struct pack_set set = {0};
	int n = collect(&set, m) ? 0 : -1;

	for (size_t i = 0; n >= 0 && i < set.n; i++)
		n += strcmp(set.writers[i].id, m->backup_id) != 0;
	pack_set_fini(&set);
	return n;
}
