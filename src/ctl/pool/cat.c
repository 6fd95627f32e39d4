/* cat.c - a backup's stream to standard output. Needs no server. */
#include "ctl/command.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/glob.h"
#include "ctl/members.h"
#include "ctl/pool/backups.h"
#include "ctl/pool/stream.h"
#include "ctl/session.h"

static const struct option_spec options[] = {
	REACH_OPTIONS,
	{NULL, 0, NULL, NULL},
};

/* What an increment of files of a database needs before it. */
static void tell_chain(const struct session *s, const struct manifest *m)
{
	json_t *physical = m->physical_json != NULL
				   ? json_loads(m->physical_json, 0, NULL)
				   : NULL;
	const json_t *chain = json_object_get(physical, "chain"), *id;
	size_t i;

	if (json_array_size(chain) > 0)
		session_note(s,
			     "cofferctl: an increment: apply these first, in "
			     "this order (README.txt in the pool says how):");
	json_array_foreach(chain, i, id)
		session_note(s, "  %s", json_string_value(id));
	json_decref(physical);
}

static bool check(const struct session *s, const struct arguments *a,
		  struct err *e)
{
	if (s->is_terminal)
		return err_set(e, ERR_INVALID, "usage",
			       "standard output is a terminal: send it to a "
			       "file or a program");
	for (size_t i = 2; i < a->nwords; i++) {
		if (!glob_check(a->words[i], e))
			return false;
	}
	return true;
}

static bool check_key(const struct reach *r, const struct manifest *m,
		      struct err *e)
{
	return m->recipients.n == 0 ||
	       age_identities_fit(&r->identities, &m->recipients) ||
	       err_set(e, ERR_CONFLICT, "identity_missing",
		       "the backup is encrypted: give the key of one of its "
		       "recipients with --identity FILE");
}

/* Whoever reads has to learn that the end is missing. */
static enum ctl_status fail(const struct session *s, const struct stream *out,
			    struct err *e)
{
	if (out->written == 0)
		return session_fail(s, e);
	err_prefix(e, "what was written is NOT whole");
	(void)session_fail(s, e);
	return CTL_FAILED;
}

static enum ctl_status run(struct session *s, const struct arguments *a)
{
	struct manifest m = {0};
	struct reach r = {0};
	struct stream out = {
		.reach = &r,
		.manifest = &m,
		.fd = STDOUT_FILENO,
		.patterns = a->words + 2,
		.npatterns = a->nwords - 2,
	};
	enum ctl_status status = CTL_OK;
	struct err e = {0};

	if (!check(s, a, &e) || !reach_open(&r, a, a->words[0], &e) ||
	    !pool_backup_find(&r, a->words[1], &m, &e) ||
	    !check_key(&r, &m, &e) || !stream_write(&out, &e))
		status = fail(s, &out, &e);
	else
		tell_chain(s, &m);
	if (status == CTL_OK && out.namended > 0)
		session_note(s,
			     "cofferctl: %" PRIu64 " files got another owner, "
			     "mode or time after they were stored; the index "
			     "has them (ls URL BACKUP --json)",
			     out.namended);
	manifest_fini(&m);
	reach_close(&r);
	return status;
}

const struct command *cat_command(void)
{
	static const struct command c = {
		.name = "cat",
		.synopsis = "URL BACKUP [ITEM]...",
		.summary = "a backup's stream on standard output; needs no "
			   "server",
		.options = options,
		.min_words = 2,
		.max_words = OPTIONS_WORDS_MAX,
		.is_local = true,
		.run = run,
	};

	return &c;
}
