/*
 * upload.c - one object on its way.
 *
 *   whole -> over
 *   create -> parts -> complete -> (tag) -> over
 *   dropped in the middle: create -> abort, parts -> abort, complete -> abort,
 *   and then it is gone.
 *
 * A store that was asked to create an upload may have done so although its
 * answer was lost: such a one, and those of a server that was killed, stay
 * there (doc/reference/objects.md).
 */
#include "sources/objects/load/upload.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/text.h"
#include "s3/fields.h"
#include "s3/request.h"
#include "s3/xml.h"
#include "sources/objects/load/target.h"
#include "sources/objects/load/meta.h"
#include "sources/partings.h"

static const char *const state_names[] = {
	"whole", "create", "parts", "complete", "tag", "abort", "over",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       UPLOAD_STATE_COUNT,
	       "one name per state");

enum { NUMBER_MAX = 12 };

struct part {
	TAILQ_ENTRY(part) entry;
	struct upload *upload;
	unsigned number; /* from 1 */
	char number_text[NUMBER_MAX];
	struct s3_pair query[2];
	void *bytes;
	size_t len;
	struct s3_request *request; /* NULL: waits for the upload's id */
};

struct upload {
	struct parting parting; /* first; used when nobody else has it */
	struct upload_config config;
	bool is_left; /* nobody has it */
	bool is_told; /* over() has run */
	enum upload_state state;
	char *key;
	struct object_facts facts;
	struct object_headers headers;
	struct text tagging; /* a document */

	void *bytes; /* of a whole one */
	size_t len;

	struct text id;
	struct s3_pair query[1];
	TAILQ_HEAD(, part) parts; /* that are not there yet */
	char **etags;		  /* by number - 1 */
	unsigned nparts;
	bool is_finished; /* there will be no more of them */
	struct text body; /* of the request that completes it */

	struct s3_request *request; /* but for those of parts */
};

static void set_state(struct upload *u, enum upload_state next)
{
	log_debug("sources", "upload: %s -> %s", state_names[u->state],
		  state_names[next]);
	u->state = next;
}

/* --- making and freeing */

static void free_part(struct part *p)
{
	struct upload *u = p->upload;
	size_t len = p->len;

	TAILQ_REMOVE(&u->parts, p, entry);
	s3_request_cancel(p->request);
	free(p->bytes);
	free(p);
	if (!u->is_left)
		u->config.freed(u->config.arg, len);
}

static void free_parts(struct upload *u)
{
	struct part *p, *next;

	for (p = TAILQ_FIRST(&u->parts); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		free_part(p);
	}
}

static void upload_free(struct upload *u)
{
	u->is_left = true; /* whoever had it knows */
	s3_request_cancel(u->request);
	free_parts(u);
	for (unsigned i = 0; i < u->nparts; i++)
		free(u->etags[i]);
	free(u->etags);
	free(u->bytes);
	text_free(&u->tagging);
	text_free(&u->body);
	text_free(&u->id);
	object_headers_fini(&u->headers);
	object_facts_fini(&u->facts);
	target_unref(u->config.target);
	free(u->key);
	free(u);
}

struct upload *upload_new(const struct upload_config *c, struct err *e)
{
	struct upload *u = calloc(1, sizeof(*u));

	if (u == NULL) {
		(void)err_nomem(e, "an upload");
		return NULL;
	}
	TAILQ_INIT(&u->parts);
	u->config = *c;
	u->config.target = target_ref(c->target);
	u->key = strdup(c->key);
	u->facts = *c->facts;
	*c->facts = (struct object_facts){0};
	u->state = UPLOAD_OVER; /* nothing to undo */
	if (u->key != NULL)
		return u;
	upload_free(u);
	(void)err_nomem(e, "an upload");
	return NULL;
}

/* --- the ends */

static void leave(struct upload *u)
{
	partings_leave(&u->parting);
	upload_free(u);
}

/* It is not what the store's words are about that has failed, but the target of
 * a restore. */
static void name_error(struct err *to, const struct err *from)
{
	(void)err_set(to, from->code, "target_failed", "%s", from->msg);
}

static void over(struct upload *u, const struct err *e)
{
	struct err mine = {0};

	if (u->is_left) {
		leave(u);
		return;
	}
	if (u->is_told)
		return; /* another part failed before */
	u->is_told = true;
	if (e != NULL) {
		name_error(&mine, e);
		e = &mine; /* its parts are forgotten when it is dropped */
	} else {
		set_state(u, UPLOAD_OVER);
	}
	u->config.over(u, u->config.arg, e);
}

static void on_aborted(void *arg, const struct s3_result *r,
		       const struct err *e)
{
	struct upload *u = arg;

	u->request = NULL;
	/* The store may have made the object just before. */
	if (e != NULL && r->status != 404)
		log_warn("sources",
			 "parts of an object that was not restored stay in the "
			 "store, doc/reference/objects.md says how to remove "
			 "them: %s",
			 e->msg);
	leave(u);
}

