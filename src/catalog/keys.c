/* keys.c - ids, names and revisions: what calls refer to records by. */
#include "catalog/keys_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct key_words {
	const char *prefix, *word;
	const char *by_id, *by_name; /* NULL: has no name */
	const char *revision;	     /* NULL: has none */
};

static const struct key_words kinds[KEY_KIND_COUNT] = {
	[KEY_SOURCE] = {.prefix = "src",
			.word = "source",
			.by_id = "SELECT id FROM sources WHERE id = ?",
			.by_name = "SELECT id FROM sources WHERE name_key = ?",
			.revision =
				"SELECT revision FROM sources WHERE id = ?"},
	[KEY_POOL] = {.prefix = "pool",
		      .word = "pool",
		      .by_id = "SELECT id FROM pools WHERE id = ?",
		      .by_name = "SELECT id FROM pools WHERE name_key = ?",
		      .revision = "SELECT revision FROM pools WHERE id = ?"},
	[KEY_BACKUP] = {.prefix = "bak",
			.word = "backup",
			.by_id = "SELECT id FROM backups WHERE id = ?",
			.by_name = "SELECT id FROM backups WHERE name_key = ?",
			.revision =
				"SELECT revision FROM backups WHERE id = ?"},
	[KEY_RESTORE] = {.prefix = "res",
			 .word = "restore",
			 .by_id = "SELECT id FROM restores WHERE id = ?"},
	[KEY_JOB] = {.prefix = "job",
		     .word = "job",
		     .by_id = "SELECT id FROM jobs WHERE id = ?"},
	[KEY_PLAN] = {.prefix = "plan",
		      .word = "plan",
		      .by_id = "SELECT id FROM plans WHERE id = ?",
		      .by_name = "SELECT id FROM plans WHERE name_key = ?",
		      .revision = "SELECT revision FROM plans WHERE id = ?"},
};

/* Keys come from clients: what is longer than a name is not repeated. */
static bool fail_missing(enum key_kind kind, const char *key, struct err *e)
{
	const char *word = kinds[kind].word;

	if (strlen(key) > NAME_MAX_CHARS)
		return err_set(e, ERR_NOT_FOUND, "not_found",
			       "there is no such %s", word);
	return err_set(e, ERR_NOT_FOUND, "not_found", "there is no %s \"%s\"",
		       word, key);
}

bool key_is_id(enum key_kind kind, const char *key)
{
	return id_has_prefix(key, kinds[kind].prefix);
}

static bool find_id(struct db *db, const char *sql, const char *key,
		    char id[ID_MAX], struct err *e)
{
	char *found = NULL;

	id[0] = '\0';
	if (!db_text(db, sql, ARGS(arg_text(key)), &found, e))
		return false;
	(void)str_copy(id, ID_MAX, found != NULL ? found : "");
	free(found);
	return true;
}

bool key_find(struct db *db, enum key_kind kind, const char *key,
	      char id[ID_MAX], struct err *e)
{
	const struct key_words *k = &kinds[kind];
	char folded[NAME_BUF];
	bool is_id;

	if (key == NULL || strlen(key) > NAME_MAX_CHARS)
		return fail_missing(kind, key != NULL ? key : "", e);
	is_id = k->by_name == NULL || key_is_id(kind, key);
	name_fold(key, folded);
	if (!find_id(db, is_id ? k->by_id : k->by_name, is_id ? key : folded,
		     id, e))
		return false;
	return id[0] != '\0' || fail_missing(kind, key, e);
}

bool key_find_pair(struct db *db, char source[ID_MAX], char pool[ID_MAX],
		   struct err *e)
{
	char source_id[ID_MAX], pool_id[ID_MAX];

	if (!key_find(db, KEY_SOURCE, source, source_id, e) ||
	    !key_find(db, KEY_POOL, pool, pool_id, e))
		return false;
	(void)str_copy(source, ID_MAX, source_id);
	(void)str_copy(pool, ID_MAX, pool_id);
	return true;
}

bool key_check_free(struct db *db, enum key_kind kind, const char *name,
		    const char *id, struct err *e)
{
	char folded[NAME_BUF], holder[ID_MAX];

	name_fold(name, folded);
	if (!find_id(db, kinds[kind].by_name, folded, holder, e))
		return false;
	if (holder[0] == '\0' || strcmp(holder, id) == 0)
		return true;
	return err_set(e, ERR_CONFLICT, "name_taken",
		       "the %s %s has the name \"%s\" already (upper and lower "
		       "case count as the same); choose another",
		       kinds[kind].word, holder, name);
}

bool key_check_revision(struct db *db, enum key_kind kind, const char *id,
			int64_t revision, struct err *e)
{
	int64_t found = 0;

	if (!db_int(db, kinds[kind].revision, ARGS(arg_text(id)), &found, e))
		return false;
	if (found == 0)
		return fail_missing(kind, id, e);
	if (revision == 0 || revision == found)
		return true;
	return err_set(e, ERR_CONFLICT, "revision_changed",
		       "the %s was changed meanwhile: it has revision %lld, "
		       "not %lld; read it again",
		       kinds[kind].word, (long long)found, (long long)revision);
}
