/*
 * exchange_remove.c - takes a backup away, if it is ours: the manifest first,
 * so that there is no backup any more that could be half; then what is listed,
 * in batches: its folder, and the packs that are to go with it, those of one
 * writer after those of the other; the owner last, so that what an interruption
 * leaves is found again.
 *
 * A listing is taken in up to so many keys; if there are more, it is stopped,
 * these are removed, and it begins anew: memory is bounded whatever is there.
 */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "manifest/owner_int.h"
#include "model/packs.h"

enum { BATCH = 1000, KEYS_MAX = 10000 };

enum remove_state {
	REMOVE_BEGIN,	 /* nothing was asked yet */
	REMOVE_ASKING,	 /* whose is it? */
	REMOVE_MARK,	 /* nobody's: is this the right place at all? */
	REMOVE_LOOKING,	 /* a leftover: has it a manifest by now? */
	REMOVE_MANIFEST, /* the manifest goes */
	REMOVE_LISTING,	 /* what else is there? */
	REMOVE_BATCH,	 /* some of that goes */
	REMOVE_OWNER,	 /* the owner goes */
	REMOVE_STATES,
};

static const char *const state_names[] = {
	[REMOVE_BEGIN] = "begin",	[REMOVE_ASKING] = "asking",
	[REMOVE_MARK] = "mark",		[REMOVE_LOOKING] = "looking",
	[REMOVE_MANIFEST] = "manifest", [REMOVE_LISTING] = "listing",
	[REMOVE_BATCH] = "batch",	[REMOVE_OWNER] = "owner",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == REMOVE_STATES,
	       "one name per state");

struct removing {
	struct exchange base; /* first */
	enum remove_state state;
	char *keys[KEYS_MAX];
	size_t nkeys;
	size_t removed;	       /* of these */
	bool has_more;	       /* the listing is to be stopped */
	bool is_out_of_memory; /* in the listing */
	char owner[LAYOUT_KEY_MAX];
	char server_id[ID_MAX]; /* who we are */
	char *first;		/* key that the round before began with */
	struct pack_set packs;
	size_t place; /* what is listed: its folder, then packs by writer */
};

static struct removing *removing_of(struct exchange *x)
{
	return (struct removing *)((char *)x - offsetof(struct removing, base));
}

static void set_state(struct removing *r, enum remove_state state)
{
	log_debug("manifest", "%s: remove %s -> %s", r->base.backup_id,
		  state_names[r->state], state_names[state]);
	r->state = state;
}

static void drop_keys(struct removing *r)
{
	for (size_t i = 0; i < r->nkeys; i++)
		free(r->keys[i]);
	r->nkeys = 0;
	r->removed = 0;
}

static bool is_to_go(const struct removing *r, const char *key)
{
	char writer[ID_MAX];
	unsigned number;

	if (r->place == 0)
		return strcmp(key, r->owner) != 0;
	return layout_pack_object(key, r->base.source_id, writer, &number) &&
	       pack_set_has(&r->packs, writer, number);
}

/* The listing is stopped from another turn: not within its own callback. */
static void on_key(void *arg, const char *key, uint64_t size_bytes,
		   int64_t modified_ms)
{
	struct exchange *x = arg;
	struct removing *r = removing_of(x);

	(void)size_bytes;
	(void)modified_ms;
	if (r->has_more || !is_to_go(r, key))
		return;
	if (r->nkeys == KEYS_MAX) {
		r->has_more = true;
		exchange_turn(x);
		return;
	}
	r->keys[r->nkeys] = strdup(key);
	if (r->keys[r->nkeys] != NULL)
		r->nkeys++;
	else
		r->is_out_of_memory = true;
}

static void begin_listing(struct removing *r)
{
	struct exchange *x = &r->base;
	char prefix[LAYOUT_KEY_MAX];

	set_state(r, REMOVE_LISTING);
	drop_keys(r);
	r->has_more = false;
	if (r->place == 0)
		(void)layout_backup(prefix, x->source_id, x->backup_id);
	else
		(void)layout_packs(prefix, x->source_id,
				   r->packs.writers[r->place - 1].id);
	exchange_keys(x, prefix, on_key);
}