static void abort_it(struct upload *u)
{
	const struct s3_call call = {
		.method = "DELETE",
		.key = u->key,
		.query = u->query,
		.nquery = 1,
	};
	struct err e = {0};

	set_state(u, UPLOAD_ABORT);
	u->request = s3_request_start(target_client(u->config.target), &call,
				      on_aborted, u, &e);
	if (u->request == NULL)
		leave(u);
}

static void drop_parting(struct parting *p)
{
	upload_free((struct upload *)(void *)p); /* it comes first */
}

/* What of it is under way, and would have to be undone. */
static bool has_parts(const struct upload *u)
{
	return u->state == UPLOAD_CREATE || u->state == UPLOAD_PARTS ||
	       u->state == UPLOAD_COMPLETE;
}

void upload_drop(struct upload *u)
{
	if (u == NULL)
		return;
	if (!has_parts(u) || u->config.partings == NULL ||
	    (u->state == UPLOAD_CREATE && u->request == NULL)) {
		upload_free(u);
		return;
	}
	u->is_left = true;
	u->parting.drop = drop_parting;
	partings_join(u->config.partings, &u->parting);
	free_parts(u);
	if (u->state == UPLOAD_CREATE)
		return; /* the answer has the id */
	s3_request_cancel(u->request);
	abort_it(u);
}

/* --- one PUT */

static void on_put(void *arg, const struct s3_result *r, const struct err *e)
{
	struct upload *u = arg;

	(void)r;
	u->request = NULL;
	free(u->bytes);
	u->bytes = NULL;
	u->config.freed(u->config.arg, u->len);
	over(u, e);
}

bool upload_whole(struct upload *u, void *bytes, size_t len, struct err *e)
{
	struct s3_call call = {
		.method = "PUT",
		.key = u->key,
		.body = len > 0 ? bytes : "",
		.body_len = len,
	};

	u->bytes = bytes;
	u->len = len;
	set_state(u, UPLOAD_WHOLE);
	if (!object_headers_init(&u->headers, &u->facts, true))
		return err_nomem(e, "an upload");
	call.headers = u->headers.pairs;
	call.nheaders = u->headers.n;
	u->request = s3_request_start(target_client(u->config.target), &call,
				      on_put, u, e);
	return u->request != NULL;
}

/* --- tags, of an object that was made of parts */

static void on_tagged(void *arg, const struct s3_result *r, const struct err *e)
{
	struct upload *u = arg;

	(void)r;
	u->request = NULL;
	over(u, e);
}

static void begin_tag(struct upload *u)
{
	static const struct s3_pair query[] = {{"tagging", ""}};
	struct s3_call call = {
		.method = "PUT",
		.key = u->key,
		.query = query,
		.nquery = 1,
		.needs_md5 = true,
	};
	struct err e = {0};

	if (u->facts.tags.bytes.len == 0) {
		over(u, NULL);
		return;
	}
	set_state(u, UPLOAD_TAG);
	object_tagging_format(&u->tagging, &u->facts.tags);
	if (u->tagging.is_broken) {
		(void)err_nomem(&e, "an upload");
	} else {
		call.body = u->tagging.data;
		call.body_len = u->tagging.len;
		u->request = s3_request_start(target_client(u->config.target),
					      &call, on_tagged, u, &e);
	}
	if (u->request == NULL)
		over(u, &e);
}

/* --- the parts become an object */

static bool on_made_text(void *arg, const char *path, const char *text)
{
	bool *is_made = arg;

	(void)text;
	if (strcmp(path, "CompleteMultipartUploadResult") == 0)
		*is_made = true;
	return true;
}

/* Some say 200 and then what went wrong. */
static bool check_made(void *arg, const char *body, size_t len,
		       struct s3_fault *f)
{
	bool is_made = false;

	(void)arg;
	if (s3_fault_read(f, body, len))
		return false;
	if (s3_xml_read(body, len, on_made_text, &is_made) && is_made)
		return true;
	(void)str_copy(f->message, sizeof(f->message),
		       "the answer does not say that the object was made");
	return false;
}

/* One that was asked for again knows no such upload when the first answer was
 * lost; the comparison tells what has become of it. */
static void on_made(void *arg, const struct s3_result *r, const struct err *e)
{
	struct upload *u = arg;

	u->request = NULL;
	if (e == NULL ||
	    (r->is_ambiguous && strcmp(r->code, "NoSuchUpload") == 0))
		begin_tag(u);
	else
		over(u, e);
}

static bool describe_parts(struct upload *u)
{
	text_str(&u->body, "<CompleteMultipartUpload>");
	for (unsigned i = 0; i < u->nparts; i++) {
		text_printf(&u->body, "<Part><PartNumber>%u</PartNumber><ETag>",
			    i + 1);
		object_xml_escape(&u->body, u->etags[i]);
		text_str(&u->body, "</ETag></Part>");
	}
	text_str(&u->body, "</CompleteMultipartUpload>");
	return !u->body.is_broken;
}

