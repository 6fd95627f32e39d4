/*
 * exchange_publish.c - the manifest goes out, must come back as it was, and
 * must be one that can be read: only then is there a backup.
 */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

enum publish_state {
	PUBLISH_BEGIN,	 /* nothing was asked yet */
	PUBLISH_PUTTING, /* manifest.json is on its way */
	PUBLISH_GETTING, /* so is the copy that the store has */
	PUBLISH_READING, /* a worker reads that */
	PUBLISH_STATES,
};

static const char *const state_names[] = {
	[PUBLISH_BEGIN] = "begin",
	[PUBLISH_PUTTING] = "putting",
	[PUBLISH_GETTING] = "getting",
	[PUBLISH_READING] = "reading",
};
_Static_assert(sizeof(state_names) / sizeof(*state_names) == PUBLISH_STATES,
	       "one name per state");

struct publish {
	struct exchange base; /* first */
	enum publish_state state;
	char *text;
	size_t len;
	char digest[SHA256_HEX_MAX];
	bool is_again; /* what came back was another one, once */
};

static struct publish *publish_of(struct exchange *x)
{
	return (struct publish *)((char *)x - offsetof(struct publish, base));
}

static void set_state(struct publish *p, enum publish_state state)
{
	log_debug("manifest", "%s: publish %s -> %s", p->base.backup_id,
		  state_names[p->state], state_names[state]);
	p->state = state;
}

/* Not being there or being longer is another one, too. */
static void fail(struct exchange *x)
{
	err_prefix(&x->answer, "storing manifest.json");
	exchange_end(x, &x->answer);
}

static void get_back(struct publish *p)
{
	struct exchange *x = &p->base;
	char key[LAYOUT_KEY_MAX];

	set_state(p, PUBLISH_GETTING);
	exchange_get(x, layout_manifest(key, x->source_id, x->backup_id),
		     p->len);
}

/* What comes back wrong may be so for the way alone: it is asked for twice. */
static void compare(struct publish *p)
{
	struct exchange *x = &p->base;

	if (x->len == p->len && memcmp(x->bytes, p->text, p->len) == 0) {
		set_state(p, PUBLISH_READING);
		exchange_work(x);
		return;
	}
	if (!p->is_again) {
		p->is_again = true;
		get_back(p);
		return;
	}
	(void)err_set(&x->answer, ERR_DAMAGED, "store_failed",
		      "the store gave back another one than it was given");
	fail(x);
}

/* On a worker. What was written wrongly, for want of memory say, must not
 * pass for a backup. */
static void publish_run(struct exchange *x)
{
	struct publish *p = publish_of(x);
	struct manifest m = {0};

	if (manifest_parse(&m, x->bytes, x->len, p->digest, NULL, &x->answer))
		manifest_fini(&m);
}

static void publish_step(struct exchange *x)
{
	struct publish *p = publish_of(x);
	char key[LAYOUT_KEY_MAX];

	(void)layout_manifest(key, x->source_id, x->backup_id);
	if (err_is(&x->answer)) {
		fail(x);
		return;
	}
	switch (p->state) {
	case PUBLISH_BEGIN:
		set_state(p, PUBLISH_PUTTING);
		exchange_put(x, key, p->text, p->len);
		break;
	case PUBLISH_PUTTING:
		get_back(p);
		break;
	case PUBLISH_GETTING:
		compare(p);
		break;
	case PUBLISH_READING:
	case PUBLISH_STATES:
		exchange_end(x, NULL);
		break;
	}
}

static void publish_fini(struct exchange *x)
{
	free(publish_of(x)->text);
}

static const struct exchange_ops publish_ops = {
	.step = publish_step,
	.run = publish_run,
	.fini = publish_fini,
};

struct exchange *exchange_publish(const struct exchange_env *env,
				  const struct manifest *m,
				  char digest[SHA256_HEX_MAX],
				  exchange_done_cb *done, void *arg,
				  struct err *e)
{
	struct publish *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "the manifest");
		return NULL;
	}
	(void)str_copy(p->base.source_id, ID_MAX, m->source_id);
	(void)str_copy(p->base.backup_id, ID_MAX, m->backup_id);
	p->base.done = done;
	p->base.arg = arg;
	p->text = manifest_format(m, env->signer, digest, e);
	if (p->text == NULL || !exchange_init(&p->base, &publish_ops, env, e)) {
		free(p->text);
		free(p);
		return NULL;
	}
	p->len = strlen(p->text);
	(void)str_copy(p->digest, SHA256_HEX_MAX, digest);
	return &p->base;
}
