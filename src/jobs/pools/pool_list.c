/* pool_list.c - the backups that lie in a pool, as a list in memory. */
#include "jobs/pools/pool_list.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 64 };

static bool grow(struct pool_list *l)
{
	const size_t more = l->cap > 0 ? 2 * l->cap : FIRST_CAP;
	struct listing_entry *grown;

	grown = realloc(l->entries, more * sizeof(*grown));
	if (grown == NULL)
		return false;
	l->entries = grown;
	l->cap = more;
	return true;
}

static void on_entry(void *arg, const struct listing_entry *entry)
{
	struct pool_list *l = arg;

	const bool is_full = l->max != 0 && l->n == l->max;

	if (l->is_out_of_memory || is_full || !l->wants(entry))
		return;
	if (l->n == l->cap && !grow(l))
		l->is_out_of_memory = true;
	else
		l->entries[l->n++] = *entry;
}

static int compare(const void *x, const void *y)
{
	const struct listing_entry *a = x, *b = y;

	return strcmp(a->backup_id, b->backup_id);
}

static void on_listed(void *arg, const struct err *e)
{
	struct pool_list *l = arg;
	struct err mine = {0};

	l->exchange = NULL;
	if (e == NULL && l->is_out_of_memory) {
		(void)err_nomem(&mine, "a list of backups");
		e = &mine;
	}
	if (l->n > 0)
		qsort(l->entries, l->n, sizeof(*l->entries), compare);
	l->done(l->arg, e);
}

bool pool_list_start(struct pool_list *l, const struct opening *o,
		     exchange_done_cb *done, void *arg, struct err *e)
{
	struct exchange_env env;

	pool_list_fini(l);
	l->done = done;
	l->arg = arg;
	opening_exchange_env(o, &env);
	l->exchange = exchange_list_source(
		&env, l->source_id != NULL ? l->source_id : "", on_entry,
		on_listed, l, e);
	return l->exchange != NULL;
}

void pool_list_cancel(struct pool_list *l)
{
	exchange_cancel(l->exchange);
	l->exchange = NULL;
}

void pool_list_fini(struct pool_list *l)
{
	pool_list_cancel(l);
	free(l->entries);
	l->entries = NULL;
	l->n = l->cap = 0;
	l->is_out_of_memory = false;
}
