/*
 * preflight_keys.c - what a restore wants of a backup that is by key (Redis).
 * Its index has one item per database, and the whole stream is read whatever
 * is wanted (rule 26): databases are picked here, keys by the load.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/restore/preflight_int.h"

enum { NUMBER_MAX = 16 };

static bool is_wanted(const struct scope *s, const char *database)
{
	unsigned long number = strtoul(database, NULL, 10);

	for (size_t i = 0; i < s->nnumbers; i++) {
		if (s->numbers[i] == number)
			return true;
	}
	return s->nnumbers == 0;
}

/* What frames the keys in the stream is no database. */
bool preflight_pick_keys(struct preflight *p, const struct index_line *l,
			 struct err *e)
{
	if (strcmp(l->type, "opaque") == 0)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "the backup holds types of keys that cannot be "
			       "taken apart: put its parts together to a "
			       "dump.rdb, as README.txt in the pool says");
	p->plain_bytes += l->plain_bytes;
	if (strcmp(l->type, "database") != 0 || !is_wanted(&p->scope, l->group))
		return true;
	return preflight_add_database(p, l->group, e) &&
	       preflight_add_table(p, l, e);
}

static bool is_there(const struct preflight *p, uint32_t number)
{
	char name[NUMBER_MAX];

	(void)snprintf(name, sizeof(name), "%" PRIu32, number);
	for (size_t i = 0; i < p->ndatabases; i++) {
		if (strcmp(p->databases[i], name) == 0)
			return true;
	}
	return false;
}

bool preflight_end_keys(struct preflight *p, struct err *e)
{
	for (size_t i = 0; i < p->scope.nnumbers; i++) {
		if (!is_there(p, p->scope.numbers[i]))
			return err_set(e, ERR_INVALID, "invalid_scope",
				       "database %" PRIu32
				       " is not in the backup",
				       p->scope.numbers[i]);
	}
	return true;
}
