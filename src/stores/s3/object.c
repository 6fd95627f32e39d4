/* object.c - put and get of one object. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "s3/request.h"
#include "s3_int.h"

enum { OBJECT_MAX_BYTES = 256 * 1024 * 1024 };

struct put_op {
	struct store_op op;
	struct s3_store *st;
	struct s3_request *request;
	char *key;
	const void *bytes;
	size_t len;
	unsigned char sha256[SHA256_LEN];
	char *stored; /* what is there, when a conflict may be our own doing */
	struct err conflict;
	store_done_cb *done;
	void *arg;
};

static void put_free(struct put_op *p)
{
	free(p->key);
	free(p->stored);
	free(p);
}

static void put_cancel(struct store_op *op)
{
	struct put_op *p = (struct put_op *)op;

	s3_request_cancel(p->request);
	put_free(p);
}

static void put_finish(struct put_op *p, const struct err *e)
{
	store_done_cb *done = p->done;
	void *arg = p->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	put_free(p);
	done(arg, e != NULL ? &copy : NULL);
}

static void on_stored(void *arg, const struct s3_result *r, const struct err *e)
{
	struct put_op *p = arg;
	bool is_ours;

	p->request = NULL;
	if (e != NULL && e->code != ERR_NOT_FOUND && e->code != ERR_DAMAGED) {
		put_finish(p, e);
		return;
	}
	is_ours = e == NULL && r->got == p->len &&
		  (p->len == 0 || memcmp(p->stored, p->bytes, p->len) == 0);
	put_finish(p, is_ours ? NULL : &p->conflict);
}

/*
 * An earlier attempt got no answer and this one is told that the object
 * exists: that attempt may have made it. Only the bytes can tell.
 */
static void look_what_is_stored(struct put_op *p, const struct err *conflict)
{
	struct s3_call call = {.method = "GET", .key = p->key, .cap = p->len};
	struct err e = {0};

	p->conflict = *conflict;
	p->stored = malloc(p->len > 0 ? p->len : 1);
	call.buf = p->stored;
	if (p->stored == NULL)
		err_nomem(&e, "an object");
	else
		p->request = s3_request_start(p->st->client, &call, on_stored,
					      p, &e);
	if (p->request == NULL)
		put_finish(p, &e);
}

static void on_put(void *arg, const struct s3_result *r, const struct err *e)
{
	struct put_op *p = arg;

	p->request = NULL;
	if (e != NULL && e->code == ERR_CONFLICT && r->is_ambiguous)
		look_what_is_stored(p, e);
	else
		put_finish(p, e);
}

static bool put_start(struct put_op *p, const struct store_put *in,
		      struct err *e)
{
	struct s3_call call = {
		.method = "PUT",
		.body = in->len > 0 ? in->bytes : "",
		.body_len = in->len,
		.is_new = in->is_new,
	};

	p->key = s3_checked_key(p->st->client, in->key, e);
	if (p->key == NULL)
		return false;
	call.key = p->key;
	if (in->sha256 != NULL) {
		memcpy(p->sha256, in->sha256, SHA256_LEN);
		call.sha256 = p->sha256;
	}
	p->request = s3_request_start(p->st->client, &call, on_put, p, e);
	return p->request != NULL;
}

struct store_op *s3_put(struct store *st, const struct store_put *in,
			store_done_cb *done, void *arg, struct err *e)
{
	struct put_op *p;

	if (in->len > OBJECT_MAX_BYTES) {
		err_bug(e, "an object of %zu bytes", in->len);
		return NULL;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		err_nomem(e, "a put");
		return NULL;
	}
	p->op.cancel = put_cancel;
	p->st = s3_store_of(st);
	p->bytes = in->bytes;
	p->len = in->len;
	p->done = done;
	p->arg = arg;
	if (put_start(p, in, e))
		return &p->op;
	put_free(p);
	return NULL;
}

struct get_op {
	struct store_op op;
	struct s3_request *request;
	char *key;
	char nothing; /* where an object lands that must be empty */
	store_get_cb *done;
	void *arg;
};

static void get_free(struct get_op *g)
{
	free(g->key);
	free(g);
}

static void get_cancel(struct store_op *op)
{
	struct get_op *g = (struct get_op *)op;

	s3_request_cancel(g->request);
	get_free(g);
}

/* A bucket that is not there says nothing about its objects. */
static bool is_away(const struct s3_result *r, const struct err *e)
{
	return e != NULL && e->code == ERR_NOT_FOUND &&
	       strcmp(r->code, "NoSuchBucket") == 0;
}

static void on_get(void *arg, const struct s3_result *r, const struct err *e)
{
	struct get_op *g = arg;
	store_get_cb *done = g->done;
	void *done_arg = g->arg;
	struct err away;

	get_free(g);
	if (is_away(r, e)) {
		away = *e;
		away.code = ERR_DENIED;
		e = &away;
	}
	done(done_arg, e != NULL ? 0 : r->got, e);
}

static bool get_start(struct get_op *g, struct s3_store *st,
		      const struct store_get *in, struct err *e)
{
	struct s3_call call = {
		.method = "GET",
		.offset = in->offset,
		.length = in->length,
		.buf = in->cap > 0 ? in->buf : &g->nothing,
		.cap = in->length > 0 ? in->length : in->cap,
	};

	g->key = s3_checked_key(st->client, in->key, e);
	if (g->key == NULL)
		return false;
	call.key = g->key;
	g->request = s3_request_start(st->client, &call, on_get, g, e);
	return g->request != NULL;
}

struct store_op *s3_get(struct store *st, const struct store_get *in,
			store_get_cb *done, void *arg, struct err *e)
{
	struct get_op *g;

	if (in->length > in->cap || (in->length == 0 && in->offset != 0)) {
		err_bug(e, "a get of a range that cannot be");
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		err_nomem(e, "a get");
		return NULL;
	}
	g->op.cancel = get_cancel;
	g->done = done;
	g->arg = arg;
	if (get_start(g, s3_store_of(st), in, e))
		return &g->op;
	get_free(g);
	return NULL;
}
