/*
 * compare.c - see compare.h.
 *
 *   content (once, or piece by piece) -> (tags) -> over
 */
#include "sources/objects/load/compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "s3/fields.h"
#include "s3/request.h"
#include "s3/tags.h"
#include "s3/xml.h"
#include "sources/load_item.h"
#include "sources/objects/load/target.h"
#include "sources/objects/load/meta.h"

enum { KEY_SHOWN = 160 };

struct compare {
	struct target *target; /* borrowed */
	char *name, *key;
	uint64_t size;
	struct digest digest;
	struct object_facts facts;
	struct s3_request *request;
	char *bytes; /* of one piece */
	size_t cap;
	uint64_t at; /* read of it */
	char *etag;  /* of the first piece: the others are of the same object */
	struct s3_pair condition;
	struct digest_row *row;
	struct s3_fields tags;
	compare_done_cb *done;
	void *arg;
};

static void compare_free(struct compare *c)
{
	s3_request_cancel(c->request);
	object_facts_fini(&c->facts);
	s3_fields_fini(&c->tags);
	digest_row_free(c->row);
	free(c->bytes);
	free(c->etag);
	free(c->name);
	free(c->key);
	free(c);
}

void compare_cancel(struct compare *c)
{
	if (c != NULL)
		compare_free(c);
}

/* The last thing that touches it. */
static void over(struct compare *c, const struct err *e)
{
	compare_done_cb *done = c->done;
	void *arg = c->arg;

	compare_free(c);
	done(arg, e != NULL && err_is(e) ? e : NULL);
}

static bool wrong(const struct compare *c, const char *what, struct err *e)
{
	char shown[KEY_SHOWN];

	return err_set(e, ERR_DAMAGED, "verification_failed",
		       "\"%s\" %s; what was restored is still there",
		       str_printable(shown, sizeof(shown), c->name), what);
}

static bool unreadable(const struct compare *c, const struct err *why,
		       struct err *e)
{
	char what[ERR_MSG_MAX + 40];

	(void)snprintf(what, sizeof(what), "cannot be read again: %s",
		       why->msg);
	return wrong(c, why->code == ERR_NOT_FOUND ? "is not there" : what, e);
}

/* --- tags */

static bool check_tags(void *arg, const char *body, size_t len,
		       struct s3_fault *f)
{
	struct compare *c = arg;

	return s3_tags_read(&c->tags, body, len, f);
}

static void on_tags(void *arg, const struct s3_result *r, const struct err *e)
{
	struct compare *c = arg;
	struct err mine = {0};

	(void)r;
	c->request = NULL;
	if (e != NULL)
		(void)unreadable(c, e, &mine);
	else if (!object_tags_equal(&c->facts.tags, &c->tags))
		(void)wrong(c, "has other tags than it had", &mine);
	over(c, &mine);
}

static bool ask_tags(struct compare *c, struct err *e)
{
	static const struct s3_pair query[] = {{"tagging", ""}};
	const struct s3_call call = {
		.method = "GET",
		.key = c->key,
		.query = query,
		.nquery = 1,
		.check = check_tags,
	};

	c->request = s3_request_start(target_client(c->target), &call, on_tags,
				      c, e);
	return c->request != NULL;
}

/* --- content */

static bool compare_content(struct compare *c, struct err *e)
{
	struct digest found = {0};

	digest_row_end(c->row, &found);
	return digest_equal(&found, &c->digest) ||
	       wrong(c, "does not hold what it did: its digest differs", e);
}

static bool differs_in_size(const struct compare *c, uint64_t found,
			    struct err *e)
{
	char what[120];

	(void)snprintf(what, sizeof(what),
		       "has %" PRIu64 " bytes, in the backup it has %" PRIu64,
		       found, c->size);
	return wrong(c, what, e);
}

/* "bytes 0-4194303/41943040" */
static uint64_t total_of(const struct s3_fields *fields)
{
	const char *range = s3_fields_get(fields, "content-range");
	const char *slash = range != NULL ? strchr(range, '/') : NULL;
	unsigned long long n;

	return slash != NULL && str_to_u64(slash + 1, &n) ? n : 0;
}

