/* check_rules.c - judges what was found at a target. */
#include "config.h" /* for strcasestr() */
#include "sources/mysql/load/check_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "pipeline/frame.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/grants.h"
#include "sources/mysql/quote.h"

enum { MAJOR = 10000 }; /* what a version's first number counts */

static const char incompatible[] = "target_incompatible";

void my_source_session(struct my_source_session *s, const char *json)
{
	json_t *o = json != NULL ? json_loads(json, 0, NULL) : NULL;
	json_t *name_case = json_object_get(o, "lower_case_table_names");
	const char *charset, *collation;

	charset = json_string_value(json_object_get(o, "character_set_server"));
	collation = json_string_value(json_object_get(o, "collation_server"));
	(void)str_copy(s->charset, sizeof(s->charset), charset ? charset : "");
	(void)str_copy(s->collation, sizeof(s->collation),
		       collation ? collation : "");
	s->name_case = json_is_integer(name_case)
			       ? (int)json_integer_value(name_case)
			       : -1;
	json_decref(o);
}

static void check_family(struct check *k)
{
	const struct my_server *from = &k->load->source, *to = &k->server;

	if (from->is_mariadb == to->is_mariadb)
		return;
	findings_block(
		&k->report, incompatible,
		"the backup is from %s and the target is %s: choose a target "
		"of the same family. %s do not go across, and definitions, "
		"collations and accounts are written differently",
		from->is_mariadb ? "MariaDB" : "MySQL",
		to->is_mariadb ? "MariaDB" : "MySQL",
		from->is_mariadb
			? "Sequences, packages, system-versioned "
			  "tables, UUID and INET columns"
			: "JSON columns, functional indexes, invisible "
			  "primary keys and utf8mb4_0900 collations");
}

static void check_versions(struct check *k)
{
	const struct my_server *from = &k->load->source, *to = &k->server;

	if (!k->load->has_source)
		return;
	check_family(k);
	if (from->is_mariadb == to->is_mariadb &&
	    from->number / MAJOR > to->number / MAJOR)
		findings_block(&k->report, incompatible,
			       "the backup is from version %.40s and the "
			       "target is older, %.40s: choose a newer one",
			       from->version, to->version);
}

/* INSERTs of more than one row are cut to fit; they are at most a frame. */
static void check_packet(struct check *k)
{
	uint64_t longest = k->load->max_statement_bytes;
	uint64_t packet = k->server.max_packet_bytes;

	if (longest <= packet)
		return;
	if (longest > FRAME_BYTES)
		findings_block(&k->report, incompatible,
			       "the backup has a row of %" PRIu64 " bytes and "
			       "the target's max_allowed_packet is %" PRIu64
			       ": raise it there",
			       longest, packet);
	else
		findings_warn(&k->report, "packet_small",
			      "the target's max_allowed_packet is %" PRIu64
			      ": statements will be cut to it, but a single "
			      "row that is longer stops the restore; raise it "
			      "there",
			      packet);
}

bool my_check_same_name(const struct check *k, const char *a, const char *b)
{
	return k->server.name_case != 0 ? strcasecmp(a, b) == 0
					: strcmp(a, b) == 0;
}

static void check_twins(struct check *k)
{
	const struct my_load *l = k->load;

	for (size_t i = 0; i < l->ndatabases; i++)
		for (size_t j = 0; j < i; j++)
			if (my_check_same_name(k, l->databases[i],
					       l->databases[j])) {
				struct text t = {0};

				findings_name(&t, l->databases[j], NULL);
				findings_name(&t, l->databases[i], NULL);
				findings_block(&k->report, incompatible,
					       "%s differ in case only, and "
					       "are one name at the target: "
					       "rename one",
					       t.data != NULL ? t.data : "");
				text_free(&t);
			}
}

static void check_name_case(struct check *k)
{
	int from = k->source.name_case, to = (int)k->server.name_case;

	check_twins(k);
	if (from == -1 || (from != 0) == (to != 0))
		return;
	findings_warn(&k->report, "name_case_differs",
		      "lower_case_table_names was %d at the source and is %d "
		      "at the target: %s",
		      from, to,
		      from == 0 ? "tables that differ in case only collide "
				  "there"
				: "views and routines find a table only if "
				  "they write its name in lower case");
}

void my_check_server(struct check *k)
{
	check_versions(k);
	if (k->server.is_read_only)
		findings_block(&k->report, incompatible,
			       "the target is read-only: set read_only off "
			       "there, or choose another");
	check_packet(k);
	check_name_case(k);
}

/* The privileges of one line of SHOW GRANTS hold for this database. */
static bool is_about(const char *line, const char *end, const char *database)
{
	const char *on = memmem(line, (size_t)(end - line), " ON ", 4);
	struct text name = {0};
	bool is;

	if (on == NULL)
		return false;
	on += 4;
	if (end - on >= 3 && strncmp(on, "*.*", 3) == 0)
		return true;
	is = my_unquote_name(&on, end, &name) && end - on >= 2 &&
	     strncmp(on, ".*", 2) == 0 && my_like(name.data, database);
	text_free(&name);
	return is;
}

static bool has_word(const char *line, const char *end, const char *word)
{
	const char *on = memmem(line, (size_t)(end - line), " ON ", 4);
	size_t n = strlen(word);

	if (on == NULL)
		return false;
	for (; line + n <= on; line++)
		if (strncmp(line, word, n) == 0 &&
		    (line[n] == ',' || line + n == on) &&
		    (line[-1] == ' ' || line[-1] == ','))
			return true;
	return false;
}

