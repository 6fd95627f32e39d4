/* list.c - lists the objects of a pool: all pages, one after the other. */
#include <stdlib.h>
#include <string.h>

#include "s3/pages.h"
#include "s3_int.h"

struct list_op {
	struct store_op op;
	struct s3_pages *pages;
	size_t own; /* bytes of the pool's prefix */
	store_each_cb *each;
	store_done_cb *done;
	void *arg;
	bool is_telling; /* each() runs: a cancel only marks */
	bool is_canceled;
};

static void list_free(struct list_op *l)
{
	s3_pages_free(l->pages);
	free(l);
}

static void list_cancel(struct store_op *op)
{
	struct list_op *l = (struct list_op *)op;

	l->is_canceled = true;
	if (!l->is_telling)
		list_free(l);
}

static void list_finish(struct list_op *l, const struct err *e)
{
	store_done_cb *done = l->done;
	void *arg = l->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	list_free(l);
	done(arg, e != NULL ? &copy : NULL);
}

/* False: the owner canceled meanwhile. */
static bool tell_keys(struct list_op *l, const struct s3_page *page)
{
	l->is_telling = true;
	for (size_t i = 0; i < page->n && !l->is_canceled; i++) {
		const struct s3_entry *entry = &page->entries[i];

		l->each(l->arg, page->keys.data + entry->key_at + l->own,
			entry->size_bytes, entry->modified_ms);
	}
	l->is_telling = false;
	return !l->is_canceled;
}

static void on_page(void *arg, const struct s3_page *page, const struct err *e)
{
	struct list_op *l = arg;
	struct err mine = {0};

	if (e != NULL)
		list_finish(l, e);
	else if (!tell_keys(l, page))
		list_free(l);
	else if (!page->is_truncated)
		list_finish(l, NULL);
	else if (!s3_pages_next(l->pages, 0, on_page, l, &mine))
		list_finish(l, &mine);
}

struct store_op *s3_list(struct store *st, const char *prefix,
			 store_each_cb *each, store_done_cb *done, void *arg,
			 struct err *e)
{
	struct s3_client *c = s3_store_of(st)->client;
	struct list_op *l = calloc(1, sizeof(*l));
	char *whole = s3_whole_key(c, prefix);

	if (l != NULL && whole != NULL)
		l->pages = s3_pages_new(c, whole);
	free(whole);
	if (l == NULL || l->pages == NULL) {
		err_nomem(e, "a listing");
		free(l);
		return NULL;
	}
	l->op.cancel = list_cancel;
	l->own = strlen(s3_client_prefix(c));
	l->each = each;
	l->done = done;
	l->arg = arg;
	if (s3_pages_next(l->pages, 0, on_page, l, e))
		return &l->op;
	list_free(l);
	return NULL;
}