static bool compare_first(struct compare *c, const struct s3_result *r,
			  struct err *e)
{
	const char *etag = s3_fields_get(r->fields, "etag");
	const char *what = NULL;
	char text[200];

	if (c->size > COMPARE_BYTES && total_of(r->fields) != c->size)
		return differs_in_size(c, total_of(r->fields), e);
	if (!r->are_fields_cut &&
	    !object_headers_equal(&c->facts, r->fields, &what)) {
		(void)snprintf(text, sizeof(text),
			       "does not have what it had in \"%.100s\"", what);
		return wrong(c, text, e);
	}
	if (etag != NULL && (c->etag = strdup(etag)) == NULL)
		return err_nomem(e, "a comparison");
	return true;
}

static bool ask_piece(struct compare *c, struct err *e);

/* Goes on after a piece. */
static bool go_on(struct compare *c, struct err *e)
{
	if (c->at < c->size)
		return ask_piece(c, e);
	if (!compare_content(c, e))
		return false;
	return c->facts.tags.bytes.len == 0 || ask_tags(c, e);
}

static void on_piece(void *arg, const struct s3_result *r, const struct err *e)
{
	struct compare *c = arg;
	bool is_first = c->at == 0;
	struct err mine = {0};
	bool ok;

	c->request = NULL;
	if (e != NULL && e->code == ERR_DAMAGED)
		ok = wrong(c, "does not have the size that it had", &mine);
	else if (e != NULL)
		ok = unreadable(c, e, &mine);
	else if (c->size <= COMPARE_BYTES && r->got != c->size)
		ok = differs_in_size(c, r->got, &mine);
	else
		ok = !is_first || compare_first(c, r, &mine);
	if (ok) {
		digest_row_bytes(c->row, c->bytes, r->got);
		c->at += r->got;
		ok = go_on(c, &mine);
	}
	if (!ok || c->request == NULL)
		over(c, &mine);
}

static bool ask_piece(struct compare *c, struct err *e)
{
	uint64_t left = c->size - c->at;
	struct s3_call call = {
		.method = "GET",
		.key = c->key,
		.buf = c->bytes,
		.cap = c->cap,
		.wants_fields = true,
	};

	if (c->size > COMPARE_BYTES) {
		call.offset = c->at;
		call.length = left < c->cap ? (size_t)left : c->cap;
		call.cap = call.length;
	} else {
		call.cap = (size_t)c->size; /* longer: ERR_DAMAGED */
	}
	if (c->etag != NULL) {
		c->condition = (struct s3_pair){"if-match", c->etag};
		call.headers = &c->condition;
		call.nheaders = 1;
	}
	c->request = s3_request_start(target_client(c->target), &call, on_piece,
				      c, e);
	return c->request != NULL;
}

static bool fill(struct compare *c, const struct load_item *item, struct err *e)
{
	c->size = item->size;
	c->digest = item->digest;
	c->cap = item->size < COMPARE_BYTES ? (size_t)item->size + 1
					    : COMPARE_BYTES;
	c->name = strdup(item->name);
	c->bytes = malloc(c->cap);
	c->row = digest_row_new();
	if (c->name == NULL || c->bytes == NULL || c->row == NULL)
		return err_nomem(e, "a comparison");
	digest_row_begin(c->row);
	digest_row_open(c->row, c->size);
	c->key = target_key(c->target, c->name, e);
	return c->key != NULL &&
	       (item->facts == NULL ||
		object_facts_parse(&c->facts, item->facts, e));
}

struct compare *compare_start(struct target *b, const struct load_item *item,
			      compare_done_cb *done, void *arg, struct err *e)
{
	struct compare *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "a comparison");
		return NULL;
	}
	c->target = b;
	c->done = done;
	c->arg = arg;
	if (fill(c, item, e) && ask_piece(c, e))
		return c;
	compare_free(c);
	return NULL;
}
