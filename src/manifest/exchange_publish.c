/* exchange_publish.c - the manifest goes out and must come back as it was. */
#include "manifest/exchange_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct publish {
	struct exchange base; /* first */
	char *text;
	size_t len;
	bool is_put;
	bool is_asked; /* for the copy that the store has */
};

static struct publish *publish_of(struct exchange *x)
{
	return (struct publish *)((char *)x - offsetof(struct publish, base));
}

static void compare(struct publish *p)
{
	struct exchange *x = &p->base;
	struct err e = {0};

	if (x->len != p->len || memcmp(x->bytes, p->text, p->len) != 0)
		(void)err_set(&e, ERR_DAMAGED, "store_failed",
			      "the store gave back another manifest.json than "
			      "it was given");
	exchange_end(x, &e);
}

/* Not being there or being longer is another one, too. */
static void fail(struct exchange *x)
{
	err_prefix(&x->answer, "storing manifest.json");
	exchange_end(x, &x->answer);
}

static void publish_step(struct exchange *x)
{
	struct publish *p = publish_of(x);
	char key[LAYOUT_KEY_MAX];

	(void)layout_manifest(key, x->source_id, x->backup_id);
	if (err_is(&x->answer)) {
		fail(x);
	} else if (!p->is_put) {
		p->is_put = true;
		exchange_put(x, key, p->text, p->len);
	} else if (!p->is_asked) {
		p->is_asked = true;
		exchange_get(x, key, p->len);
	} else {
		compare(p);
	}
}

static void publish_fini(struct exchange *x)
{
	free(publish_of(x)->text);
}

static const struct exchange_ops publish_ops = {
	.step = publish_step,
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
	return &p->base;
}
