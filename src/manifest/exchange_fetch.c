/*
 * exchange_fetch.c - the manifest, then the part lists that it names, then what
 * an encrypted backup hides, each checked and read on a worker. What was read
 * is handed over at the end only, so that a worker never writes where the
 * caller may have gone.
 */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "manifest/manifest_int.h"

enum fetch_state {
	FETCH_BEGIN,	 /* nothing was asked yet */
	FETCH_MANIFEST,	 /* manifest.json is under way */
	FETCH_READING,	 /* a worker reads it */
	FETCH_LIST,	 /* a part list is under way */
	FETCH_ADDING,	 /* a worker reads it */
	FETCH_META,	 /* what is hidden is under way */
	FETCH_REVEALING, /* a worker opens it */
	FETCH_STATES,
};

static const char *const state_names[] = {
	[FETCH_BEGIN] = "begin",	 [FETCH_MANIFEST] = "manifest",
	[FETCH_READING] = "reading",	 [FETCH_LIST] = "list",
	[FETCH_ADDING] = "adding",	 [FETCH_META] = "meta",
	[FETCH_REVEALING] = "revealing",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == FETCH_STATES,
	       "one name per state");

struct fetch {
	struct exchange base; /* first */
	enum fetch_state state;
	char expected_digest[SHA256_HEX_MAX];
	bool is_digest_known;
	struct manifest got;
	struct age_identities identities; /* a copy; for the worker */
	size_t lists_read;
	struct manifest *out;
};

static struct fetch *fetch_of(struct exchange *x)
{
	return (struct fetch *)((char *)x - offsetof(struct fetch, base));
}

