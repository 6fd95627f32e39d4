/*
 * preflight.c - records, manifest, index, target: in this order, each only
 * when the one before was right.
 */
#include "jobs/preflight.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jobs/jobs_int.h"

enum { DATABASE_NAME_MAX = 64 };

static void preflight_end(struct preflight *p, const struct err *e)
{
	p->done(p->arg, e);
}

static void on_checked(void *arg, const struct load_report *report,
		       const struct err *e)
{
	struct preflight *p = arg;
	struct err mine = {0};

	p->look = NULL;
	p->report = report;
	if (report != NULL && report->nfindings > 0 &&
	    report->findings[0].is_blocker) {
		(void)err_set(&mine, ERR_CONFLICT, report->findings[0].code,
			      "%s", report->findings[0].detail);
		e = &mine;
	}
	preflight_end(p, failure(e));
}

/* Lists of strings in the request, borrowed from it. Caller frees the array. */
static const char **strings_of(const json_t *array, size_t *n)
{
	const char **list = calloc(json_array_size(array) + 1, sizeof(*list));
	size_t i;
	const json_t *one;

	*n = 0;
	if (list == NULL)
		return NULL;
	for (i = 0; i < json_array_size(array); i++) {
		one = json_array_get(array, i);
		if (json_is_string(one))
			list[(*n)++] = json_string_value(one);
	}
	return list;
}

static struct load_rename *renames_of(json_t *object, size_t *n)
{
	struct load_rename *list =
		calloc(json_object_size(object) + 1, sizeof(*list));
	const char *key;
	json_t *value;

	*n = 0;
	if (list == NULL)
		return NULL;
	json_object_foreach(object, key, value)
	{
		if (json_is_string(value))
			list[(*n)++] = (struct load_rename){
				key, json_string_value(value)};
	}
	return list;
}

static bool make_load(struct preflight *p, const struct source_kind *kind,
		      struct err *e)
{
	json_t *request = p->request;
	struct load_config c = {
		.address = p->address.a,
		.databases = (const char *const *)p->databases,
		.ndatabases = p->ndatabases,
		.is_overwrite =
			json_is_true(json_object_get(request, "overwrite")),
		.source_version = p->manifest.version,
		.session_json = p->manifest.session_json,
		.max_statement_bytes = p->manifest.longest_statement,
	};
	const char **confirm =
		strings_of(json_object_get(request, "confirm"), &c.nconfirm);
	struct load_rename *renames =
		renames_of(json_object_get(request, "rename"), &c.nrenames);

	c.confirm = confirm;
	c.renames = renames;
	if (confirm == NULL || renames == NULL)
		(void)err_nomem(e, "a restore");
	else
		p->load = kind->load_new(&p->jobs->source_env, &c, e);
	free(confirm);
	free(renames);
	return p->load != NULL;
}

static bool is_in_backup(const struct preflight *p, const char *database)
{
	for (size_t i = 0; i < p->ndatabases; i++) {
		if (strcmp(p->databases[i], database) == 0)
			return true;
	}
	return false;
}

/* What cannot be renamed so is a mistake worth telling before all else. */
static bool check_renames(struct preflight *p, struct err *e)
{
	json_t *renames = json_object_get(p->request, "rename");
	const char *from, *to;
	size_t points;
	json_t *value;

	json_object_foreach(renames, from, value)
	{
		to = json_string_value(value);
		if (!is_in_backup(p, from))
			return err_set(e, ERR_INVALID, "invalid_scope",
				       "rename names database \"%s\", which is "
				       "not in the backup",
				       from);
		if (to == NULL || !utf8_check(to, strlen(to), &points) ||
		    points < 1 || points > DATABASE_NAME_MAX)
			return err_set(e, ERR_INVALID, "invalid_scope",
				       "a database's new name has 1 to %d "
				       "characters",
				       DATABASE_NAME_MAX);
	}
	return true;
}

static void look_at_target(struct preflight *p)
{
	const char *engine = p->opening.source.engine;
	const struct source_kind *kind = source_kind_find(engine);
	struct err e = {0};

	if (kind == NULL || strcmp(engine, p->manifest.engine) != 0)
		(void)err_set(&e, ERR_CONFLICT, "target_incompatible",
			      "a backup of %s cannot be restored into %s",
			      p->manifest.engine, engine);
	else if (check_renames(p, &e) &&
		 opened_address_read(&p->address, &p->opening.source, &e) &&
		 make_load(p, kind, &e))
		p->look = p->load->ops->check(p->load, on_checked, p, &e);
	if (p->look == NULL)
		preflight_end(p, &e);
}

static void on_index(void *arg, const struct err *e)
{
	struct preflight *p = arg;

	p->exchange = NULL;
	if (e != NULL)
		preflight_end(p, e);
	else
		look_at_target(p);
}

