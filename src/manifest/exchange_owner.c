/* exchange_owner.c - reads owner.json, and gives a backup another owner. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/exchange_int.h"
#include "manifest/listing.h"
#include "manifest/owner_int.h"

enum owner_state {
	OWNER_BEGIN,   /* nothing was asked yet */
	OWNER_READING, /* owner.json is under way */
	OWNER_WRITING, /* the new one is on its way */
};

struct owner {
	struct exchange base; /* first */
	enum owner_state state;
	char from[ID_MAX]; /* "": only read */
	char server_id[ID_MAX];
	char *text; /* to be written */
	struct owner_found found, *out;
};

static struct owner *owner_of(struct exchange *x)
{
	return (struct owner *)((char *)x - offsetof(struct owner, base));
}

static void finish(struct owner *o, const struct err *e)
{
	if (e == NULL)
		*o->out = o->found;
	exchange_end(&o->base, e);
}

static void write_taken(struct owner *o, json_t *doc)
{
	struct exchange *x = &o->base;
	char key[LAYOUT_KEY_MAX];
	struct err e = {0};

	o->text = owner_taken(doc, o->server_id);
	if (o->text == NULL) {
		(void)err_nomem(&e, "an owner");
		finish(o, &e);
		return;
	}
	o->state = OWNER_WRITING;
	exchange_put(x, layout_owner(key, x->source_id, x->backup_id), o->text,
		     strlen(o->text));
}

static void on_read(struct owner *o)
{
	struct exchange *x = &o->base;
	struct err e = {0};
	json_t *doc = owner_load(x->bytes, x->len, x->source_id, x->backup_id,
				 o->found.server_id, &e);

	if (doc == NULL)
		finish(o, &e);
	else if (o->from[0] != '\0' && strcmp(o->found.server_id, o->from) == 0)
		write_taken(o, doc);
	else
		finish(o, NULL);
	json_decref(doc);
}

static void owner_step(struct exchange *x)
{
	struct owner *o = owner_of(x);
	char key[LAYOUT_KEY_MAX];

	if (err_is(&x->answer)) {
		err_prefix(&x->answer, "owner.json");
		finish(o, &x->answer);
		return;
	}
	switch (o->state) {
	case OWNER_BEGIN:
		o->state = OWNER_READING;
		exchange_get(x, layout_owner(key, x->source_id, x->backup_id),
			     OWNER_MAX_BYTES);
		break;
	case OWNER_READING:
		on_read(o);
		break;
	case OWNER_WRITING:
		finish(o, NULL);
		break;
	}
}

static void owner_fini(struct exchange *x)
{
	free(owner_of(x)->text);
}

static const struct exchange_ops owner_ops = {
	.step = owner_step,
	.fini = owner_fini,
};

struct exchange *exchange_own(const struct exchange_env *env,
			      const struct owner_change *change,
			      struct owner_found *out, exchange_done_cb *done,
			      void *arg, struct err *e)
{
	struct owner *o = calloc(1, sizeof(*o));

	if (o == NULL) {
		(void)err_nomem(e, "a conversation with the store");
		return NULL;
	}
	(void)str_copy(o->base.source_id, ID_MAX, change->source_id);
	(void)str_copy(o->base.backup_id, ID_MAX, change->backup_id);
	(void)str_copy(o->from, ID_MAX, change->from);
	(void)str_copy(o->server_id, ID_MAX,
		       env->server_id != NULL ? env->server_id : "");
	o->base.done = done;
	o->base.arg = arg;
	o->out = out;
	if (!exchange_init(&o->base, &owner_ops, env, e)) {
		free(o);
		return NULL;
	}
	return &o->base;
}
