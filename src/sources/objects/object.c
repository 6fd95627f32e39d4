/* object.c - see object.h. What an answer's headers say is read in heads.c. */
#include "sources/objects/object.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "s3/pages.h"
#include "s3/request.h"
#include "s3/tags.h"
#include "sources/objects/bucket.h"
#include "sources/objects/heads.h"
#include "sources/tidings.h"

static const char *const state_names[] = {
	[OBJECT_LISTED] = "listed",   [OBJECT_COMPARED] = "compared",
	[OBJECT_SAME] = "same",	      [OBJECT_NEW] = "new",
	[OBJECT_FIRST] = "first",     [OBJECT_TAGGING] = "tagging",
	[OBJECT_KNOWN] = "known",     [OBJECT_STALE] = "stale",
	[OBJECT_LOOKING] = "looking", [OBJECT_BROKEN] = "broken",
	[OBJECT_LOST] = "lost",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == OBJECT_STATES,
	      "a name for every state");

enum { SHOWN = 256 };

static void set_state(struct object *o, enum object_state to)
{
	char shown[SHOWN];

	log_debug("sources", "object \"%s\": %s -> %s",
		  tidings_path(shown, sizeof(shown), o->key),
		  state_names[o->state], state_names[to]);
	o->state = to;
}

/* --- its life */

struct object *object_new(struct fetcher *f, const struct s3_page *page,
			  const struct s3_entry *entry)
{
	struct object *o = calloc(1, sizeof(*o));
	const char *etag = page->keys.data + entry->etag_at;

	if (o == NULL)
		return NULL;
	TAILQ_INIT(&o->pieces);
	o->fetcher = f;
	o->state = f->has_past ? OBJECT_LISTED : OBJECT_NEW;
	o->key = strdup(page->keys.data + entry->key_at);
	o->facts.size = entry->size_bytes;
	o->facts.modified_ms = entry->modified_ms;
	if (etag[0] != '\0')
		o->facts.etag = strdup(etag);
	if (o->key != NULL && (etag[0] == '\0' || o->facts.etag != NULL))
		return o;
	object_free(o);
	return NULL;
}

static void piece_free(struct object *o, struct piece *p)
{
	if (p->request != NULL) {
		s3_request_cancel(p->request);
		o->fetcher->nrunning--;
	}
	TAILQ_REMOVE(&o->pieces, p, entry);
	o->fetcher->held_bytes -= p->len;
	free(p->bytes);
	free(p);
}

static void drop_all(struct object *o)
{
	struct piece *next;

	for (struct piece *p = TAILQ_FIRST(&o->pieces); p != NULL; p = next) {
		next = TAILQ_NEXT(p, entry);
		piece_free(o, p);
	}
	if (o->request != NULL) {
		s3_request_cancel(o->request);
		o->fetcher->nrunning--;
		o->request = NULL;
	}
}

void object_free(struct object *o)
{
	if (o == NULL)
		return;
	drop_all(o);
	object_facts_fini(&o->facts);
	free(o->line);
	free(o->key);
	free(o);
}

/* --- what goes wrong */

static void fail_nomem(struct fetcher *f)
{
	(void)err_nomem(&f->err, "an object");
}

bool object_tell_unreadable(struct object *o)
{
	struct fetcher *f = o->fetcher;
	char shown[SHOWN];

	tidings_add(f->tidings, TIDING_OBJECT_UNREADABLE, o->key, o->why);
	if (!f->is_strict)
		return true;
	return err_set(&f->err, ERR_DENIED, "object_unreadable",
		       "the object \"%s\" could not be read: %s; exclude it, "
		       "or leave out \"strict\"",
		       tidings_path(shown, sizeof(shown), o->key), o->why);
}

/* It cannot be gone on with; what that means depends on how far it came. */
static void break_off(struct object *o, enum breach breach)
{
	drop_all(o);
	o->breach = breach;
	if (o->is_begun) {
		set_state(o, OBJECT_BROKEN);
	} else if (breach == BREACH_CHANGED) {
		set_state(o, OBJECT_STALE);
	} else {
		if (breach == BREACH_VANISHED)
			tidings_add(o->fetcher->tidings, TIDING_OBJECT_VANISHED,
				    o->key, NULL);
		else
			(void)object_tell_unreadable(o);
		set_state(o, OBJECT_LOST);
	}
}

