/*
 * exchange_list.c - lists the backups of a pool. A store lists the objects of
 * one backup one after the other, so one entry at a time is enough.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/exchange_int.h"
#include "manifest/listing.h"

struct listing {
	struct exchange base; /* first */
	bool has_begun;
	struct listing_entry now; /* "": none yet */
	listing_each_cb *each;
};

static struct listing *listing_of(struct exchange *x)
{
	return (struct listing *)((char *)x - offsetof(struct listing, base));
}

static void tell(struct listing *l)
{
	if (l->now.backup_id[0] != '\0')
		l->each(l->base.arg, &l->now);
	memset(&l->now, 0, sizeof(l->now));
}

static bool ends_with(const char *key, const char *name)
{
	const char *slash = strrchr(key, '/');

	return slash != NULL && strcmp(slash + 1, name) == 0;
}

/* Objects that are in no backup are not ours to look at. */
static void on_key(void *arg, const char *key, uint64_t size_bytes,
		   int64_t modified_ms)
{
	struct listing *l = listing_of(arg);
	struct listing_entry at = {0};

	(void)size_bytes;
	(void)modified_ms;
	if (!layout_parse(key, at.source_id, at.backup_id))
		return;
	if (strcmp(at.source_id, l->now.source_id) != 0 ||
	    strcmp(at.backup_id, l->now.backup_id) != 0) {
		tell(l);
		l->now = at;
	}
	l->now.has_manifest =
		l->now.has_manifest || ends_with(key, "manifest.json");
	l->now.has_owner = l->now.has_owner || ends_with(key, "owner.json");
}

static void list_step(struct exchange *x)
{
	struct listing *l = listing_of(x);
	char prefix[LAYOUT_KEY_MAX];

	if (err_is(&x->answer)) {
		exchange_end(x, &x->answer);
		return;
	}
	if (l->has_begun) {
		tell(l);
		exchange_end(x, NULL);
		return;
	}
	l->has_begun = true;
	if (x->source_id[0] != '\0')
		(void)layout_backups(prefix, x->source_id);
	else
		(void)layout_root(prefix);
	exchange_keys(x, prefix, on_key);
}

static const struct exchange_ops list_ops = {.step = list_step};

struct exchange *exchange_list(const struct exchange_env *env,
			       listing_each_cb *each, exchange_done_cb *done,
			       void *arg, struct err *e)
{
	return exchange_list_source(env, "", each, done, arg, e);
}

struct exchange *exchange_list_source(const struct exchange_env *env,
				      const char *source_id,
				      listing_each_cb *each,
				      exchange_done_cb *done, void *arg,
				      struct err *e)
{
	struct listing *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)err_nomem(e, "a conversation with the store");
		return NULL;
	}
	l->each = each;
	(void)str_copy(l->base.source_id, ID_MAX, source_id);
	l->base.done = done;
	l->base.arg = arg;
	if (!exchange_init(&l->base, &list_ops, env, e)) {
		free(l);
		return NULL;
	}
	return &l->base;
}
