/* backups_batch.c - POST /v1/backups/batch-delete: one after the other. */
#include "http/handlers.h"

#include <string.h>

#include "base/text.h"
#include "http/fields.h"
#include "http/list_int.h"
#include "http/problem.h"
#include "http/server_int.h"
#include "jobs/jobs.h"

enum { BATCH_MAX = 50 };

struct batch_state {
	const json_t *ids; /* of the body */
	size_t next;
	json_t *results;
};

static void batch_fini(void *state)
{
	struct batch_state *b = state;

	json_decref(b->results);
}

static void batch_step(struct request *r);

static const char *batch_key(const struct batch_state *b)
{
	return json_string_value(json_array_get(b->ids, b->next));
}

static void batch_note(struct batch_state *b, const struct err *e)
{
	list_append(&b->results,
		    json_pack("{s:s, s:i, s:s?, s:s?}", "id", batch_key(b),
			      "status", e ? problem_status(e) : 202, "code",
			      e ? e->api : NULL, "detail", e ? e->msg : NULL));
	b->next++;
}

static void on_one(void *arg, const struct backup_record *rec,
		   const struct err *e)
{
	struct request *r = arg;

	(void)rec;
	request_forget(r);
	batch_note(r->state, e);
	batch_step(r);
}

/* Starts the next; one that does not even start is noted like the others. */
static void batch_step(struct request *r)
{
	struct batch_state *b = r->state;
	json_t *results;

	while (b->next < json_array_size(b->ids)) {
		struct err e = {0};

		r->jobs_op = jobs_delete(r->server->config.jobs, batch_key(b),
					 on_one, r, &e);
		if (r->jobs_op != NULL)
			return;
		batch_note(b, &e);
	}
	results = b->results;
	b->results = NULL;
	request_reply(r, 200, json_pack("{s:o}", "results", results));
}

static void check_ids(struct form *f, const json_t *ids)
{
	size_t n = json_array_size(ids);

	if (ids != NULL && (n == 0 || n > BATCH_MAX))
		form_fault(f, "ids", "invalid_value",
			   "\"ids\" has to hold 1 to %d ids", (int)BATCH_MAX);
	for (size_t i = 0; i < n && i < BATCH_MAX; i++) {
		const char *id = json_string_value(json_array_get(ids, i));
		char member[32];
		struct text t = {0};

		if (id != NULL && *id != '\0' && strlen(id) < KEY_MAX)
			continue;
		text_printf(&t, "/ids/%zu", i);
		(void)str_copy(member, sizeof(member), t.data ? t.data : "");
		text_free(&t);
		faults_add(f->faults, member, "invalid_type",
			   "an id is a string");
	}
}

void backups_batch_delete(struct request *r)
{
	struct batch_state *b =
		request_state(r, sizeof(struct batch_state), batch_fini);
	struct form f;

	if (b == NULL)
		return;
	form_init(&f, r->body, "", &r->faults);
	b->ids = form_json(&f, "ids", JSON_ARRAY, FORM_REQUIRED);
	check_ids(&f, b->ids);
	form_end(&f);
	if (!request_is_sound(r))
		return;
	b->results = json_array();
	request_keep(r);
	batch_step(r);
}
