/*
 * plans_write.c - making and changing plans.
 *
 * Making:   read -> look up source and pool -> create.
 * Changing: get -> merge and read -> look up -> update (rule 22).
 */
#include "http/handlers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "http/merge.h"
#include "http/plan_form.h"
#include "http/plans_int.h"
#include "http/refs.h"
#include "http/server_int.h"
#include "http/show_plans.h"
#include "http/suit.h"
#include "http/update.h"

struct plan_state {
	struct refs refs;      /* first: refs.h */
	struct plan_form form; /* what is to be */
	json_t *document;      /* that form borrows from */
	struct update update;
	char old_source_id[ID_MAX];
	bool is_same_way; /* method, scope and options stay as they are */
};

static void state_clear(struct plan_state *s)
{
	plan_form_fini(&s->form);
	json_decref(s->document);
	memset(&s->refs, 0, sizeof(s->refs));
	s->document = NULL;
}

static void state_fini(void *state)
{
	state_clear(state);
}

static struct plan_state *state_new(struct request *r)
{
	return request_state(r, sizeof(struct plan_state), state_fini);
}

static void fail_nomem(struct request *r)
{
	struct err e = {0};

	(void)err_nomem(&e, "a plan");
	request_fail(r, &e);
}

/* What is not touched by a change is no fault of it. */
static void check_suits(struct request *r)
{
	struct plan_state *s = r->state;
	struct plan_record *p = &s->form.plan;
	const struct suit suit = {
		.engine = refs_engine(&s->refs, "/source"),
		.method = p->method,
		.scope_json = p->scope_json,
		.options_json = p->options_json,
	};

	suit_fill_method(p->method, suit.engine);
	if (!s->is_same_way || strcmp(refs_id(&s->refs, REF_SOURCE, "/source"),
				      s->old_source_id) != 0)
		suit_check(&suit, &r->faults);
}

/* Looks up what the form names, then goes on; tells all faults at once. */
static void look_up(struct request *r, void (*done)(struct request *r))
{
	struct plan_state *s = r->state;

	refs_add(&s->refs, REF_SOURCE, "/source", s->form.source);
	refs_add(&s->refs, REF_POOL, "/pool", s->form.pool);
	s->refs.check = check_suits;
	s->refs.done = done;
	refs_find(r);
}

static bool take_ref(char id[ID_MAX], char name[NAME_BUF],
		     const struct ref *ref)
{
	if (ref == NULL)
		return false;
	(void)str_copy(id, ID_MAX, ref->id);
	(void)str_copy(name, NAME_BUF, ref->name);
	return true;
}

/* Fills in what was found. */
static bool take_refs(struct plan_state *s)
{
	struct plan_record *p = &s->form.plan;
	const struct ref *source = refs_get(&s->refs, REF_SOURCE, "/source");
	const struct ref *pool = refs_get(&s->refs, REF_POOL, "/pool");

	if (!take_ref(p->source_id, p->source_name, source) ||
	    !take_ref(p->pool_id, p->pool_name, pool))
		return false;
	(void)str_copy(p->source_engine, sizeof(p->source_engine),
		       source->engine);
	free(p->source_region);
	p->source_region = strdup(source->region);
	return p->source_region != NULL;
}

/* --- making */

static void on_created(void *arg, const struct plan_record *rec,
		       const struct err *e)
{
	struct request *r = arg;

	if (!request_resume(r, e))
		return;
	plans_tell_changed(r);
	request_reply_created(r, show_plan(rec), rec->id, rec->revision);
}

static void create(struct request *r)
{
	struct plan_state *s = r->state;
	struct err e = {0};

	if (!take_refs(s)) {
		fail_nomem(r);
		return;
	}
	request_keep(r);
	request_await_catalog(r,
			      catalog_plan_create(catalog_of(r), &s->form.plan,
						  on_created, r, &e),
			      &e);
}

