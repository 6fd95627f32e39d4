/* base.c - whether a backup may be built upon. */
#include "sources/mysql/physical/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "sources/mysql/conn.h"

/*
 * The times are those of files (their change time), so a copy of the folder,
 * also one that a backup was restored into, has others.
 */
void my_lineage_ask(struct text *sql)
{
	text_str(sql,
		 "SELECT @@hostname, @@datadir, (SELECT VARIABLE_VALUE FROM "
		 "information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = "
		 "'INNODB_LSN_CURRENT'), (SELECT GROUP_CONCAT(CREATE_TIME "
		 "ORDER BY TABLE_NAME) FROM information_schema.TABLES WHERE "
		 "TABLE_SCHEMA = 'mysql' AND TABLE_NAME IN ('gtid_slave_pos', "
		 "'innodb_index_stats', 'innodb_table_stats', "
		 "'transaction_registry'))");
}

static void series(char out[16], const char *version)
{
	unsigned major = 0, minor = 0;

	if (strncmp(version, "5.5.5-", 6) == 0)
		version += 6;
	(void)sscanf(version, "%3u.%3u", &major, &minor);
	(void)snprintf(out, 16, "%u.%u", major, minor);
}

static void digest_files(char out[DIGEST_HEX_MAX], const char *const of[3])
{
	const unsigned long lengths[3] = {strlen(of[0]), strlen(of[1]),
					  strlen(of[2])};
	struct digest d = {0};

	digest_add_row(&d, of, lengths, 3);
	(void)digest_format(&d, out);
}

void my_lineage_read(struct my_lineage *l, struct my_conn *c,
		     const char *server_version, char *hostname, size_t cap)
{
	const char *folder, *lsn, *times;

	hostname[0] = '\0';
	if (!my_next_row(c) || my_value(c, 0) == NULL)
		return;
	(void)str_copy(hostname, cap, my_value(c, 0));
	series(l->version, server_version);
	folder = my_value(c, 1);
	lsn = my_value(c, 2);
	times = my_value(c, 3);
	if (lsn != NULL)
		l->lsn = strtoull(lsn, NULL, 10);
	l->files[0] = '\0';
	if (folder != NULL && times != NULL)
		digest_files(l->files,
			     (const char *const[3]){hostname, folder, times});
}

static void copy_text(char *out, size_t cap, const json_t *o, const char *name)
{
	const char *text = json_string_value(json_object_get(o, name));

	(void)str_copy(out, cap, text != NULL ? text : "");
}

static uint64_t number_of(const json_t *o, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(o, name));

	return n > 0 ? (uint64_t)n : 0;
}

bool my_base_read(struct my_base *b, const char *json, struct err *e)
{
	json_t *o;

	memset(b, 0, sizeof(*b));
	if (json == NULL)
		return true;
	o = json_loads(json, 0, NULL);
	if (!json_is_object(o)) {
		json_decref(o);
		return err_bug(e, "what is known of the base is no object");
	}
	b->to_lsn = number_of(o, "to_lsn");
	b->last_lsn = number_of(o, "last_lsn");
	copy_text(b->files, sizeof(b->files), o, "files");
	copy_text(b->version, sizeof(b->version), o, "series");
	b->is_wanted = true;
	json_decref(o);
	return true;
}

bool my_base_fits(const struct my_base *b, const struct my_lineage *here,
		  const char **why)
{
	*why = NULL;
	if (!b->is_wanted)
		return false;
	if (b->to_lsn == 0 || b->last_lsn == 0 || here->lsn == 0)
		*why = "the position of the backup before, or of the server, "
		       "is not known";
	else if (here->files[0] == '\0' || b->files[0] == '\0')
		*why = "the account may not see since when the server has its "
		       "files: grant it SELECT on *.*";
	else if (strcmp(here->files, b->files) != 0)
		*why = "the server's files are not those of the backup before "
		       "(it was moved, restored, or made anew)";
	else if (strcmp(here->version, b->version) != 0)
		*why = "the server was upgraded since the backup before";
	else if (here->lsn < b->last_lsn)
		*why = "the server's files are older than the backup before";
	return *why == NULL;
}

char *my_base_format(const struct my_lineage *here, const struct my_tool *t,
		     uint64_t from_lsn)
{
	json_t *o = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "tool", "mariadb-backup",
		"version", t->version, "series", here->version, "files",
		here->files, "from_lsn", (json_int_t)from_lsn, "to_lsn",
		(json_int_t)t->to_lsn, "last_lsn", (json_int_t)t->last_lsn);
	char *text = o != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	return text;
}
