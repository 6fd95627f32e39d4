/* links.c - see links.h. */
#include "sources/files/links.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 256 };

struct link_entry {
	struct link_entry *next;
	uint64_t dev, inode;
	uint64_t left; /* names that have not come */
	bool is_carried;
	char *path;
};

static struct link_entry **slot_of(const struct links *l, uint64_t dev,
				   uint64_t inode)
{
	uint64_t h = (inode ^ dev << 32) * UINT64_C(0x9e3779b97f4a7c15);

	return &l->slots[(h >> 32) & (l->nslots - 1)];
}

static void entry_free(struct link_entry *entry)
{
	free(entry->path);
	free(entry);
}

void links_fini(struct links *l)
{
	for (size_t i = 0; i < l->nslots; i++) {
		struct link_entry *entry = l->slots[i], *next;

		for (; entry != NULL; entry = next) {
			next = entry->next;
			entry_free(entry);
		}
	}
	free(l->slots);
	*l = (struct links){0};
}

static bool grow(struct links *l)
{
	struct links more = {
		.nslots = l->nslots > 0 ? 2 * l->nslots : SLOTS_MIN, .n = l->n};

	if (l->n < l->nslots)
		return true;
	more.slots = calloc(more.nslots, sizeof(struct link_entry *));
	if (more.slots == NULL)
		return false;
	for (size_t i = 0; i < l->nslots; i++) {
		struct link_entry *entry = l->slots[i], *next;

		for (; entry != NULL; entry = next) {
			struct link_entry **slot =
				slot_of(&more, entry->dev, entry->inode);

			next = entry->next;
			entry->next = *slot;
			*slot = entry;
		}
	}
	free(l->slots);
	*l = more;
	return true;
}

/* What points to it, or to the NULL at the end of its row. */
static struct link_entry **find(const struct links *l, uint64_t dev,
				uint64_t inode)
{
	struct link_entry **at = slot_of(l, dev, inode);

	while (*at != NULL && ((*at)->dev != dev || (*at)->inode != inode))
		at = &(*at)->next;
	return at;
}

const char *links_find(const struct links *l, uint64_t dev, uint64_t inode)
{
	const struct link_entry *entry =
		l->nslots > 0 ? *find(l, dev, inode) : NULL;

	return entry != NULL ? entry->path : NULL;
}

bool links_is_carried(const struct links *l, uint64_t dev, uint64_t inode)
{
	const struct link_entry *entry =
		l->nslots > 0 ? *find(l, dev, inode) : NULL;

	return entry != NULL && entry->is_carried;
}

void links_carry(struct links *l, uint64_t dev, uint64_t inode)
{
	struct link_entry *entry = l->nslots > 0 ? *find(l, dev, inode) : NULL;

	if (entry != NULL)
		entry->is_carried = true;
}

void links_count(struct links *l, uint64_t dev, uint64_t inode)
{
	struct link_entry **at = find(l, dev, inode), *entry = *at;

	if (entry == NULL || --entry->left > 0)
		return;
	*at = entry->next;
	entry_free(entry);
	l->n--;
}

bool links_add(struct links *l, uint64_t dev, uint64_t inode, uint64_t nlink,
	       const char *path)
{
	struct link_entry *entry, **slot;

	if (nlink < 2)
		return true;
	entry = grow(l) ? calloc(1, sizeof(*entry)) : NULL;
	if (entry == NULL)
		return false;
	entry->path = strdup(path);
	if (entry->path == NULL) {
		free(entry);
		return false;
	}
	slot = slot_of(l, dev, inode);
	entry->dev = dev;
	entry->inode = inode;
	entry->left = nlink - 1;
	entry->next = *slot;
	*slot = entry;
	l->n++;
	return true;
}
