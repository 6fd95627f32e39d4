/*
 * backup_publish.c - the last steps of a backup. Another server may have taken
 * the pool over meanwhile, for dead as this one seemed; then what has no
 * manifest is its to sweep, so parts may be gone. So owner.json is asked before
 * the manifest is written, and once more when it is there: who takes it over
 * after that finds a whole backup.
 *
 *   whose -> publish -> whose -> record
 */
#include <string.h>

#include "base/clock.h"
#include "jobs/backup/backup_int.h"
#include "jobs/backup/backup_stream.h"

static void ask_owner(struct backup_job *b, exchange_done_cb *done)
{
	const struct owner_change none = {b->r.source_id, b->r.id, ""};
	struct exchange_env env;
	struct err e = {0};

	opening_exchange_env(&b->opening, &env);
	b->exchange = exchange_own(&env, &none, &b->owner, done, b, &e);
	if (b->exchange == NULL)
		backup_fail(b, &e);
}

static bool is_ours(struct backup_job *b, const struct err *asked,
		    struct err *e)
{
	if (asked != NULL && asked->code != ERR_NOT_FOUND) {
		*e = *asked;
		return false;
	}
	if (asked == NULL && strcmp(b->owner.server_id, b->r.server_id) == 0)
		return true;
	return err_set(e, ERR_CONFLICT, "not_owner",
		       "another server has taken this backup over or removed "
		       "it while it was made (owner.json: %s); let only one "
		       "of the two live, and make the backup again",
		       asked == NULL ? b->owner.server_id : "is gone");
}

/* The manifest is there: only the catalog has to hear of it. */
static void on_still_ours(void *arg, const struct err *asked)
{
	struct backup_job *b = arg;
	struct err e = {0};

	b->exchange = NULL;
	if (!is_ours(b, asked, &e)) {
		backup_fail(b, &e);
		return;
	}
	b->r.status = BACKUP_COMPLETED;
	b->r.has_leftovers = false;
	backup_stream_drop(b);
	budget_release(&b->share);
	backup_record(b);
}

static void on_published(void *arg, const struct err *e)
{
	struct backup_job *b = arg;

	b->exchange = NULL;
	if (e != NULL)
		backup_fail(b, e);
	else
		ask_owner(b, on_still_ours);
}

static void on_ours(void *arg, const struct err *asked)
{
	struct backup_job *b = arg;
	struct exchange_env env;
	struct err e = {0};

	b->exchange = NULL;
	opening_exchange_env(&b->opening, &env);
	b->r.finished_at = clock_now_ms();
	if (is_ours(b, asked, &e) && backup_fill_record(b, &e) &&
	    backup_fill_manifest(b, &e))
		b->exchange = exchange_publish(&env, &b->manifest,
					       b->r.manifest_digest,
					       on_published, b, &e);
	if (b->exchange == NULL)
		backup_fail(b, &e);
}

void backup_publish(struct backup_job *b)
{
	backup_set_state(b, BACKUP_PUBLISH);
	ask_owner(b, on_ours);
}