static void remove_owner(struct removing *r)
{
	const char *key = r->owner;

	set_state(r, REMOVE_OWNER);
	exchange_remove_keys(&r->base, &key, 1);
}

static void next_place(struct removing *r)
{
	if (r->place == r->packs.n) {
		remove_owner(r);
		return;
	}
	r->place++;
	free(r->first);
	r->first = NULL;
	begin_listing(r);
}

static void next_batch(struct removing *r)
{
	size_t left = r->nkeys - r->removed;
	size_t n = left < BATCH ? left : BATCH;
	const char *const *keys = (const char *const *)&r->keys[r->removed];

	if (n > 0) {
		set_state(r, REMOVE_BATCH);
		r->removed += n;
		exchange_remove_keys(&r->base, keys, n);
	} else if (r->has_more) {
		begin_listing(r);
	} else {
		next_place(r);
	}
}

/* False when the keys of the last round are still there. */
static bool gets_on(struct removing *r, struct err *e)
{
	if (r->is_out_of_memory)
		return err_nomem(e, "a list of objects");
	if (r->nkeys == 0)
		return true;
	if (r->first != NULL && strcmp(r->first, r->keys[0]) == 0)
		return err_set(e, ERR_REMOTE, "store_failed",
			       "the store says that it removed %s, but still "
			       "lists it",
			       r->first);
	free(r->first);
	r->first = strdup(r->keys[0]);
	return r->first != NULL || err_nomem(e, "a list of objects");
}

static void on_listed(struct removing *r)
{
	struct exchange *x = &r->base;
	struct err e = {0};

	store_cancel(x->env.store, x->op);
	x->op = NULL;
	if (gets_on(r, &e))
		next_batch(r);
	else
		exchange_end(x, &e);
}

static void on_looked(struct removing *r);

/* Nothing goes before it was asked whether a leftover is one. */
static void look_for_manifest(struct removing *r)
{
	struct exchange *x = &r->base;
	char key[LAYOUT_KEY_MAX];

	exchange_drop_bytes(x);
	if (!x->env.is_leftover) {
		on_looked(r);
		return;
	}
	set_state(r, REMOVE_LOOKING);
	exchange_get(x, layout_manifest(key, x->source_id, x->backup_id),
		     MANIFEST_MAX_BYTES);
}

static void remove_manifest(struct removing *r)
{
	struct exchange *x = &r->base;
	char manifest[LAYOUT_KEY_MAX];
	const char *key = layout_manifest(manifest, x->source_id, x->backup_id);

	set_state(r, REMOVE_MANIFEST);
	exchange_remove_keys(x, &key, 1);
}

/* Two servers may have one bucket: what names another one stays. */
static bool check_owner(struct removing *r, struct err *e)
{
	struct exchange *x = &r->base;
	char server_id[ID_MAX];
	json_t *doc = owner_load(x->bytes, x->len, x->source_id, x->backup_id,
				 server_id, e);

	json_decref(doc);
	if (doc == NULL) {
		err_prefix(e, "whose it is cannot be told, so nothing of it "
			      "is removed");
		return false;
	}
	return strcmp(server_id, r->server_id) == 0 ||
	       err_set(e, ERR_CONFLICT, "not_owner",
		       "the objects of backup %s belong to the server %s; "
		       "delete it there, or take that server over",
		       x->backup_id, server_id);
}

static void ask_owner(struct removing *r)
{
	set_state(r, REMOVE_ASKING);
	exchange_get(&r->base, r->owner, OWNER_MAX_BYTES);
}

static void ask_mark(struct removing *r)
{
	char key[LAYOUT_KEY_MAX];

	set_state(r, REMOVE_MARK);
	exchange_get(&r->base, layout_readme_key(key), strlen(layout_readme()));
}