/* A request for it failed. */
static void fail_request(struct object *o, const struct s3_result *r,
			 const struct err *e)
{
	struct fetcher *f = o->fetcher;

	(void)str_copy(o->why, sizeof(o->why), e->msg);
	switch (heads_judge(r, e)) {
	case OUTCOME_CHANGED:
		(void)str_copy(o->why, sizeof(o->why),
			       "it was changed each time it was read");
		break_off(o, BREACH_CHANGED);
		break;
	case OUTCOME_VANISHED:
		break_off(o, BREACH_VANISHED);
		break;
	case OUTCOME_UNREADABLE:
		break_off(o, BREACH_UNREADABLE);
		break;
	case OUTCOME_FATAL:
		if (!err_is(&f->err)) {
			f->err = *e;
			bucket_judge(&f->err);
		}
		drop_all(o);
		break;
	}
}

/* --- requests */

static bool is_small(const struct object *o)
{
	return o->facts.size <= OBJECT_PIECE_BYTES;
}

/* What makes the pieces of a large one be of one version. call points into
 * pairs, which last as long as the piece; 1 or 0 of each is filled. */
struct binding {
	struct s3_pair match, version;
};

/* A piece's request points to it, so it lies behind the piece. */
struct bound_piece {
	struct piece piece; /* comes first */
	struct binding binding;
};

static void bind_version(const struct object *o, struct binding *b,
			 struct s3_call *call)
{
	if (o->facts.version_id != NULL) {
		b->version = (struct s3_pair){"versionId", o->facts.version_id};
		call->query = &b->version;
		call->nquery = 1;
	} else if (o->facts.etag != NULL) {
		b->match = (struct s3_pair){"if-match", o->facts.etag};
		call->headers = &b->match;
		call->nheaders = 1;
	}
}

static struct bound_piece *piece_new(struct object *o, size_t len)
{
	struct bound_piece *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return NULL;
	b->piece.bytes = malloc(len > 0 ? len : 1);
	if (b->piece.bytes == NULL) {
		free(b);
		return NULL;
	}
	b->piece.object = o;
	b->piece.len = len;
	o->fetcher->held_bytes += len;
	TAILQ_INSERT_TAIL(&o->pieces, &b->piece, entry);
	return b;
}

static void on_piece(void *arg, const struct s3_result *r, const struct err *e);

static bool ask_piece(struct object *o)
{
	uint64_t left = o->facts.size - o->asked;
	size_t len =
		left < OBJECT_PIECE_BYTES ? (size_t)left : OBJECT_PIECE_BYTES;
	struct bound_piece *b = piece_new(o, len);
	struct s3_call call = {.method = "GET",
			       .key = o->key,
			       .wants_fields = true,
			       .cap = len};

	if (b == NULL) {
		fail_nomem(o->fetcher);
		return false;
	}
	call.buf = b->piece.bytes;
	if (!is_small(o)) {
		call.offset = o->asked;
		call.length = len;
		bind_version(o, &b->binding, &call);
	}
	b->piece.request = s3_request_start(o->fetcher->client, &call, on_piece,
					    &b->piece, &o->fetcher->err);
	if (b->piece.request == NULL) {
		piece_free(o, &b->piece);
		return false;
	}
	o->fetcher->nrunning++;
	o->asked += len;
	return true;
}

static bool check_tags(void *arg, const char *body, size_t len,
		       struct s3_fault *f)
{
	struct object *o = arg;

	return s3_tags_read(&o->facts.tags, body, len, f);
}

/* Tags are no reason to lose an object; what their answer tells of the store
 * and the key counts for all that follow. */
static void on_tags(void *arg, const struct s3_result *r, const struct err *e)
{
	struct object *o = arg;
	struct fetcher *f = o->fetcher;
	enum tags_mode found = heads_tags_mode(r, e);

	o->request = NULL;
	f->nrunning--;
	wake(f->waker);
	if (e == NULL || heads_has_no_tags(r)) {
		f->has_asked_tags = true;
		set_state(o, OBJECT_KNOWN);
		return;
	}
	s3_fields_reset(&o->facts.tags);
	if (found == TAGS_ASK) {
		fail_request(o, r, e);
		return;
	}
	o->facts.are_tags_unread = found == TAGS_DENIED;
	f->tags = found;
	set_state(o, OBJECT_KNOWN);
}

static void ask_tags(struct object *o)
{
	static const struct s3_pair query = {"tagging", ""};
	const struct s3_call call = {.method = "GET",
				     .key = o->key,
				     .query = &query,
				     .nquery = 1,
				     .check = check_tags};
	struct fetcher *f = o->fetcher;

	o->request = s3_request_start(f->client, &call, on_tags, o, &f->err);
	if (o->request == NULL)
		return;
	f->nrunning++;
	set_state(o, OBJECT_TAGGING);
}

/* Whether to ask for its tags; whether it has some is not always told. */
static bool wants_tags(struct object *o, const struct s3_fields *fields)
{
	struct fetcher *f = o->fetcher;
	bool has_some = heads_count_tags(fields) > 0;

	f->counts_tags =
		f->counts_tags || has_some || heads_is_counting(fields);
	if (f->tags == TAGS_ASK)
		return has_some || !f->has_asked_tags || !f->counts_tags;
	o->facts.are_tags_unread =
		f->tags == TAGS_DENIED && (has_some || !f->counts_tags);
	return false;
}

