/*
 * remove.c - deletes objects, a thousand at a time.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
 */
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/sha256.h"
#include "base/text.h"
#include "loop/loop.h"
#include "s3/request.h"
#include "s3/xml.h"
#include "s3_int.h"

enum { BATCH_MAX = 1000 };

struct remove_op {
	struct store_op op;
	struct s3_store *st;
	struct event *timer; /* the first step */
	struct s3_request *request;
	char **keys; /* whole */
	size_t nkeys;
	size_t next;	  /* first key that is not removed yet */
	size_t batch;	  /* how many are being removed */
	struct text body; /* of a multi-delete */
	bool has_md5;	  /* which a multi-delete must have */
	store_done_cb *done;
	void *arg;
};

static void remove_free(struct remove_op *rm)
{
	for (size_t i = 0; rm->keys != NULL && i < rm->nkeys; i++)
		free(rm->keys[i]);
	free(rm->keys);
	text_free(&rm->body);
	if (rm->timer != NULL)
		event_free(rm->timer);
	free(rm);
}

static void remove_cancel(struct store_op *op)
{
	struct remove_op *rm = (struct remove_op *)op;

	s3_request_cancel(rm->request);
	remove_free(rm);
}

static void remove_finish(struct remove_op *rm, const struct err *e)
{
	store_done_cb *done = rm->done;
	void *arg = rm->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	remove_free(rm);
	done(arg, e != NULL ? &copy : NULL);
}

/* XML 1.0 has no way to write the other control characters. */
static bool fits_xml(const char *key)
{
	for (; *key != '\0'; key++) {
		if ((unsigned char)*key < 0x20 &&
		    strchr("\t\n\r", *key) == NULL)
			return false;
	}
	return true;
}

static void add_escaped(struct text *t, const char *key)
{
	for (; *key != '\0'; key++) {
		if (strchr("<>&\"'\t\n\r", *key) != NULL)
			text_printf(t, "&#%d;", *key);
		else
			text_char(t, *key);
	}
}

/* The keys from next on that can go in one multi-delete. */
static size_t fitting_keys(const struct remove_op *rm)
{
	size_t n = 0;

	if (rm->st->has_no_multi_delete || !rm->has_md5)
		return 0;
	while (rm->next + n < rm->nkeys && n < BATCH_MAX &&
	       fits_xml(rm->keys[rm->next + n]))
		n++;
	return n;
}

static bool make_body(struct remove_op *rm, size_t n)
{
	struct text *t = &rm->body;

	text_reset(t);
	text_str(t, "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
		    "<Quiet>true</Quiet>");
	for (size_t i = 0; i < n; i++) {
		text_str(t, "<Object><Key>");
		add_escaped(t, rm->keys[rm->next + i]);
		text_str(t, "</Key></Object>");
	}
	text_str(t, "</Delete>");
	return !t->is_broken;
}

/* The reply names the keys that are still there. */
struct refusals {
	struct s3_fault *fault; /* the first one */
	struct s3_fault current;
	char key[S3_MESSAGE_MAX / 2];
	size_t n;
};

static void end_refusal(struct refusals *r)
{
	struct s3_fault *f = r->fault;
	struct text t = {0};

	if (strcmp(r->current.code, "NoSuchKey") != 0 && r->n++ == 0) {
		*f = r->current;
		text_printf(&t, "%s: %s", r->key, r->current.message);
		if (!t.is_broken)
			str_printable(f->message, sizeof(f->message), t.data);
		text_free(&t);
	}
	r->current = (struct s3_fault){0};
}

static bool on_element(void *arg, const char *path, const char *text)
{
	static const char root[] = "DeleteResult";
	struct refusals *r = arg;
	struct s3_fault *f = &r->current;

	if (strncmp(path, root, strlen(root)) != 0)
		return false;
	path += strlen(root);
	if (strcmp(path, "/Error") == 0)
		end_refusal(r);
	else if (strcmp(path, "/Error/Key") == 0)
		str_printable(r->key, sizeof(r->key), text);
	else if (strcmp(path, "/Error/Code") == 0)
		str_printable(f->code, sizeof(f->code), text);
	else if (strcmp(path, "/Error/Message") == 0)
		str_printable(f->message, sizeof(f->message), text);
	return true;
}

