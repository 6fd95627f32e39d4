/* target.c - see target.h. */
#include "sources/objects/load/target.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "s3/client.h"
#include "s3/pages.h"
#include "s3/request.h"
#include "sources/objects/bucket.h"

enum { KEY_MAX_BYTES = 1024, KEY_SHOWN = 160 };

/* The one region that is no constraint.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html */
#define REGION_OF_OLD "us-east-1"

struct target {
	unsigned refs;
	struct s3_client *client;
	char *name, *place, *prefix, *front;
	char *region;
};

struct target_op {
	struct target *target;
	struct s3_pages *pages;
	struct s3_request *request;
	struct text body;
	target_look_cb *done;
	void *arg;
};

static char *copy(const char *s)
{
	return strdup(s != NULL ? s : "");
}

static char *place_of(const struct target *t)
{
	struct text place = {0};

	text_str(&place, t->name);
	text_str(&place, t->prefix[0] != '\0' ? "/" : "");
	text_str(&place, t->prefix);
	return text_take(&place);
}

static bool fill(struct target *t, const struct source_address *a,
		 const char *front)
{
	t->name = copy(a->bucket);
	t->prefix = copy(a->prefix);
	t->region = copy(a->region);
	t->front = copy(front);
	if (t->name == NULL || t->prefix == NULL || t->region == NULL ||
	    t->front == NULL)
		return false;
	t->place = place_of(t);
	return t->place != NULL;
}

struct target *target_new(const struct source_env *env,
			  const struct source_address *a, const char *front,
			  struct err *e)
{
	struct target *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)err_nomem(e, "a target");
		return NULL;
	}
	t->refs = 1;
	t->client = bucket_open(env, a, 0, e);
	if (t->client != NULL && fill(t, a, front))
		return t;
	if (t->client != NULL)
		(void)err_nomem(e, "a target");
	target_unref(t);
	return NULL;
}

struct target *target_ref(struct target *b)
{
	b->refs++;
	return b;
}

void target_unref(struct target *b)
{
	if (b == NULL || --b->refs > 0)
		return;
	s3_client_free(b->client);
	free(b->name);
	free(b->place);
	free(b->prefix);
	free(b->front);
	free(b->region);
	free(b);
}

struct s3_client *target_client(const struct target *b)
{
	return b->client;
}

const char *target_place(const struct target *b)
{
	return b->place;
}

const char *target_name(const struct target *b)
{
	return b->name;
}

char *target_key(const struct target *b, const char *name, struct err *e)
{
	struct text whole = {0};
	char shown[KEY_SHOWN];
	char *key;

	text_str(&whole, b->front);
	text_str(&whole, name);
	key = text_take(&whole);
	if (key == NULL) {
		(void)err_nomem(e, "a key");
		return NULL;
	}
	if (strlen(key) <= KEY_MAX_BYTES)
		return key;
	free(key);
	(void)err_set(e, ERR_INVALID, "target_failed",
		      "the key \"%s\" would be longer than the %d bytes that "
		      "one may have: restore with a shorter prefix",
		      str_printable(shown, sizeof(shown), name),
		      (int)KEY_MAX_BYTES);
	return NULL;
}

static void op_free(struct target_op *op)
{
	s3_pages_free(op->pages);
	s3_request_cancel(op->request);
	text_free(&op->body);
	free(op);
}

void target_stop(struct target_op *op)
{
	if (op != NULL)
		op_free(op);
}

static void tell(struct target_op *op, enum target_state s, const struct err *e)
{
	target_look_cb *done = op->done;
	void *arg = op->arg;
	struct err copy = {0};

	if (e != NULL)
		copy = *e;
	op_free(op);
	done(arg, s, e != NULL ? &copy : NULL);
}

static struct target_op *op_new(struct target *b, target_look_cb *done,
				void *arg)
{
	struct target_op *op = calloc(1, sizeof(*op));

	if (op != NULL)
		*op = (struct target_op){.target = b, .done = done, .arg = arg};
	return op;
}

/* --- looking */

static void on_page(void *arg, const struct s3_page *page, const struct err *e)
{
	struct target_op *op = arg;
	struct err mine;

	if (e == NULL)
		tell(op, page->n > 0 ? TARGET_FULL : TARGET_EMPTY, NULL);
	else if (e->code == ERR_NOT_FOUND)
		tell(op, TARGET_ABSENT, NULL);
	else {
		mine = *e;
		bucket_judge(&mine);
		err_prefix(&mine, "the bucket \"%.63s\"", op->target->name);
		tell(op, TARGET_ABSENT, &mine);
	}
}

struct target_op *target_look(struct target *b, target_look_cb *done, void *arg,
			      struct err *e)
{
	struct target_op *op = op_new(b, done, arg);

	if (op != NULL)
		op->pages = s3_pages_new(b->client, b->prefix);
	if (op == NULL || op->pages == NULL)
		(void)err_nomem(e, "a look at a bucket");
	else if (s3_pages_next(op->pages, 1, on_page, op, e))
		return op;
	target_stop(op);
	return NULL;
}

/* --- making */

static void on_made(void *arg, const struct s3_result *r, const struct err *e)
{
	struct target_op *op = arg;
	struct err mine = {0};

	op->request = NULL;
	if (e == NULL || strcmp(r->code, "BucketAlreadyOwnedByYou") == 0) {
		tell(op, TARGET_EMPTY, NULL);
		return;
	}
	(void)err_set(&mine, e->code, "target_failed",
		      "the bucket \"%.63s\" is not there and could not be "
		      "made: make it yourself, or name another one (%s)",
		      op->target->name, e->msg);
	tell(op, TARGET_ABSENT, &mine);
}

static void describe(struct target_op *op)
{
	const char *region = op->target->region;

	if (region[0] == '\0' || strcmp(region, REGION_OF_OLD) == 0)
		return;
	text_printf(&op->body,
		    "<CreateBucketConfiguration xmlns=\""
		    "http://s3.amazonaws.com/doc/2006-03-01/\">"
		    "<LocationConstraint>%s</LocationConstraint>"
		    "</CreateBucketConfiguration>",
		    region);
}

struct target_op *target_make(struct target *b, target_look_cb *done, void *arg,
			      struct err *e)
{
	struct target_op *op = op_new(b, done, arg);
	struct s3_call call = {.method = "PUT", .body = ""};

	if (op == NULL) {
		(void)err_nomem(e, "a bucket");
		return NULL;
	}
	describe(op);
	if (op->body.len > 0) {
		call.body = op->body.data;
		call.body_len = op->body.len;
	}
	op->request = s3_request_start(b->client, &call, on_made, op, e);
	if (op->request != NULL && !op->body.is_broken)
		return op;
	(void)err_nomem(e, "a bucket");
	target_stop(op);
	return NULL;
}
