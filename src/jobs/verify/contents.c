/* contents.c - manifest and index of a backup, for those who ask. */
#include <stdlib.h>
#include <string.h>

#include "jobs/checks.h"
#include "jobs/verify/contents_list.h"
#include "jobs/verify/contents_tree.h"
#include "jobs/jobs_int.h"
#include "jobs/opening.h"
#include "manifest/layout.h"

enum { REQUEST_STORE_ATTEMPTS = 2 };

/* One look into a backup. */
struct look {
	struct jobs_op base;
	struct opening opening;
	struct exchange *exchange;
	struct store_op *get;
	char *bytes; /* of the manifest, as stored */
	struct manifest manifest;
	struct contents_list list;
	bool is_tree, is_paged; /* asked for a page, as of trees */
	struct contents_tree tree;
	jobs_manifest_cb *manifest_done;
	jobs_contents_cb *contents_done;
	void *arg;
};

static void look_free(struct look *k)
{
	if (k->get != NULL)
		store_cancel(k->opening.store, k->get);
	exchange_cancel(k->exchange);
	manifest_fini(&k->manifest);
	contents_fini(&k->list);
	contents_tree_fini(&k->tree);
	opening_fini(&k->opening);
	free(k->bytes);
	free(k);
}

static void look_cancel(struct jobs_op *op)
{
	look_free((struct look *)(void *)op); /* base comes first */
}

static void look_fail(struct look *k, const struct err *e)
{
	if (k->manifest_done != NULL)
		k->manifest_done(k->arg, NULL, 0, e);
	else
		k->contents_done(k->arg, NULL, e);
	look_free(k);
}

static void on_manifest(void *arg, size_t len, const struct err *e)
{
	struct look *k = arg;
	struct err mine = {0};

	k->get = NULL;
	if (e == NULL && !manifest_parse(&k->manifest, k->bytes, len,
					 k->opening.backup.manifest_digest,
					 k->base.jobs->config.signer, &mine))
		e = &mine;
	if (e != NULL) {
		look_fail(k, e);
		return;
	}
	k->manifest_done(k->arg, k->bytes, len, NULL);
	look_free(k);
}

static void get_manifest(struct look *k)
{
	const struct backup_record *b = &k->opening.backup;
	char key[LAYOUT_KEY_MAX];
	struct store_get g = {.key = key, .cap = MANIFEST_MAX_BYTES};
	struct store *st = k->opening.store;
	struct err e = {0};

	(void)layout_manifest(key, b->source_id, b->id);
	k->bytes = malloc(MANIFEST_MAX_BYTES);
	if (k->bytes == NULL) {
		(void)err_nomem(&e, "a manifest");
	} else {
		g.buf = k->bytes;
		k->get = st->ops->get(st, &g, on_manifest, k, &e);
	}
	if (k->get == NULL)
		look_fail(k, &e);
}

static void on_index(void *arg, const struct err *e)
{
	struct look *k = arg;
	struct err mine = {0};
	char *text;

	k->exchange = NULL;
	if (e != NULL) {
		look_fail(k, e);
		return;
	}
	text = k->is_tree ? contents_tree_take(&k->tree, &mine)
			  : contents_take(&k->list, &mine);
	if (text == NULL) {
		look_fail(k, &mine);
		return;
	}
	k->contents_done(k->arg, text, NULL);
	free(text);
	look_free(k);
}

static bool on_line(void *arg, const struct index_line *l, struct err *e)
{
	struct look *k = arg;

	return k->is_tree ? contents_tree_add(&k->tree, l, e)
			  : contents_add(&k->list, l, e);
}

static void on_fetched(void *arg, const struct err *e)
{
	struct look *k = arg;
	const struct source_kind *kind;
	struct exchange_env env;
	struct err mine = {0};

	k->exchange = NULL;
	if (e != NULL) {
		look_fail(k, e);
		return;
	}
	kind = source_kind_find(k->manifest.engine);
	k->is_tree = kind != NULL && kind->is_tree;
	if (k->is_paged && !k->is_tree) {
		(void)err_set(&mine, ERR_INVALID, "invalid_parameter",
			      "\"folder\" and \"after\" are for backups of "
			      "file trees; this one is of %s",
			      k->manifest.engine);
		look_fail(k, &mine);
		return;
	}
	opening_exchange_env(&k->opening, &env);
	k->exchange =
		exchange_index(&env, &k->manifest, on_line, on_index, k, &mine);
	if (k->exchange == NULL)
		look_fail(k, &mine);
}

static void fetch(struct look *k)
{
	const struct backup_record *b = &k->opening.backup;
	const struct exchange_wanted wanted = {b->source_id, b->id,
					       b->manifest_digest};
	struct exchange_env env;
	struct err e = {0};

	opening_exchange_env(&k->opening, &env);
	k->exchange =
		exchange_fetch(&env, &wanted, &k->manifest, on_fetched, k, &e);
	if (k->exchange == NULL)
		look_fail(k, &e);
}

static void on_opened(void *arg, const struct err *e)
{
	struct look *k = arg;
	const struct backup_record *b = &k->opening.backup;
	struct err mine = {0};

	if (e == NULL && b->status != BACKUP_COMPLETED) {
		(void)err_set(&mine, ERR_CONFLICT, "backup_not_completed",
			      "backup \"%s\" is %s; only completed ones have "
			      "a manifest",
			      b->name, backup_status_name(b->status));
		e = &mine;
	}
	if (e != NULL)
		look_fail(k, e);
	else if (k->manifest_done != NULL)
		get_manifest(k);
	else
		fetch(k);
}

static struct look *look_start(struct jobs *j, const char *backup,
			       const struct look *callbacks, struct err *e)
{
	const struct opening_want want = {
		.backup = backup,
		.store_attempts = REQUEST_STORE_ATTEMPTS,
	};
	struct look *k = malloc(sizeof(*k));

	if (k == NULL) {
		struct contents_tree unused = callbacks->tree;

		contents_tree_fini(&unused);
		(void)err_nomem(e, "a look into a backup");
		return NULL;
	}
	*k = *callbacks; /* and takes what they hold */
	k->base.cancel = look_cancel;
	k->base.jobs = j;
	if (!opening_start(&k->opening, j, &want, on_opened, k, e)) {
		look_free(k);
		return NULL;
	}
	return k;
}

struct jobs_op *jobs_read_manifest(struct jobs *j, const char *backup,
				   jobs_manifest_cb *done, void *arg,
				   struct err *e)
{
	const struct look callbacks = {.manifest_done = done, .arg = arg};
	struct look *k = look_start(j, backup, &callbacks, e);

	return k != NULL ? &k->base : NULL;
}

struct jobs_op *jobs_read_contents(struct jobs *j, const char *backup,
				   const struct contents_query *q,
				   jobs_contents_cb *done, void *arg,
				   struct err *e)
{
	struct look callbacks = {
		.contents_done = done,
		.arg = arg,
		.is_paged = q->folder != NULL || q->after != NULL,
	};
	struct look *k = NULL;

	if (contents_tree_init(&callbacks.tree, q, e))
		k = look_start(j, backup, &callbacks, e);
	else
		contents_tree_fini(&callbacks.tree);
	return k != NULL ? &k->base : NULL;
}
