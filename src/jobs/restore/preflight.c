/*
 * preflight.c - records, manifest, index, target: in this order, each only
 * when the one before was right.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/parts.h"

enum { DATABASE_NAME_MAX = 64 };

static bool asks_for(const struct preflight *p, const char *member)
{
	const json_t *value = json_object_get(p->request, member);

	return value != NULL && !json_is_null(value);
}

void preflight_end(struct preflight *p, const struct err *e)
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

/* Of a folder there is nothing but its path. */
static bool read_address(struct preflight *p, struct err *e)
{
	if (p->target_path != NULL)
		p->address.a.path = p->target_path;
	if (p->is_new || p->target_path != NULL)
		return true;
	return opened_address_read(&p->address, p->jobs, &p->opening.source,
				   e) &&
	       preflight_place_objects(p, e);
}

void preflight_go_to_target(struct preflight *p)
{
	const char *engine = p->target_path != NULL ? p->manifest.engine
						    : p->opening.source.engine;
	const struct source_kind *kind = source_kind_find(engine);
	struct err e = {0};

	if (kind == NULL || strcmp(engine, p->manifest.engine) != 0)
		(void)err_set(&e, ERR_CONFLICT, "target_incompatible",
			      "a backup of %s cannot be restored into %s",
			      p->manifest.engine, engine);
	else if (check_renames(p, &e) && read_address(p, &e) &&
		 preflight_make_load(p, kind, &e))
		p->look = p->load->ops->check(p->load, on_checked, p, &e);
	if (p->look == NULL)
		preflight_end(p, &e);
}

bool preflight_set_place(struct preflight *p, const char *connection_json,
			 const char *secret, struct err *e)
{
	struct source_record *s = &p->opening.source;

	source_record_fini(s);
	(void)str_copy(s->engine, sizeof(s->engine), p->manifest.engine);
	s->connection_json = strdup(connection_json);
	s->secret = secret != NULL ? strdup(secret) : NULL;
	if (s->connection_json == NULL || (secret != NULL && s->secret == NULL))
		return err_nomem(e, "a restore");
	return opened_address_read(&p->address, p->jobs, s, e);
}

bool preflight_foresee_load(struct preflight *p, struct err *e)
{
	const struct source_kind *kind = source_kind_find(p->manifest.engine);

	if (kind == NULL)
		return err_set(e, ERR_CONFLICT, "target_incompatible",
			       "this server knows no %s", p->manifest.engine);
	return preflight_make_load(p, kind, e);
}

void preflight_look_at_target(struct preflight *p, catalog_done_cb *done,
			      void *arg)
{
	p->done = done;
	p->arg = arg;
	preflight_go_to_target(p);
}

void preflight_look_again(struct preflight *p, catalog_done_cb *done, void *arg)
{
	struct err e = {0};

	p->done = done;
	p->arg = arg;
	p->look = p->load->ops->check(p->load, on_checked, p, &e);
	if (p->look == NULL)
		preflight_end(p, &e);
}

size_t preflight_count(const struct preflight *p)
{
	return p->is_tree ? p->files.n : p->ntables;
}

bool preflight_next_table(struct preflight *p, size_t *at,
			  struct load_item *item)
{
	const struct preflight_table *table;

	if (p->is_tree)
		return file_list_next(&p->files, at, item);
	if (*at == p->ntables)
		return false;
	table = &p->tables[(*at)++];
	*item = (struct load_item){0};
	item->database = preflight_renamed(p, table->database);
	item->name = table->name;
	item->rows = table->rows;
	item->digest = table->digest;
	return true;
}

/* A new server by key reads one file, and reads it whole. */
static bool check_whole(struct preflight *p, struct err *e)
{
	if (!p->is_by_key || !(asks_for(p, "scope") || asks_for(p, "rename")))
		return check_renames(p, e);
	return err_set(e, ERR_INVALID, "invalid_scope",
		       "a new instance of %s is made of the whole backup: "
		       "leave \"scope\" and \"rename\" out, or restore into an "
		       "instance that runs",
		       p->manifest.engine);
}

/* again: it is to be read once more. */
static bool end_index(struct preflight *p, bool *again, struct err *e)
{
	if (p->is_tree)
		return preflight_end_files(p, again, e);
	return preflight_end_picking(p, e) && (!p->is_new || check_whole(p, e));
}

static void read_index(struct preflight *p);

static void on_index(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	struct err mine = {0};
	bool again = false;

	p->exchange = NULL;
	if (e != NULL)
		preflight_end(p, e);
	else if (!end_index(p, &again, &mine))
		preflight_end(p, &mine);
	else if (again)
		read_index(p);
	else if (p->is_new)
		preflight_end(p, NULL);
	else
		preflight_go_to_target(p);
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	return preflight_pick(arg, l, e);
}