static void on_mark(struct removing *r)
{
	struct exchange *x = &r->base;
	struct err e = {0};

	if (x->answer.code != ERR_NOT_FOUND) {
		look_for_manifest(r);
		return;
	}
	exchange_unmarked(&e);
	exchange_end(x, &e);
}

/* Without an owner.json there was never more, or it is nearly gone. */
static void on_asked(struct removing *r)
{
	struct exchange *x = &r->base;
	bool is_absent = x->answer.code == ERR_NOT_FOUND;
	struct err e = {0};

	if (is_absent && x->env.is_marked) {
		ask_mark(r);
	} else if (is_absent || check_owner(r, &e)) {
		look_for_manifest(r);
	} else {
		exchange_end(x, &e);
	}
}

/* One whose owner changed while it was made may be whole by now. */
static void on_looked(struct removing *r)
{
	struct exchange *x = &r->base;
	struct err e = {0};

	if (r->state == REMOVE_LOOKING && x->answer.code != ERR_NOT_FOUND) {
		(void)err_set(&e, ERR_CONFLICT, "backup_completed",
			      "backup %s has a manifest by now: it is whole, "
			      "and stays",
			      x->backup_id);
		exchange_end(x, &e);
		return;
	}
	exchange_drop_bytes(x);
	remove_manifest(r);
}

/* What it tells that something is not there, or longer than was looked for. */
static bool is_telling(const struct removing *r)
{
	enum err_code code = r->base.answer.code;

	switch (r->state) {
	case REMOVE_ASKING:
		return code == ERR_NOT_FOUND;
	case REMOVE_MARK:
	case REMOVE_LOOKING:
		return code == ERR_NOT_FOUND || code == ERR_DAMAGED;
	case REMOVE_BEGIN:
	case REMOVE_MANIFEST:
	case REMOVE_LISTING:
	case REMOVE_BATCH:
	case REMOVE_OWNER:
	case REMOVE_STATES:
		break;
	}
	return false;
}

static void remove_step(struct exchange *x)
{
	struct removing *r = removing_of(x);

	if (err_is(&x->answer) && !is_telling(r)) {
		exchange_end(x, &x->answer);
		return;
	}
	switch (r->state) {
	case REMOVE_BEGIN:
		ask_owner(r);
		break;
	case REMOVE_ASKING:
		on_asked(r);
		break;
	case REMOVE_MARK:
		on_mark(r);
		break;
	case REMOVE_LOOKING:
		on_looked(r);
		break;
	case REMOVE_MANIFEST:
		begin_listing(r);
		break;
	case REMOVE_LISTING:
		on_listed(r);
		break;
	case REMOVE_BATCH:
		next_batch(r);
		break;
	case REMOVE_OWNER:
	case REMOVE_STATES:
		exchange_end(x, NULL);
		break;
	}
}

static void remove_fini(struct exchange *x)
{
	struct removing *r = removing_of(x);

	drop_keys(r);
	free(r->first);
	pack_set_fini(&r->packs);
}

static const struct exchange_ops remove_ops = {
	.step = remove_step,
	.fini = remove_fini,
};

struct exchange *exchange_remove(const struct exchange_env *env,
				 const char *source_id, const char *backup_id,
				 exchange_done_cb *done, void *arg,
				 struct err *e)
{
	struct removing *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		(void)err_nomem(e, "a conversation with the store");
		return NULL;
	}
	(void)str_copy(r->base.source_id, ID_MAX, source_id);
	(void)str_copy(r->base.backup_id, ID_MAX, backup_id);
	(void)layout_owner(r->owner, source_id, backup_id);
	(void)str_copy(r->server_id, ID_MAX,
		       env->server_id != NULL ? env->server_id : "");
	r->base.done = done;
	r->base.arg = arg;
	if ((env->packs == NULL || pack_set_parse(&r->packs, env->packs, e)) &&
	    exchange_init(&r->base, &remove_ops, env, e))
		return &r->base;
	pack_set_fini(&r->packs);
	free(r);
	return NULL;
}