static bool check_result(void *arg, const char *body, size_t len,
			 struct s3_fault *f)
{
	struct refusals r = {.fault = f};

	(void)arg;
	if (!s3_xml_read(body, len, on_element, &r)) {
		str_copy(f->message, sizeof(f->message),
			 "the answer to a multi-delete cannot be read");
		return false;
	}
	return r.n == 0;
}

static void step(struct remove_op *rm);

static bool is_removed(const struct s3_result *r, const struct err *e)
{
	return e == NULL ||
	       (r->status == 404 &&
		(r->code[0] == '\0' || strcmp(r->code, "NoSuchKey") == 0));
}

static void on_single(void *arg, const struct s3_result *r, const struct err *e)
{
	struct remove_op *rm = arg;

	rm->request = NULL;
	if (!is_removed(r, e)) {
		remove_finish(rm, e);
		return;
	}
	rm->next++;
	step(rm);
}

static void on_multi(void *arg, const struct s3_result *r, const struct err *e)
{
	struct remove_op *rm = arg;

	rm->request = NULL;
	if (e == NULL) {
		rm->next += rm->batch;
		step(rm);
	} else if (r->status == 501 || r->status == 405) {
		rm->st->has_no_multi_delete = true;
		step(rm);
	} else {
		remove_finish(rm, e);
	}
}

static bool start_multi(struct remove_op *rm, size_t n, struct err *e)
{
	static const struct s3_pair query = {"delete", ""};
	struct s3_call call = {
		.method = "POST",
		.query = &query,
		.nquery = 1,
		.needs_md5 = true,
		.check = check_result,
	};

	if (!make_body(rm, n))
		return err_nomem(e, "a list of keys");
	rm->batch = n;
	call.body = rm->body.data;
	call.body_len = rm->body.len;
	rm->request = s3_request_start(rm->st->client, &call, on_multi, rm, e);
	return rm->request != NULL;
}

static bool start_single(struct remove_op *rm, struct err *e)
{
	struct s3_call call = {.method = "DELETE", .key = rm->keys[rm->next]};

	rm->request = s3_request_start(rm->st->client, &call, on_single, rm, e);
	return rm->request != NULL;
}

static void step(struct remove_op *rm)
{
	struct err e = {0};
	size_t n = fitting_keys(rm);
	bool ok;

	if (rm->next == rm->nkeys) {
		remove_finish(rm, NULL);
		return;
	}
	ok = n > 1 ? start_multi(rm, n, &e) : start_single(rm, &e);
	if (!ok)
		remove_finish(rm, &e);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	step(arg);
}

static bool copy_keys(struct remove_op *rm, const char *const *keys, size_t n,
		      struct err *e)
{
	rm->keys = calloc(n > 0 ? n : 1, sizeof(*rm->keys));
	if (rm->keys == NULL)
		return err_nomem(e, "a removal");
	rm->nkeys = n;
	for (size_t i = 0; i < n; i++) {
		rm->keys[i] = s3_checked_key(rm->st->client, keys[i], e);
		if (rm->keys[i] == NULL)
			return false;
	}
	return true;
}

struct store_op *s3_remove(struct store *st, const char *const *keys,
			   size_t nkeys, store_done_cb *done, void *arg,
			   struct err *e)
{
	struct remove_op *rm = calloc(1, sizeof(*rm));
	unsigned char digest[MD5_LEN];

	if (rm == NULL)
		goto failed;
	rm->op.cancel = remove_cancel;
	rm->st = s3_store_of(st);
	rm->has_md5 = md5("", 0, digest);
	rm->done = done;
	rm->arg = arg;
	rm->timer = evtimer_new(loop_base(rm->st->loop), on_timer, rm);
	if (rm->timer == NULL || !copy_keys(rm, keys, nkeys, e))
		goto failed;
	loop_next_turn(rm->timer);
	return &rm->op;

failed:
	if (rm != NULL)
		remove_free(rm);
	err_nomem(e, "a removal"); /* unless something else is told */
	return NULL;
}
