/*
 * pages.c - lists a bucket page by page.
 *
 * A page is read whole before it is told, since an attempt that breaks halfway
 * is repeated and no key may be told twice.
 */
#include "s3/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "page.h"
#include "s3/request.h"

enum { LIST_PAIRS_MAX = 5, PAGE_KEYS = 1000, NUMBER_MAX = 12 };

struct s3_pages {
	struct s3_client *client;
	struct s3_request *request;
	char *prefix;
	struct s3_page page;
	char *token; /* that the page under way was asked with */
	char max_keys[NUMBER_MAX];
	struct s3_pair query[LIST_PAIRS_MAX];
	s3_page_cb *done;
	void *arg;
};

struct s3_pages *s3_pages_new(struct s3_client *c, const char *prefix)
{
	struct s3_pages *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->client = c;
	p->prefix = strdup(prefix);
	if (p->prefix != NULL)
		return p;
	free(p);
	return NULL;
}

void s3_pages_free(struct s3_pages *p)
{
	if (p == NULL)
		return;
	s3_request_cancel(p->request);
	s3_page_fini(&p->page);
	free(p->prefix);
	free(p->token);
	free(p);
}

static bool check_page(void *arg, const char *body, size_t len,
		       struct s3_fault *f)
{
	struct s3_pages *p = arg;

	return s3_page_read(&p->page, p->prefix, body, len, f);
}

static void on_page(void *arg, const struct s3_result *r, const struct err *e)
{
	struct s3_pages *p = arg;
	struct err mine = {0};

	(void)r;
	p->request = NULL;
	if (e != NULL && p->page.is_nomem) {
		err_nomem(&mine, "a listing");
		e = &mine;
	}
	p->done(p->arg, e == NULL ? &p->page : NULL, e);
}

static bool ask(struct s3_pages *p, struct err *e)
{
	struct s3_call call = {
		.method = "GET", .query = p->query, .check = check_page};
	size_t n = 0;

	p->query[n++] = (struct s3_pair){"list-type", "2"};
	p->query[n++] = (struct s3_pair){"encoding-type", "url"};
	p->query[n++] = (struct s3_pair){"max-keys", p->max_keys};
	p->query[n++] = (struct s3_pair){"prefix", p->prefix};
	if (p->token != NULL)
		p->query[n++] =
			(struct s3_pair){"continuation-token", p->token};
	call.nquery = n;
	p->request = s3_request_start(p->client, &call, on_page, p, e);
	return p->request != NULL;
}

/* Takes the token of the page just read; a store that gives the same one
 * again would keep us for ever. */
static bool turn_page(struct s3_pages *p, struct err *e)
{
	char *token = text_take(&p->page.token);

	if (token == NULL)
		return err_nomem(e, "a listing");
	if (p->token != NULL && strcmp(token, p->token) == 0) {
		free(token);
		return err_set(e, ERR_REMOTE, "store_failed",
			       "the store gives the same page of its listing "
			       "again and again");
	}
	free(p->token);
	p->token = token;
	return true;
}

bool s3_pages_next(struct s3_pages *p, unsigned max_keys, s3_page_cb *done,
		   void *arg, struct err *e)
{
	p->done = done;
	p->arg = arg;
	(void)snprintf(p->max_keys, sizeof(p->max_keys), "%u",
		       max_keys > 0 ? max_keys : PAGE_KEYS);
	if (p->page.is_truncated && !turn_page(p, e))
		return false;
	return ask(p, e);
}
