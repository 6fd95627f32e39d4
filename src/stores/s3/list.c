/*
 * list.c - lists a bucket page by page.
 *
 * A page is read whole before its keys are told, since an attempt that breaks
 * halfway is repeated and no key may be told twice.
 */
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "request.h"

enum { LIST_PAIRS_MAX = 5 };

struct list_op {
	struct store_op op;
	struct s3_store *st;
	struct s3_request *request;
	char *prefix; /* whole, with the pool's */
	struct s3_page page;
	char *token; /* that the page under way was asked with */
	struct s3_pair query[LIST_PAIRS_MAX];
	store_each_cb *each;
	store_done_cb *done;
	void *arg;
	bool is_telling; /* each() runs: a cancel only marks */
	bool is_canceled;
};

static void list_free(struct list_op *l)
{
	s3_page_fini(&l->page);
	free(l->prefix);
	free(l->token);
	free(l);
}

static void list_cancel(struct store_op *op)
{
	struct list_op *l = (struct list_op *)op;

	l->is_canceled = true;
	if (l->is_telling)
		return;
	s3_request_cancel(l->request);
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
static bool tell_keys(struct list_op *l)
{
	size_t own = strlen(l->st->prefix);

	l->is_telling = true;
	for (size_t i = 0; i < l->page.n && !l->is_canceled; i++) {
		const struct s3_entry *entry = &l->page.entries[i];

		l->each(l->arg, l->page.keys.data + entry->key_at + own,
			entry->size_bytes, entry->modified_ms);
	}
	l->is_telling = false;
	return !l->is_canceled;
}

static bool check_page(void *arg, const char *body, size_t len,
		       struct s3_fault *f)
{
	struct list_op *l = arg;

	return s3_page_read(&l->page, l->prefix, body, len, f);
}

static void on_page(void *arg, const struct s3_result *r, const struct err *e);

static bool ask(struct list_op *l, struct err *e)
{
	struct s3_call call = {.method = "GET", .query = l->query};
	size_t n = 0;

	l->query[n++] = (struct s3_pair){"list-type", "2"};
	l->query[n++] = (struct s3_pair){"encoding-type", "url"};
	l->query[n++] = (struct s3_pair){"max-keys", "1000"};
	l->query[n++] = (struct s3_pair){"prefix", l->prefix};
	if (l->token != NULL)
		l->query[n++] =
			(struct s3_pair){"continuation-token", l->token};
	call.nquery = n;
	call.check = check_page;
	l->request = s3_request_start(l->st, &call, on_page, l, e);
	return l->request != NULL;
}

/* Takes the token of the page just read; a store that gives the same one
 * again would keep us for ever. */
static bool turn_page(struct list_op *l, struct err *e)
{
	char *token = text_take(&l->page.token);

	if (token == NULL)
		return err_nomem(e, "a listing");
	if (l->token != NULL && strcmp(token, l->token) == 0) {
		free(token);
		return err_set(e, ERR_REMOTE, "store_failed",
			       "the store gives the same page of its listing "
			       "again and again");
	}
	free(l->token);
	l->token = token;
	return ask(l, e);
}

static void on_page(void *arg, const struct s3_result *r, const struct err *e)
{
	struct list_op *l = arg;
	struct err mine = {0};

	(void)r;
	l->request = NULL;
	if (e != NULL) {
		if (l->page.is_nomem)
			err_nomem(&mine, "a listing");
		list_finish(l, err_is(&mine) ? &mine : e);
		return;
	}
	if (!tell_keys(l))
		list_free(l);
	else if (!l->page.is_truncated)
		list_finish(l, NULL);
	else if (!turn_page(l, &mine))
		list_finish(l, &mine);
}

struct store_op *s3_list(struct store *st, const char *prefix,
			 store_each_cb *each, store_done_cb *done, void *arg,
			 struct err *e)
{
	struct list_op *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		err_nomem(e, "a listing");
		return NULL;
	}
	l->op.cancel = list_cancel;
	l->st = s3_store_of(st);
	l->each = each;
	l->done = done;
	l->arg = arg;
	l->prefix = s3_whole_key(l->st, prefix);
	if (l->prefix == NULL)
		err_nomem(e, "a listing");
	else if (ask(l, e))
		return &l->op;
	list_free(l);
	return NULL;
}
