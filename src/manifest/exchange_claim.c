/*
 * exchange_claim.c - the first objects of a backup: the text for those who
 * come without Coffer, if the pool has none yet, and who made the backup.
 */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "manifest/manifest_int.h"

enum claim_state {
	CLAIM_BEGIN,   /* nothing was asked yet */
	CLAIM_LOOKING, /* is there a README.txt? */
	CLAIM_TELLING, /* README.txt is on its way */
	CLAIM_OWNING,  /* owner.json is on its way */
	CLAIM_STATES,
};

static const char *const state_names[] = {
	[CLAIM_BEGIN] = "begin",
	[CLAIM_LOOKING] = "looking",
	[CLAIM_TELLING] = "telling",
	[CLAIM_OWNING] = "owning",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == CLAIM_STATES,
	       "one name per state");

struct claim {
	struct exchange base; /* first */
	enum claim_state state;
	char *owner; /* owner.json */
};

static struct claim *claim_of(struct exchange *x)
{
	return (struct claim *)((char *)x - offsetof(struct claim, base));
}

static void set_state(struct claim *c, enum claim_state state)
{
	log_debug("manifest", "%s: claim %s -> %s", c->base.backup_id,
		  state_names[c->state], state_names[state]);
	c->state = state;
}

static void put_owner(struct claim *c)
{
	char key[LAYOUT_KEY_MAX];

	set_state(c, CLAIM_OWNING);
	exchange_put(&c->base,
		     layout_owner(key, c->base.source_id, c->base.backup_id),
		     c->owner, strlen(c->owner));
}

/* One that is there is left alone, also when it is longer than ours. */
static void on_looked(struct claim *c)
{
	char key[LAYOUT_KEY_MAX];
	const char *readme = layout_readme();
	struct err e = {0};

	if (c->base.answer.code != ERR_NOT_FOUND) {
		put_owner(c);
		return;
	}
	if (c->base.env.is_marked) {
		exchange_unmarked(&e);
		exchange_end(&c->base, &e);
		return;
	}
	set_state(c, CLAIM_TELLING);
	exchange_put(&c->base, layout_readme_key(key), readme, strlen(readme));
}

static void claim_step(struct exchange *x)
{
	struct claim *c = claim_of(x);
	char key[LAYOUT_KEY_MAX];
	enum err_code code = x->answer.code;

	if (code != ERR_NONE &&
	    !(c->state == CLAIM_LOOKING &&
	      (code == ERR_NOT_FOUND || code == ERR_DAMAGED))) {
		exchange_end(x, &x->answer);
		return;
	}
	switch (c->state) {
	case CLAIM_BEGIN:
		set_state(c, CLAIM_LOOKING);
		exchange_get(x, layout_readme_key(key),
			     strlen(layout_readme()));
		break;
	case CLAIM_LOOKING:
		on_looked(c);
		break;
	case CLAIM_TELLING:
		put_owner(c);
		break;
	case CLAIM_OWNING:
	case CLAIM_STATES:
		exchange_end(x, NULL);
		break;
	}
}

static void claim_fini(struct exchange *x)
{
	free(claim_of(x)->owner);
}

static const struct exchange_ops claim_ops = {
	.step = claim_step,
	.fini = claim_fini,
};

static char *format_owner(const struct exchange *x, const char *server_id,
			  const char *job_id)
{
	char at[CLOCK_TEXT_MAX];
	json_t *doc =
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "format", "coffer-owner",
			  "source_id", x->source_id, "backup_id", x->backup_id,
			  "server_id", server_id, "job_id", job_id,
			  "written_at", clock_format(clock_now_ms(), at));
	char *text = doc != NULL ? manifest_canonical(doc) : NULL;

	json_decref(doc);
	return text;
}

struct exchange *exchange_claim(const struct exchange_env *env,
				const struct exchange_owner *owner,
				exchange_done_cb *done, void *arg,
				struct err *e)
{
	struct claim *c = calloc(1, sizeof(*c));
	struct exchange *x;

	if (c == NULL)
		goto nomem;
	x = &c->base;
	(void)str_copy(x->source_id, ID_MAX, owner->source_id);
	(void)str_copy(x->backup_id, ID_MAX, owner->backup_id);
	x->done = done;
	x->arg = arg;
	c->owner = format_owner(x, owner->server_id, owner->job_id);
	if (c->owner == NULL || !exchange_init(x, &claim_ops, env, e))
		goto nomem;
	return x;

nomem:
	if (c != NULL)
		free(c->owner);
	free(c);
	(void)err_nomem(e, "a conversation with the store");
	return NULL;
}