static void read_index(struct preflight *p)
{
	struct exchange_env env;
	struct err e = {0};

	opening_exchange_env(&p->opening, &env);
	p->exchange =
		exchange_index(&env, &p->manifest, on_line, on_index, p, &e);
	if (p->exchange == NULL)
		preflight_end(p, &e);
}

/* Of a whole server, which cannot be taken in part. */
static bool is_of_files(const struct preflight *p)
{
	return !p->is_tree && strcmp(p->manifest.method, "logical") != 0;
}

/* A new server is made of all files. */
static bool check_files(const struct preflight *p, struct err *e)
{
	if (asks_for(p, "scope") || asks_for(p, "rename"))
		return err_set(e, ERR_INVALID, "invalid_scope",
			       "a new instance is made of a whole %s backup: "
			       "leave \"scope\" and \"rename\" out, or restore "
			       "into an instance that runs",
			       p->manifest.method);
	return true;
}

/* What follows the manifest of a backup that is files. */
static void begin_files(struct preflight *p)
{
	struct err e = {0};

	if (!p->is_new)
		preflight_begin_through(p);
	else if (check_files(p, &e))
		preflight_fetch_chain(p);
	else
		preflight_end(p, &e);
}

static void on_fetched(void *arg, const struct err *e)
{
	struct preflight *p = arg;
	const struct source_kind *kind;
	struct err mine = {0};

	p->exchange = NULL;
	if (e != NULL) {
		preflight_end(p, e);
		return;
	}
	kind = source_kind_find(p->manifest.engine);
	p->is_tree = kind != NULL && kind->is_tree;
	p->is_flat = p->is_tree && kind->is_bucket;
	if (!preflight_check_tree(p, &mine)) {
		preflight_end(p, &mine);
		return;
	}
	if (is_of_files(p)) {
		begin_files(p);
		return;
	}
	if (preflight_begin_picking(p, &mine))
		read_index(p);
	else
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
		.source = r->provider[0] == '\0' && r->target_path == NULL
				  ? r->target_id
				  : NULL,
		.store_attempts = store_attempts,
	};

	p->done = done;
	p->arg = arg;
	p->is_new = r->provider[0] != '\0';
	p->request = record_json(r->request_json ? r->request_json : "{}",
				 "a restore's request", e);
	if (p->request == NULL)
		return false;
	p->target_path = r->target_path != NULL ? strdup(r->target_path) : NULL;
	if (r->target_path != NULL && p->target_path == NULL)
		return err_nomem(e, "a restore");
	return opening_start(&p->opening, p->jobs, &want, on_opened, p, e);
}

void preflight_cancel(struct preflight *p)
{
	source_op_cancel(p->look);
	exchange_cancel(p->exchange);
	opening_cancel(&p->opening);
	preflight_chain_cancel(&p->chain);
	choice_cancel(&p->choice);
	(void)provision_cancel(&p->provision);
	p->look = NULL;
	p->exchange = NULL;
}

void preflight_fini(struct preflight *p)
{
	preflight_cancel(p);
	if (p->load != NULL)
		p->load->ops->destroy(p->load);
	preflight_drop_picked(p);
	manifest_fini(&p->manifest);
	preflight_chain_fini(&p->chain);
	opened_address_fini(&p->address);
	json_decref(p->request);
	free(p->target_path);
	free(p->beneath);
	opening_fini(&p->opening);
	memset(p, 0, sizeof(*p));
}

const char *preflight_renamed(const struct preflight *p, const char *database)
{
	const json_t *renames = json_object_get(p->request, "rename");
	const char *to = json_string_value(json_object_get(renames, database));

	return to != NULL ? to : database;
}

static uint64_t account_bytes(const struct manifest *m)
{
	uint64_t sum = 0;

	if (m->nsections == 0 ||
	    m->sections[m->nsections - 1].kind != ITEM_ACCOUNT)
		return 0;
	for (size_t i = manifest_part_from(
		     m, m->sections[m->nsections - 1].first_part);
	     i < m->parts.n; i++)
		sum += m->parts.list[i].stored_bytes;
	return sum;
}

uint64_t preflight_download_bytes(const struct preflight *p)
{
	uint64_t below = 0;

	if (p->selection != NULL)
		return selection_bytes(p->selection);
	for (size_t i = 0; i < p->chain.n; i++)
		below += p->chain.manifests[i].stored_bytes;
	return below + p->manifest.stored_bytes -
	       (p->with_accounts ? 0 : account_bytes(&p->manifest));
}

uint64_t preflight_plain_bytes(const struct preflight *p)
{
	uint64_t sum = p->manifest.plain_bytes;

	for (size_t i = 0; i < p->chain.n; i++)
		sum += p->chain.manifests[i].plain_bytes;
	return sum;
}
