/* packs.c - see packs.h. */
#include "jobs/packs.h"

#include "manifest/layout.h"
#include "model/packs.h"

char *packs_text(const struct manifest *m)
{
	struct pack_set set = {0};
	char writer[ID_MAX];
	char *text = NULL;
	bool ok = true;

	for (size_t i = 0; ok && i < m->parts.n; i++) {
		const struct manifest_object *o = &m->parts.list[i];

		if (layout_pack_parse(o->key, writer))
			ok = pack_set_add(&set, writer, o->number, o->number);
	}
	if (ok)
		text = pack_set_format(&set);
	pack_set_fini(&set);
	return text;
}