/* The first piece tells what the object is. */
static void take_first(struct object *o, const struct s3_result *r)
{
	if (!is_small(o) && !heads_is_version(r->fields, &o->facts)) {
		break_off(o, BREACH_CHANGED);
		return;
	}
	if (is_small(o))
		o->facts.size = o->asked = r->got;
	if (!heads_read(&o->facts, r)) {
		fail_nomem(o->fetcher);
		return;
	}
	o->facts.is_recent =
		o->fetcher->has_heirs && heads_is_recent(r->fields);
	if (o->facts.is_metadata_partial)
		tidings_add(o->fetcher->tidings, TIDING_METADATA, o->key, NULL);
	if (wants_tags(o, r->fields))
		ask_tags(o);
	else
		set_state(o, OBJECT_KNOWN);
}

static void on_piece(void *arg, const struct s3_result *r, const struct err *e)
{
	struct piece *p = arg;
	struct object *o = p->object;
	struct fetcher *f = o->fetcher;

	p->request = NULL;
	f->nrunning--;
	wake(f->waker);
	if (e != NULL) {
		fail_request(o, r, e);
		return;
	}
	f->held_bytes -= p->len - r->got;
	p->len = r->got;
	if (o->state == OBJECT_FIRST)
		take_first(o, r);
	else if (!heads_is_version(r->fields, &o->facts))
		break_off(o, BREACH_CHANGED);
}

/* --- it is not what it was */

/* The same still, and yet it could not be read as such. */
static bool is_same_still(const struct object *o, const struct s3_result *r)
{
	return o->facts.etag != NULL &&
	       heads_is_version(r->fields, &o->facts) &&
	       heads_size(r->fields) == o->facts.size;
}

static void on_look(void *arg, const struct s3_result *r, const struct err *e)
{
	struct object *o = arg;
	struct fetcher *f = o->fetcher;

	o->request = NULL;
	f->nrunning--;
	wake(f->waker);
	if (e != NULL) {
		fail_request(o, r, e);
	} else if (is_same_still(o, r) || o->looks >= OBJECT_TRIES) {
		break_off(o, BREACH_UNREADABLE);
	} else {
		object_facts_reset(&o->facts);
		o->facts.size = heads_size(r->fields);
		o->asked = 0;
		if (heads_read(&o->facts, r))
			set_state(o, OBJECT_NEW);
		else
			fail_nomem(f);
	}
}

static bool look(struct object *o)
{
	const struct s3_call call = {
		.method = "HEAD", .key = o->key, .wants_fields = true};
	struct fetcher *f = o->fetcher;

	o->request = s3_request_start(f->client, &call, on_look, o, &f->err);
	if (o->request == NULL)
		return false;
	f->nrunning++;
	o->looks++;
	set_state(o, OBJECT_LOOKING);
	return true;
}

void object_answer(struct object *o, char *line)
{
	o->line = line;
	set_state(o, line != NULL ? OBJECT_SAME : OBJECT_NEW);
}

void object_again(struct object *o)
{
	o->is_begun = false;
	set_state(o, OBJECT_STALE);
}

/* --- the next step */

bool object_step(struct object *o, bool has_room)
{
	switch (o->state) {
	case OBJECT_NEW:
		if (!has_room || !ask_piece(o))
			return false;
		set_state(o, OBJECT_FIRST);
		return true;
	case OBJECT_KNOWN:
		return has_room && o->asked < o->facts.size && ask_piece(o);
	case OBJECT_STALE:
		return look(o);
	case OBJECT_LISTED:
	case OBJECT_COMPARED:
	case OBJECT_SAME:
	case OBJECT_FIRST:
	case OBJECT_TAGGING:
	case OBJECT_LOOKING:
	case OBJECT_BROKEN:
	case OBJECT_LOST:
	case OBJECT_STATES:
		break;
	}
	return false;
}

bool object_is_asked(const struct object *o)
{
	if (o->state == OBJECT_LOST || o->state == OBJECT_SAME)
		return true;
	return o->state > OBJECT_NEW && o->state != OBJECT_STALE &&
	       o->state != OBJECT_LOOKING && o->state != OBJECT_BROKEN &&
	       o->asked == o->facts.size;
}

struct piece *object_piece(const struct object *o)
{
	struct piece *p = TAILQ_FIRST(&o->pieces);

	return p != NULL && p->request == NULL ? p : NULL;
}

void object_drop_piece(struct object *o)
{
	piece_free(o, TAILQ_FIRST(&o->pieces));
}
