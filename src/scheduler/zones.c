/* zones.c - see zones.h. */
#include "scheduler/zones.h"

#include <string.h>

#include "base/text.h"
#include "base/zone.h"

static struct zones_entry *oldest(struct zones *z)
{
	struct zones_entry *found = &z->list[0];

	for (size_t i = 1; i < ZONES_MAX; i++) {
		if (z->list[i].used < found->used)
			found = &z->list[i];
	}
	return found;
}

static struct zones_entry *known(struct zones *z, const char *name)
{
	for (size_t i = 0; i < ZONES_MAX; i++) {
		if (z->list[i].zone != NULL &&
		    strcmp(z->list[i].name, name) == 0)
			return &z->list[i];
	}
	return NULL;
}

const struct zone *zones_get(struct zones *z, const char *name, struct err *e)
{
	struct zones_entry *it = known(z, name);
	struct zone *zone;

	if (it == NULL) {
		zone = zone_open(z->folder, name, e);
		if (zone == NULL)
			return NULL;
		it = oldest(z);
		zone_free(it->zone);
		it->zone = zone;
		(void)str_copy(it->name, sizeof(it->name), name);
	}
	it->used = ++z->uses;
	return it->zone;
}

void zones_clear(struct zones *z)
{
	for (size_t i = 0; i < ZONES_MAX; i++) {
		zone_free(z->list[i].zone);
		z->list[i] = (struct zones_entry){.zone = NULL};
	}
}