/* True when the account has it there. */
static bool may(const struct check *k, const char *word, const char *database)
{
	const char *line = k->grants.data, *end;

	for (; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "GRANT ", 6) == 0 &&
		    is_about(line, end, database) &&
		    (has_word(line + 6, end, word) ||
		     has_word(line + 6, end, "ALL PRIVILEGES") ||
		     has_word(line + 6, end, "ALL")))
			return true;
	}
	return false;
}

/* What a role gives is not in the list. */
static bool has_role(const struct check *k)
{
	const char *line = k->grants.data, *end;

	for (; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "GRANT ", 6) == 0 &&
		    memmem(line, (size_t)(end - line), " ON ", 4) == NULL)
			return true;
	}
	return false;
}

static void check_database_rights(struct check *k, const char *database)
{
	static const char *const needed[] = {"CREATE", "INSERT", "ALTER",
					     "SELECT", NULL};
	struct text missing = {0};

	for (const char *const *word = needed; *word != NULL; word++)
		if (!may(k, *word, database))
			findings_name(&missing, *word, NULL);
	if (k->load->is_overwrite && !may(k, "DROP", database))
		findings_name(&missing, "DROP", NULL);
	if (missing.len > 0) {
		char clean[MY_TEXT_MAX];

		findings_block(&k->report, "access_denied",
			       "the account at the target lacks %s on "
			       "database \"%s\": grant it",
			       missing.data,
			       my_clean(clean, sizeof(clean), database));
	}
	text_free(&missing);
}

static bool may_everywhere(const struct check *k, const char *word)
{
	const char *line = k->grants.data, *end;

	for (; *line != '\0'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (strncmp(line, "GRANT ", 6) == 0 &&
		    memmem(line, (size_t)(end - line), " ON *.* ", 8) != NULL &&
		    (has_word(line + 6, end, word) ||
		     has_word(line + 6, end, "ALL PRIVILEGES")))
			return true;
	}
	return false;
}

/* "GRANT ... TO `app`@`%`": true when it is this account, "app@%". */
static bool is_own_account(const struct check *k, const char *definer)
{
	const char *end = k->grants.data + strcspn(k->grants.data, "\n");
	const char *to = memmem(k->grants.data, (size_t)(end - k->grants.data),
				" TO ", 4);
	struct text user = {0}, host = {0}, both = {0};
	bool is = false;

	if (to == NULL)
		return false;
	to += 4;
	if (my_unquote_name(&to, end, &user) && to < end && *to++ == '@' &&
	    my_unquote_name(&to, end, &host)) {
		text_printf(&both, "%s@%s", user.data, host.data);
		is = both.data != NULL && strcmp(both.data, definer) == 0;
	}
	text_free(&user);
	text_free(&host);
	text_free(&both);
	return is;
}

/* Making a program for somebody else is a right of its own. */
static void check_definer_rights(struct check *k)
{
	static const char *const any[] = {"SET USER", "SUPER", "SET_USER_ID",
					  "SET_ANY_DEFINER", NULL};
	struct text others = {0};

	for (const char *const *word = any; *word != NULL; word++)
		if (may_everywhere(k, *word))
			return;
	for (size_t i = 0; i < k->load->ndefiners; i++)
		if (!is_own_account(k, k->load->definers[i]))
			findings_name(&others, k->load->definers[i], NULL);
	if (others.len > 0)
		findings_block(&k->report, "access_denied",
			       "the account at the target may not make views "
			       "and programs for %s: grant it %s, or restore "
			       "with definer replace",
			       others.data,
			       k->server.is_mariadb ? "SET USER"
						    : "SET_ANY_DEFINER");
	text_free(&others);
}

void my_check_grants(struct check *k)
{
	if (k->grants.len == 0 || k->grants.is_broken || has_role(k))
		return;
	/* Rights on single tables may be enough for a part. */
	for (size_t i = 0; i < k->load->ndatabases; i++)
		if (!k->load->partials[i].is_partial)
			check_database_rights(k, k->load->databases[i]);
	if (k->load->definer == LOAD_DEFINER_KEEP)
		check_definer_rights(k);
}

void my_check_definers(struct check *k)
{
	struct text missing = {0};

	for (size_t i = 0; i < k->load->ndefiners; i++)
		if (!k->accounts[i])
			findings_name(&missing, k->load->definers[i], NULL);
	if (missing.len > 0)
		findings_warn(&k->report, "definer_missing",
			      "views and programs belong to accounts that the "
			      "target does not have, and fail when used: %s; "
			      "make them there, or restore with definer "
			      "replace",
			      missing.data);
	text_free(&missing);
}

void my_check_taken(struct check *k)
{
	const char *name = k->load->databases[k->at];

	if (!k->load->is_overwrite)
		findings_fate(&k->report, FATE_TAKEN, name, NULL);
	else if (!my_load_may_drop(k->load, name))
		findings_fate(&k->report, FATE_SILENT, name, NULL);
	else
		findings_fate(&k->report, FATE_REPLACE, name, NULL);
}

void my_check_part(struct check *k, const bool *found)
{
	const char *name = k->load->databases[k->at];
	const struct my_partial *p = &k->load->partials[k->at];

	for (size_t i = 0; i < p->n; i++) {
		enum fate fate = FATE_REPLACE;

		if (found == NULL || !found[i])
			fate = FATE_CREATE;
		else if (!k->load->is_overwrite)
			fate = FATE_TAKEN;
		else if (!my_load_may_drop_table(k->load, name, p->tables[i]))
			fate = FATE_SILENT;
		findings_fate(&k->report, fate, name, p->tables[i]);
	}
}
