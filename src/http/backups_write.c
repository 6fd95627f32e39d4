/* backups_write.c - making, changing, canceling and deleting backups. */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/backup_form.h"
#include "http/backups_int.h"
#include "http/fields.h"
#include "http/merge.h"
#include "http/refs.h"
#include "http/server_int.h"
#include "http/suit.h"
#include "http/update.h"
#include "jobs/jobs.h"

struct backup_state {
	struct refs refs; /* first: refs.h */
	struct backup_record backup;
	struct update update;
};

static void backup_fini(void *state)
{
	struct backup_state *s = state;

	backup_record_fini(&s->backup);
}

static struct backup_state *state_new(struct request *r)
{
	return request_state(r, sizeof(struct backup_state), backup_fini);
}

/* --- making */

static void read_name(struct form *f, struct backup_record *b)
{
	const char *name = form_string(f, "name", FORM_REQUIRED);
	struct err e = {0};

	if (name == NULL)
		return;
	if (!name_check_backup(name, &e))
		form_fault_err(f, "name", &e);
	else
		(void)str_copy(b->name, sizeof(b->name), name);
}

/* Rule 7: manual backups are full ones. */
static void refuse_increments(struct form *f)
{
	const json_t *every = json_object_get(f->object, "full_every");
	const char *text = "manual backups are full ones, only plans make "
			   "others: leave it out";

	if (form_bool(f, "incremental", false))
		form_fault(f, "incremental", "invalid_value", "%s", text);
	if (form_has(f, "full_every") && !json_is_null(every))
		form_fault(f, "full_every", "invalid_value", "%s", text);
}

static void read_options(struct form *f, struct backup_record *b)
{
	struct form inner;

	if (!form_open(f, "options", FORM_OPTIONAL, &inner))
		return;
	backup_form_options(&inner);
	refuse_increments(&inner);
	form_end(&inner);
	b->options_json = form_dump(f, inner.object);
}

static void on_queued(void *arg, const struct backup_record *rec,
		      const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, backups_show(r, rec), rec->job_id);
}

static void read_backup(struct form *f, struct backup_state *s)
{
	struct backup_record *b = &s->backup;

	refs_add(&s->refs, REF_SOURCE, "/source",
		 field_key(f, "source", FORM_REQUIRED));
	refs_add(&s->refs, REF_POOL, "/pool",
		 field_key(f, "pool", FORM_REQUIRED));
	read_name(f, b);
	backup_form_description(f, &b->description);
	backup_form_method(f, b->method);
	backup_form_scope(f, &b->scope_json);
	read_options(f, b);
	form_end(f);
	(void)str_copy(b->type, sizeof(b->type), "manual");
	(void)str_copy(b->trigger, sizeof(b->trigger), "user");
}

static void begin(struct request *r)
{
	struct backup_state *s = r->state;
	struct backup_record *b = &s->backup;
	struct err e = {0};

	(void)str_copy(b->source_id, sizeof(b->source_id),
		       refs_id(&s->refs, REF_SOURCE, "/source"));
	(void)str_copy(b->pool_id, sizeof(b->pool_id),
		       refs_id(&s->refs, REF_POOL, "/pool"));
	request_await_jobs(
		r, jobs_backup(r->server->config.jobs, b, on_queued, r, &e),
		&e);
}

static void check_suits(struct request *r)
{
	struct backup_state *s = r->state;
	const struct suit suit = {
		.engine = refs_engine(&s->refs, "/source"),
		.method = s->backup.method,
		.scope_json = s->backup.scope_json,
		.options_json = s->backup.options_json,
	};

	suit_fill_method(s->backup.method, suit.engine);
	suit_check(&suit, &r->faults);
}

void backups_create(struct request *r)
{
	struct backup_state *s = state_new(r);
	struct form f;

	if (s == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	read_backup(&f, s);
	s->refs.check = check_suits;
	s->refs.done = begin;
	refs_find(r);
}

/* --- changing */

static void on_got_update(void *arg, const struct backup_record *rec,
			  const struct err *e);

static void on_updated(void *arg, const struct backup_record *rec,
		       const struct err *e)
{
	struct request *r = arg;
	struct backup_state *s = r->state;

	if (update_again(r, &s->update, e)) {
		backups_fetch(r, on_got_update);
		return;
	}
	if (request_resume(r, e))
		request_reply_revision(r, 200, backups_show(r, rec),
				       rec->revision);
}

/* The body may hold the whole of what was read; only two members change. */
static bool read_update(struct request *r, const struct backup_record *rec)
{
	struct backup_state *s = r->state;
	struct backup_record *b = &s->backup;
	json_t *shown = backups_show(r, rec);
	struct form f;

	if (shown == NULL)
		return false;
	merge_drop_echoes(r->body, shown);
	json_decref(shown);
	backup_record_fini(b);
	(void)str_copy(b->id, sizeof(b->id), rec->id);
	form_init(&f, r->body, "", &r->faults);
	backup_form_description(&f, &b->description);
	if (b->description == NULL && form_has(&f, "description")) {
		/* null takes it away; a fault stops before this is used */
		b->description = strdup("");
		if (b->description == NULL)
			return false;
	}
	b->held = form_bool(&f, "held", rec->held);
	form_end(&f);
	return true;
}

static void on_got_update(void *arg, const struct backup_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct backup_state *s = r->state;
	struct err mine = {0};

	if (!request_resume(r, e) ||
	    !update_read(r, &s->update, rec->revision, "backup"))
		return;
	if (!read_update(r, rec)) {
		(void)err_nomem(&mine, "a backup");
		request_fail(r, &mine);
		return;
	}
	if (!request_is_sound(r))
		return;
	request_await_catalog(
		r,
		catalog_backup_update(r->server->config.catalog, &s->backup,
				      update_revision(r, &s->update),
				      on_updated, r, &mine),
		&mine);
}

void backups_update(struct request *r)
{
	if (state_new(r) != NULL)
		backups_fetch(r, on_got_update);
}

/* --- canceling and deleting */

static void on_got_cancel(void *arg, const struct backup_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct err mine = {0};

	if (!request_resume(r, e))
		return;
	if (rec->status != BACKUP_QUEUED && rec->status != BACKUP_BACKING_UP)
		request_refuse(r, ERR_CONFLICT, "job_not_running",
			       "the backup is %s: only a queued or running one "
			       "can be canceled",
			       backup_status_name(rec->status));
	else if (!jobs_cancel(r->server->config.jobs, rec->job_id, &mine))
		request_fail(r, &mine);
	else
		request_reply_accepted(r, backups_show(r, rec), rec->job_id);
}

void backups_cancel(struct request *r)
{
	backups_fetch(r, on_got_cancel);
}

static void on_deleting(void *arg, const struct backup_record *rec,
			const struct err *e)
{
	struct request *r = arg;

	if (request_resume(r, e))
		request_reply_accepted(r, backups_show(r, rec), rec->job_id);
}

void backups_delete(struct request *r)
{
	struct err e = {0};

	request_await_jobs(r,
			   jobs_delete(r->server->config.jobs, r->params[0],
				       on_deleting, r, &e),
			   &e);
}