void plans_create(struct request *r)
{
	struct plan_state *s = state_new(r);
	struct form f;

	if (s == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	plan_form_read(&f, &s->form);
	plan_form_schedule(&f, &s->form, clock_now_ms(), true);
	plan_form_schedule_drill(&f, &s->form, clock_now_ms(), true);
	look_up(r, create);
}

/* --- changing */

static void on_got_update(void *arg, const struct plan_record *rec,
			  const struct err *e);

static void on_updated(void *arg, const struct plan_record *rec,
		       const struct err *e)
{
	struct request *r = arg;
	struct plan_state *s = r->state;

	if (update_again(r, &s->update, e)) {
		plans_fetch(r, on_got_update);
		return;
	}
	if (!request_resume(r, e))
		return;
	plans_tell_changed(r);
	request_reply_revision(r, 200, show_plan(rec), rec->revision);
}

static void update(struct request *r)
{
	struct plan_state *s = r->state;
	struct err e = {0};

	if (!take_refs(s)) {
		fail_nomem(r);
		return;
	}
	if (s->update.is_dry_run) {
		request_reply(r, 200, show_plan(&s->form.plan));
		return;
	}
	request_keep(r);
	request_await_catalog(
		r,
		catalog_plan_update(catalog_of(r), &s->form.plan,
				    update_revision(r, &s->update), on_updated,
				    r, &e),
		&e);
}

/* What a plan would be after the patch, as a document to read. */
static json_t *merged(struct request *r, const struct plan_record *rec)
{
	json_t *shown = show_plan(rec), *base = plan_form_of(rec);
	bool ok = shown != NULL && base != NULL;

	if (ok) {
		merge_drop_echoes(r->body, shown);
		merge_drop_echoes(json_object_get(r->body, "options"),
				  json_object_get(shown, "options"));
		ok = plan_form_merge(base, r->body);
	}
	json_decref(shown);
	if (ok)
		return base;
	json_decref(base);
	return NULL;
}

static bool copy_text(char **to, const char *from)
{
	*to = from != NULL ? strdup(from) : NULL;
	return from == NULL || *to != NULL;
}

/* What the form does not say: identity, and what was derived. */
static bool take_over(struct plan_record *to, const struct plan_record *rec)
{
	(void)str_copy(to->id, sizeof(to->id), rec->id);
	(void)str_copy(to->last_backup_id, sizeof(to->last_backup_id),
		       rec->last_backup_id);
	(void)str_copy(to->last_status, sizeof(to->last_status),
		       rec->last_status);
	to->last_at = rec->last_at;
	to->is_running = rec->is_running;
	to->revision = rec->revision;
	to->created_at = rec->created_at;
	to->updated_at = rec->updated_at;
	return copy_text(&to->expiry_held_reason, rec->expiry_held_reason) &&
	       copy_text(&to->last_drill_json, rec->last_drill_json);
}

/* A timer that stays keeps the due time that is not decided yet (the catalog
 * does so, too). A plan that is let go on begins with the next one. */
static void schedule(struct form *f, struct plan_form *form,
		     const struct plan_record *rec)
{
	struct plan_record *p = &form->plan;
	bool is_same = plan_form_is_same_timer(p, rec);

	if (!is_same || p->is_enabled != rec->is_enabled) {
		plan_form_schedule(f, form, clock_now_ms(), !is_same);
		return;
	}
	p->next_due_at = rec->next_due_at;
	p->unmet_due_at = rec->unmet_due_at;
}

static void schedule_drill(struct form *f, struct plan_form *form,
			   const struct plan_record *rec)
{
	struct plan_record *p = &form->plan;
	bool is_same = plan_form_is_same_drill(p, rec);

	if (is_same && p->is_enabled == rec->is_enabled)
		p->next_drill_at = rec->next_drill_at;
	else
		plan_form_schedule_drill(f, form, clock_now_ms(), !is_same);
}

static bool is_same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void compare(struct plan_state *s, const struct plan_record *rec)
{
	const struct plan_record *p = &s->form.plan;

	(void)str_copy(s->old_source_id, sizeof(s->old_source_id),
		       rec->source_id);
	s->is_same_way = strcmp(p->method, rec->method) == 0 &&
			 is_same_text(p->scope_json, rec->scope_json) &&
			 is_same_text(p->options_json, rec->options_json);
}

static bool read_update(struct request *r, const struct plan_record *rec)
{
	struct plan_state *s = r->state;
	struct form f;

	state_clear(s);
	s->document = merged(r, rec);
	if (s->document == NULL)
		return false;
	form_init(&f, s->document, "", &r->faults);
	plan_form_read(&f, &s->form);
	schedule(&f, &s->form, rec);
	schedule_drill(&f, &s->form, rec);
	compare(s, rec);
	return take_over(&s->form.plan, rec);
}

static void on_got_update(void *arg, const struct plan_record *rec,
			  const struct err *e)
{
	struct request *r = arg;
	struct plan_state *s = r->state;

	if (!request_resume(r, e))
		return;
	if (!update_read(r, &s->update, rec->revision, "plan"))
		return;
	if (read_update(r, rec))
		look_up(r, update);
	else
		fail_nomem(r);
}

void plans_update(struct request *r)
{
	struct plan_state *s = state_new(r);

	if (s == NULL)
		return;
	s->update.is_dry_run = query_flag(&r->query, "dry_run", &r->faults);
	if (request_is_sound(r))
		plans_fetch(r, on_got_update);
}