static void set_state(struct fetch *f, enum fetch_state state)
{
	/* NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
	log_debug("manifest", "%s: fetch %s -> %s", f->base.backup_id,
		  state_names[f->state], state_names[state]);
	f->state = state;
}

static const struct manifest_object *current_list(const struct fetch *f)
{
	return &f->got.part_lists.list[f->lists_read];
}

/* On a worker. The ids must be those of the place where it lies. */
static bool read_manifest(struct fetch *f, struct err *e)
{
	struct exchange *x = &f->base;
	const char *digest = f->is_digest_known ? f->expected_digest : NULL;

	if (!manifest_parse(&f->got, x->bytes, x->len, digest, NULL, e)) {
		x->is_misread = e->code == ERR_DAMAGED;
		return false;
	}
	if (strcmp(f->got.source_id, x->source_id) != 0 ||
	    strcmp(f->got.backup_id, x->backup_id) != 0)
		return manifest_damaged(e, "it belongs to another backup");
	return true;
}

/* On a worker. */
static bool read_list(struct fetch *f, struct err *e)
{
	struct exchange *x = &f->base;

	return exchange_check(x, current_list(f), e) &&
	       manifest_parts_parse(&f->got, x->bytes, x->len, e);
}

/* On a worker. Without the right identity it stays hidden. */
static bool read_meta(struct fetch *f, struct err *e)
{
	struct exchange *x = &f->base;
	const struct manifest_object *o = &f->got.meta.list[0];
	char *text;
	bool ok;

	if (!exchange_check(x, o, e))
		return false;
	text = manifest_open_object(&f->identities, (unsigned char *)x->bytes,
				    x->len, o->plain_bytes, e);
	if (text == NULL && e->code == ERR_CONFLICT) {
		err_clear(e);
		return true;
	}
	ok = text != NULL &&
	     manifest_reveal(&f->got, text, (size_t)o->plain_bytes, e);
	free(text);
	return ok;
}

static void fetch_run(struct exchange *x)
{
	struct fetch *f = fetch_of(x);
	bool ok;

	if (f->state == FETCH_READING)
		ok = read_manifest(f, &x->answer);
	else if (f->state == FETCH_ADDING)
		ok = read_list(f, &x->answer);
	else
		ok = read_meta(f, &x->answer);
	if (!ok && !err_is(&x->answer))
		(void)err_bug(&x->answer, "reading failed without a reason");
}

static const char *current_key(const struct fetch *f)
{
	if (f->state == FETCH_LIST || f->state == FETCH_ADDING)
		return current_list(f)->key;
	if (f->state == FETCH_META || f->state == FETCH_REVEALING)
		return f->got.meta.list[0].key;
	return "manifest.json";
}

/* An object that is not there or too long is about the backup. */
static void fail(struct fetch *f)
{
	const struct err *why = &f->base.answer;
	struct err e = *why;

	if (why->code == ERR_NOT_FOUND || why->code == ERR_DAMAGED) {
		err_clear(&e);
		(void)err_set(&e,
			      f->state == FETCH_MANIFEST ? why->code
							 : ERR_DAMAGED,
			      "damaged_backup", "%s", why->msg);
	}
	err_prefix(&e, "%s", current_key(f));
	exchange_end(&f->base, &e);
}

static void finish(struct fetch *f)
{
	const struct signer *s = f->base.env.signer;
	struct err e = {0};

	if (manifest_check_parts(&f->got, &e)) {
		f->got.is_mine = s != NULL && strcmp(f->got.public_key,
						     signer_public(s)) == 0;
		*f->out = f->got;
		f->got = (struct manifest){0};
	}
	exchange_end(&f->base, &e);
}

/* With something to open it with. */
static void get_meta(struct fetch *f)
{
	struct exchange *x = &f->base;
	const struct manifest_object *o = f->got.meta.list;
	char key[LAYOUT_KEY_MAX];

	f->got.is_hidden = f->got.meta.n > 0 && f->got.recipients.n > 0;
	if (!f->got.is_hidden || f->identities.n == 0) {
		finish(f);
		return;
	}
	set_state(f, FETCH_META);
	(void)layout_object(key, x->source_id, x->backup_id, o->key);
	exchange_get(x, key, (size_t)o->stored_bytes);
}

static void next_list(struct fetch *f)
{
	struct exchange *x = &f->base;
	char key[LAYOUT_KEY_MAX];

	if (f->lists_read == f->got.part_lists.n) {
		get_meta(f);
		return;
	}
	set_state(f, FETCH_LIST);
	(void)layout_object(key, x->source_id, x->backup_id,
			    current_list(f)->key);
	exchange_get(x, key, (size_t)current_list(f)->stored_bytes);
}

static void first_get(struct fetch *f)
{
	struct exchange *x = &f->base;
	char key[LAYOUT_KEY_MAX];

	set_state(f, FETCH_MANIFEST);
	exchange_get(x, layout_manifest(key, x->source_id, x->backup_id),
		     MANIFEST_MAX_BYTES);
}

static void fetch_step(struct exchange *x)
{
	struct fetch *f = fetch_of(x);

	if (err_is(&x->answer)) {
		fail(f);
		return;
	}
	switch (f->state) {
	case FETCH_BEGIN:
		first_get(f);
		break;
	case FETCH_MANIFEST:
		set_state(f, FETCH_READING);
		exchange_work(x);
		break;
	case FETCH_LIST:
		set_state(f, FETCH_ADDING);
		exchange_work(x);
		break;
	case FETCH_ADDING:
		f->lists_read++;
		next_list(f);
		break;
	case FETCH_META:
		set_state(f, FETCH_REVEALING);
		exchange_work(x);
		break;
	case FETCH_REVEALING:
		finish(f);
		break;
	case FETCH_READING:
	case FETCH_STATES:
		next_list(f);
		break;
	}
}

static void fetch_fini(struct exchange *x)
{
	struct fetch *f = fetch_of(x);

	manifest_fini(&f->got);
	age_identities_wipe(&f->identities);
}

static const struct exchange_ops fetch_ops = {
	.step = fetch_step,
	.run = fetch_run,
	.fini = fetch_fini,
};

struct exchange *exchange_fetch(const struct exchange_env *env,
				const struct exchange_wanted *wanted,
				struct manifest *m, exchange_done_cb *done,
				void *arg, struct err *e)
{
	struct fetch *f = calloc(1, sizeof(*f));

	if (f == NULL) {
		(void)err_nomem(e, "the manifest");
		return NULL;
	}
	(void)str_copy(f->base.source_id, ID_MAX, wanted->source_id);
	(void)str_copy(f->base.backup_id, ID_MAX, wanted->backup_id);
	f->is_digest_known = wanted->digest != NULL;
	(void)str_copy(f->expected_digest, SHA256_HEX_MAX,
		       wanted->digest != NULL ? wanted->digest : "");
	f->base.done = done;
	f->base.arg = arg;
	f->out = m;
	if (env->identities != NULL)
		f->identities = *env->identities;
	if (!exchange_init(&f->base, &fetch_ops, env, e)) {
		age_identities_wipe(&f->identities);
		free(f);
		return NULL;
	}
	return &f->base;
}
