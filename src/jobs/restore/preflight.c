/*
 * preflight.c - records, manifest, index, target: in this order, each only
 * when the one before was right.
 */
#include "jobs/restore/preflight_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

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
		 preflight_make_load(p, kind, &e))
		p->look = p->load->ops->check(p->load, on_checked, p, &e);
	if (p->look == NULL)
		preflight_end(p, &e);
}

static void on_index(void *arg, const struct err *e)
{
	struct preflight *p = arg;

	struct err mine = {0};

	p->exchange = NULL;
	if (e != NULL)
		preflight_end(p, e);
	else if (!preflight_end_picking(p, &mine))
		preflight_end(p, &mine);
	else
		look_at_target(p);
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	return preflight_pick(arg, l, e);
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
	if (!preflight_begin_picking(p, &mine)) {
		preflight_end(p, &mine);
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
	preflight_drop_picked(p);
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

static uint64_t account_bytes(const struct manifest *m)
{
	uint64_t sum = 0;

	if (m->nsections == 0 ||
	    m->sections[m->nsections - 1].kind != ITEM_ACCOUNT)
		return 0;
	for (size_t i = m->sections[m->nsections - 1].first_part - 1;
	     i < m->parts.n; i++)
		sum += m->parts.list[i].stored_bytes;
	return sum;
}

uint64_t preflight_download_bytes(const struct preflight *p)
{
	if (p->selection != NULL)
		return selection_bytes(p->selection);
	return p->manifest.stored_bytes -
	       (p->with_accounts ? 0 : account_bytes(&p->manifest));
}