static void *grown(void *list, size_t *cap, size_t one)
{
	size_t more = *cap == 0 ? 64 : *cap * 2;
	void *bigger = realloc(list, more * one);

	if (bigger != NULL)
		*cap = more;
	return bigger;
}

static bool add_database(struct preflight *p, const char *name, struct err *e)
{
	if (p->ndatabases == p->databases_cap) {
		char **more =
			grown(p->databases, &p->databases_cap, sizeof(*more));

		if (more == NULL)
			return err_nomem(e, "a list of databases");
		p->databases = more;
	}
	p->databases[p->ndatabases] = strdup(name);
	if (p->databases[p->ndatabases] == NULL)
		return err_nomem(e, "a list of databases");
	p->ndatabases++;
	return true;
}

static bool add_table(struct preflight *p, const struct index_line *l,
		      struct err *e)
{
	struct preflight_table *t;

	if (p->ntables == p->tables_cap) {
		t = grown(p->tables, &p->tables_cap, sizeof(*t));
		if (t == NULL)
			return err_nomem(e, "a list of tables");
		p->tables = t;
	}
	t = &p->tables[p->ntables];
	t->database = strdup(l->group);
	t->name = strdup(l->name);
	t->rows = l->rows;
	t->digest = l->digest;
	p->ntables++;
	if (t->database == NULL || t->name == NULL)
		return err_nomem(e, "a list of tables");
	return true;
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	struct preflight *p = arg;

	if (l->kind == ITEM_SCHEMA && strcmp(l->type, "database") == 0)
		return add_database(p, l->group, e);
	if (l->kind == ITEM_DATA)
		return add_table(p, l, e);
	return true;
}

static void on_fetched(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	struct exchange_env env;
	struct err mine = {0};

	p->exchange = NULL;
	if (e != NULL) {
		preflight_end(p, e);
		return;
	}
	opening_exchange_env(&p->opening, &env);
	p->exchange =
		exchange_index(&env, &p->manifest, on_line, on_index, p, &mine);
	if (p->exchange == NULL)
		preflight_end(p, &mine);
}

static void on_opened(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	const struct backup_record *b = &p->opening.backup;
	struct exchange_wanted wanted;
	struct exchange_env env;
	struct err mine = {0};

	if (e == NULL && b->status != BACKUP_COMPLETED) {
		(void)err_set(&mine, ERR_CONFLICT, "backup_not_completed",
			      "backup \"%s\" is %s; only completed ones can "
			      "be restored",
			      b->name, backup_status_name(b->status));
		e = &mine;
	}
	if (e != NULL) {
		preflight_end(p, e);
		return;
	}
	wanted.source_id = b->source_id;
	wanted.backup_id = b->id;
	wanted.digest = b->manifest_digest;
	opening_exchange_env(&p->opening, &env);
	p->exchange = exchange_fetch(&env, &wanted, &p->manifest, on_fetched, p,
				     &mine);
	if (p->exchange == NULL)
		preflight_end(p, &mine);
}

bool preflight_start(struct preflight *p, const struct restore_record *r,
		     unsigned store_attempts, catalog_done_cb *done, void *arg,
		     struct err *e)
{
	const struct opening_want want = {
		.backup = r->backup_id,
		.source = r->target_id,
		.store_attempts = store_attempts,
	};

	p->done = done;
	p->arg = arg;
	p->request = record_json(r->request_json ? r->request_json : "{}",
				 "a restore's request", e);
	if (p->request == NULL)
		return false;
	return opening_start(&p->opening, p->jobs, &want, on_opened, p, e);
}

void preflight_cancel(struct preflight *p)
{
	source_op_cancel(p->look);
	exchange_cancel(p->exchange);
	opening_cancel(&p->opening);
	p->look = NULL;
	p->exchange = NULL;
}

void preflight_fini(struct preflight *p)
{
	preflight_cancel(p);
	if (p->load != NULL)
		p->load->ops->destroy(p->load);
	for (size_t i = 0; i < p->ndatabases; i++)
		free(p->databases[i]);
	free(p->databases);
	for (size_t i = 0; i < p->ntables; i++) {
		free(p->tables[i].database);
		free(p->tables[i].name);
	}
	free(p->tables);
	manifest_fini(&p->manifest);
	opened_address_fini(&p->address);
	json_decref(p->request);
	opening_fini(&p->opening);
	memset(p, 0, sizeof(*p));
}

const char *preflight_renamed(const struct preflight *p, const char *database)
{
	const json_t *renames = json_object_get(p->request, "rename");
	const char *to = json_string_value(json_object_get(renames, database));

	return to != NULL ? to : database;
}