static void complete_if_whole(struct upload *u)
{
	struct s3_call call = {
		.method = "POST",
		.key = u->key,
		.query = u->query,
		.nquery = 1,
		.check = check_made,
	};
	struct err e = {0};

	if (u->state != UPLOAD_PARTS || !u->is_finished || u->is_told ||
	    !TAILQ_EMPTY(&u->parts))
		return;
	set_state(u, UPLOAD_COMPLETE);
	if (!describe_parts(u)) {
		(void)err_nomem(&e, "an upload");
	} else {
		call.body = u->body.data;
		call.body_len = u->body.len;
		u->request = s3_request_start(target_client(u->config.target),
					      &call, on_made, u, &e);
	}
	if (u->request == NULL)
		over(u, &e);
}

/* --- parts */

static void on_part(void *arg, const struct s3_result *r, const struct err *e)
{
	struct part *p = arg;
	struct upload *u = p->upload;
	const char *etag = e == NULL ? s3_fields_get(r->fields, "etag") : NULL;
	struct err mine = {0};

	p->request = NULL;
	if (e == NULL && etag == NULL)
		(void)err_set(&mine, ERR_REMOTE, "target_failed",
			      "the store took a part and told no ETag of it");
	else if (e == NULL && (u->etags[p->number - 1] = strdup(etag)) == NULL)
		(void)err_nomem(&mine, "an upload");
	free_part(p);
	if (e != NULL || err_is(&mine))
		over(u, e != NULL ? e : &mine);
	else
		complete_if_whole(u);
}

static bool send_part(struct upload *u, struct part *p, struct err *e)
{
	const struct s3_call call = {
		.method = "PUT",
		.key = u->key,
		.query = p->query,
		.nquery = 2,
		.body = p->bytes,
		.body_len = p->len,
		.wants_fields = true,
	};

	p->query[0] = (struct s3_pair){"partNumber", p->number_text};
	p->query[1] = (struct s3_pair){"uploadId", u->id.data};
	p->request = s3_request_start(target_client(u->config.target), &call,
				      on_part, p, e);
	return p->request != NULL;
}

static bool on_id_text(void *arg, const char *path, const char *text)
{
	struct upload *u = arg;

	if (strcmp(path, "InitiateMultipartUploadResult/UploadId") == 0) {
		text_reset(&u->id);
		text_str(&u->id, text);
	}
	return true;
}

static bool check_id(void *arg, const char *body, size_t len,
		     struct s3_fault *f)
{
	struct upload *u = arg;

	if (s3_fault_read(f, body, len))
		return false;
	if (s3_xml_read(body, len, on_id_text, u) && u->id.len > 0)
		return true;
	(void)str_copy(f->message, sizeof(f->message),
		       "the answer has no upload's id in it");
	return false;
}

static void on_created(void *arg, const struct s3_result *r,
		       const struct err *e)
{
	struct upload *u = arg;
	struct err mine = {0};
	struct part *p;

	(void)r;
	u->request = NULL;
	u->query[0] = (struct s3_pair){"uploadId", u->id.data};
	if (e != NULL) {
		over(u, e);
		return;
	}
	if (u->is_left) {
		abort_it(u);
		return;
	}
	set_state(u, UPLOAD_PARTS);
	TAILQ_FOREACH (p, &u->parts, entry) {
		if (!send_part(u, p, &mine)) {
			over(u, &mine);
			return;
		}
	}
	complete_if_whole(u);
}

static bool begin_parts(struct upload *u, struct err *e)
{
	static const struct s3_pair query[] = {{"uploads", ""}};
	struct s3_call call = {
		.method = "POST",
		.key = u->key,
		.query = query,
		.nquery = 1,
		.body = "",
		.check = check_id,
	};

	if (!object_headers_init(&u->headers, &u->facts, false))
		return err_nomem(e, "an upload");
	call.headers = u->headers.pairs;
	call.nheaders = u->headers.n;
	set_state(u, UPLOAD_CREATE);
	u->request = s3_request_start(target_client(u->config.target), &call,
				      on_created, u, e);
	return u->request != NULL;
}

static bool grow_etags(struct upload *u)
{
	char **more;

	if ((u->nparts & (u->nparts + 1)) == 0) { /* 0, 1, 3, 7, ... */
		more = reallocarray(u->etags, 2 * (size_t)u->nparts + 1,
				    sizeof(*more));
		if (more == NULL)
			return false;
		u->etags = more;
	}
	u->etags[u->nparts++] = NULL;
	return true;
}

bool upload_part(struct upload *u, void *bytes, size_t len, struct err *e)
{
	struct part *p = calloc(1, sizeof(*p));

	if (p == NULL || !grow_etags(u)) {
		free(p);
		free(bytes);
		return err_nomem(e, "an upload");
	}
	p->upload = u;
	p->bytes = bytes;
	p->len = len;
	p->number = u->nparts;
	(void)snprintf(p->number_text, sizeof(p->number_text), "%u", p->number);
	TAILQ_INSERT_TAIL(&u->parts, p, entry);
	if (u->state == UPLOAD_OVER)
		return begin_parts(u, e);
	return u->state != UPLOAD_PARTS || send_part(u, p, e);
}

void upload_finish(struct upload *u)
{
	u->is_finished = true;
	complete_if_whole(u);
}
