/* ls.c - what lies in a pool: backups, and the items of one. Needs no server.
 */
#include "ctl/command.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "ctl/members.h"
#include "ctl/pool/backups.h"
#include "ctl/pool/wanted.h"
#include "ctl/session.h"
#include "ctl/words.h"

static const struct option_spec options[] = {
	{"source", 0, "SOURCE", "only backups of that name or id of a source"},
	REACH_OPTIONS,
	{NULL, 0, NULL, NULL},
};

static const struct member_column columns[] = {
	{"NAME", "name", MEMBER_TEXT},
	{"SOURCE", "source.name", MEMBER_TEXT},
	{"ENGINE", "engine", MEMBER_TEXT},
	{"METHOD", "method", MEMBER_TEXT},
	{"STARTED", "started_at", MEMBER_TIME},
	{"STORED", "stored_bytes", MEMBER_BYTES},
	{"ENCRYPTED", "encrypted", MEMBER_IS_SET},
	{"ID", "id", MEMBER_TEXT},
	{NULL, NULL, MEMBER_TEXT},
};

/* --- backups */

struct shown {
	json_t *backups, *damaged;
};

static bool is_of(const struct manifest *m, const char *source)
{
	return source == NULL || strcmp(m->source_id, source) == 0 ||
	       strcmp(m->source_name, source) == 0;
}

/* One backup; what is wrong with its manifest is kept, and is no failure. */
static bool show_one(struct reach *r, const struct pool_backup *b,
		     const char *source, struct shown *out, struct err *e)
{
	struct manifest m = {0};
	struct err why = {0};

	if (reach_manifest(r, b->source_id, b->backup_id, &m, &why)) {
		if (is_of(&m, source))
			(void)json_array_append_new(out->backups,
						    pool_backup_show(&m));
		manifest_fini(&m);
		return true;
	}
	if (why.code == ERR_NOT_FOUND)
		return true; /* removed meanwhile */
	if (why.code == ERR_DAMAGED) {
		(void)json_array_append_new(out->damaged,
					    json_pack("{s:s, s:s, s:s}", "id",
						      b->backup_id, "source_id",
						      b->source_id, "detail",
						      why.msg));
		return true;
	}
	*e = why;
	return false;
}

static enum ctl_status tell_all(struct session *s, const struct shown *all)
{
	enum ctl_status status = CTL_OK;
	const json_t *one;
	struct table *t;
	json_t *doc;
	size_t i;

	if (s->is_json) {
		doc = json_pack("{s:O, s:O}", "items", all->backups, "damaged",
				all->damaged);
		session_json(s, doc);
		json_decref(doc);
	} else {
		t = members_table(columns, all->backups);
		status = t != NULL ? session_table(s, t) : CTL_FAILED;
		table_free(t);
	}
	json_array_foreach(all->damaged, i, one) session_note(
		s, "cofferctl: %s is damaged: %s", member_text(one, "id", ""),
		member_text(one, "detail", ""));
	return json_array_size(all->damaged) > 0 ? CTL_FAILED : status;
}

static enum ctl_status list_backups(struct session *s, struct reach *r,
				    const char *source)
{
	struct shown all = {json_array(), json_array()};
	struct pool_backups b = {0};
	enum ctl_status status;
	struct err e = {0};
	bool ok = pool_backups_list(r, &b, &e);

	for (size_t i = 0; ok && i < b.n; i++)
		ok = show_one(r, &b.list[i], source, &all, &e);
	status = ok ? tell_all(s, &all) : session_fail(s, &e);
	if (ok && b.n == 0)
		session_note(s, "no complete backup lies there: is the prefix "
				"that of the pool?");
	pool_backups_fini(&b);
	json_decref(all.backups);
	json_decref(all.damaged);
	return status;
}

/* --- items */

static void tell_item(const struct session *s, const struct index_line *l,
		      struct text *out)
{
	char words[WORDS_MAX];
	struct text name = {0};

	wanted_name(&name, l);
	text_printf(out, "%-8s %-10s %12" PRIu64 " %10s  ",
		    item_kind_name(l->kind), l->type, l->rows,
		    words_bytes(l->plain_bytes, words));
	words_clean(out, name.data != NULL ? name.data : "", name.len, false);
	text_char(out, '\n');
	text_free(&name);
	(void)s;
}

/* Lines are shown as they are read: of trees there are millions. */
static bool tell_items(const struct session *s, FILE *lines, struct err *e)
{
	struct text out = {0};
	char *line = NULL;
	size_t cap = 0;
	bool ok = true, is_first = true;
	ssize_t n;

	while (ok && (n = getline(&line, &cap, lines)) > 0) {
		struct index_line l = {0};

		n -= line[n - 1] == '\n';
		text_reset(&out);
		if (s->is_json) {
			text_str(&out, is_first ? "\n" : ",\n");
			words_clean(&out, line, (size_t)n, false);
		} else {
			ok = index_line_parse(&l, line, (size_t)n, e);
			if (ok)
				tell_item(s, &l, &out);
			index_line_fini(&l);
		}
		if (ok && out.data != NULL)
			session_text(out.data, out.len);
		is_first = false;
	}
	free(line);
	text_free(&out);
	return ok;
}

static bool tell_index(const struct session *s, const struct manifest *m,
		       FILE *lines, struct err *e)
{
	json_t *doc = pool_backup_show(m);
	char *head = json_dumps(doc, JSON_COMPACT);
	bool ok;

	json_decref(doc);
	if (s->is_json)
		(void)printf("{\"backup\": %s,\n\"items\": [",
			     head != NULL ? head : "null");
	else
		(void)printf("%-8s %-10s %12s %10s  %s\n", "KIND", "TYPE",
			     "ROWS", "SIZE", "ITEM");
	free(head);
	ok = tell_items(s, lines, e);
	if (s->is_json)
		(void)printf("]}\n");
	return ok;
}

static enum ctl_status list_items(struct session *s, struct reach *r,
				  const char *name)
{
	int fd = file_open_nameless("/tmp", "cofferctl-");
	FILE *lines = fd >= 0 ? fdopen(fd, "r+") : NULL;
	struct manifest m = {0};
	struct err e = {0};
	bool ok = lines != NULL;

	if (!ok)
		(void)err_set(&e, ERR_IO, "cannot_write",
			      "no temporary file can be made in /tmp");
	ok = ok && pool_backup_find(r, name, &m, &e) &&
	     reach_index(r, &m, fd, &e);
	if (ok) {
		rewind(lines);
		ok = tell_index(s, &m, lines, &e);
	}
	manifest_fini(&m);
	if (lines != NULL)
		(void)fclose(lines);
	else if (fd >= 0)
		(void)close(fd);
	return ok ? CTL_OK : session_fail(s, &e);
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	enum ctl_status status;
	struct reach r = {0};
	struct err e = {0};

	if (!reach_open(&r, a, a->words[0], &e))
		status = session_fail(s, &e);
	else if (a->nwords == 1)
		status = list_backups(s, &r, arguments_get(a, "source"));
	else
		status = list_items(s, &r, a->words[1]);
	reach_close(&r);
	return status;
}

const struct command *ls_command(void)
{
	static const struct command c = {
		.name = "ls",
		.synopsis = "URL [--source SOURCE]\nURL BACKUP",
		.summary = "what lies in a pool; needs no server",
		.options = options,
		.min_words = 1,
		.max_words = 2,
		.is_local = true,
		.run = run,
	};

	return &c;
}
