/*
 * request.c - one request to S3.
 *
 * A request waits for its digest, for an attempt, or for the next attempt;
 * so it is a state machine, driven by the digest's end, curl's end and one
 * timer. Every attempt is signed anew: a signature is good for 15 minutes,
 * and the clock may have been learned from the store in between.
 */
#include "s3/request.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/secret.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "client_int.h"
#include "send.h"
#include "verdict.h"

enum {
	/* Below this a digest takes less than half a millisecond. */
	DIGEST_NOW_MAX = 64 * 1024,
	/* Another clock than the one that was refused. */
	SKEW_STEP_MS = 60 * 1000,
	NAME_MAX_BYTES = 160,
	/* A Date header is cut to the second: half of one on average. */
	DATE_CUT_MS = 500,
};

enum state {
	STATE_START,	/* the next turn of the loop begins it */
	STATE_DIGEST,	/* a thread hashes the body */
	STATE_TRANSFER, /* curl has it */
	STATE_BACKOFF,	/* the timer runs until the next attempt */
	STATE_OVER,	/* done() is being called */
	STATES,
};

static const char *const state_names[] = {
	[STATE_START] = "start",       [STATE_DIGEST] = "digest",
	[STATE_TRANSFER] = "transfer", [STATE_BACKOFF] = "backoff",
	[STATE_OVER] = "over",
};
static_assert(sizeof(state_names) / sizeof(state_names[0]) == STATES,
	      "a name for every state");

struct s3_request {
	struct s3_client *st;
	struct s3_call call;
	s3_request_done_cb *done;
	void *arg;
	char name[NAME_MAX_BYTES]; /* "PUT bucket/key", for texts */
	enum state state;
	struct event *timer;
	struct s3_digests digests;
	struct s3_digest *digest; /* in STATE_DIGEST */
	struct s3_send send;
	struct transfer *transfer; /* in STATE_TRANSFER */
	struct s3_reply reply;
	struct s3_fault fault;	/* of the last attempt */
	unsigned attempts;	/* that count */
	int64_t used_skew_ms;	/* in the last signature */
	bool was_conditional;	/* the last attempt */
	bool had_fresh_attempt; /* the one that is free */
	bool has_learned_clock;
	bool is_ambiguous;
};

static void set_state(struct s3_request *r, enum state to)
{
	log_debug("stores", "%s: %s -> %s", r->name, state_names[r->state],
		  state_names[to]);
	r->state = to;
}

static void request_free(struct s3_request *r)
{
	if (r->timer != NULL)
		event_free(r->timer);
	s3_send_fini(&r->send);
	s3_reply_fini(&r->reply);
	free(r);
}

/* The last act of a request. */
static void finish(struct s3_request *r, const struct err *e)
{
	struct s3_fault fault = r->fault;
	struct s3_result result = {.got = r->reply.got,
				   .status = r->reply.status,
				   .code = fault.code,
				   .is_ambiguous = r->is_ambiguous,
				   .are_fields_cut = r->reply.are_fields_cut};
	struct s3_fields fields = r->reply.fields;
	s3_request_done_cb *done = r->done;
	void *arg = r->arg;
	struct err copy = {0};

	set_state(r, STATE_OVER);
	if (e != NULL) {
		copy = *e;
		if (r->attempts > 1)
			err_prefix(&copy, "%s, %u attempts", r->name,
				   r->attempts);
		else
			err_prefix(&copy, "%s", r->name);
	}
	r->reply.fields = (struct s3_fields){0};
	result.fields = &fields;
	request_free(r);
	done(arg, &result, e != NULL ? &copy : NULL);
	s3_fields_fini(&fields);
}

static void start_timer(struct s3_request *r, unsigned ms)
{
	struct timeval tv = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	evtimer_add(r->timer, &tv); /* cannot fail: loop_new() saw to it */
}

static void on_transfer(void *arg, CURLcode result);

static struct s3_landing landing_of(const struct s3_call *call)
{
	struct s3_landing l = {0, call->buf, call->cap, call->wants_fields};

	if (call->buf != NULL)
		l.wanted_status = call->length > 0 ? 206 : 200;
	return l;
}

static void attempt(struct s3_request *r, bool is_fresh)
{
	struct s3_landing landing = landing_of(&r->call);
	struct s3_sending what = {
		.call = &r->call,
		.digests = &r->digests,
		.is_new = r->call.is_new && !r->st->has_no_conditional,
		.is_fresh = is_fresh,
	};
	struct err e = {0};

	/*
	 * curl repeats a request by itself when a kept connection was dead,
	 * and tells nobody. With a condition that would make a conflict with
	 * ourselves look like one with another; so it gets a new connection.
	 */
	if (what.is_new)
		what.is_fresh = true;
	s3_reply_reset(&r->reply, &landing);
	s3_send_fini(&r->send);
	r->used_skew_ms = r->st->signing_skew_ms;
	r->was_conditional = what.is_new;
	if (s3_send_init(&r->send, r->st, &what, &r->reply, &e))
		r->transfer = transfers_start(r->st->transfers, r->send.easy,
					      on_transfer, r, &e);
	if (err_is(&e)) {
		finish(r, &e);
		return;
	}
	set_state(r, STATE_TRANSFER);
}

static void count_and_attempt(struct s3_request *r)
{
	r->attempts++;
	attempt(r, false);
}

static void on_digest(void *arg, const struct err *e)
{
	struct s3_request *r = arg;

	r->digest = NULL;
	if (e != NULL)
		finish(r, e);
	else
		count_and_attempt(r);
}

/* Finds out what has to be hashed; a long body goes to a thread. */
static void begin(struct s3_request *r)
{
	const struct s3_call *call = &r->call;
	struct s3_digests *d = &r->digests;
	struct s3_digest_body body = {call->body, call->body_len, d};
	bool is_now = false;
	struct err e = {0};

	d->wants_sha256 = call->sha256 == NULL;
	d->wants_md5 =
		call->body_len > 0 && (call->needs_md5 || !r->st->is_https);
	if (!d->wants_sha256)
		memcpy(d->sha256, call->sha256, SHA256_LEN);
	if (call->body_len > DIGEST_NOW_MAX &&
	    (d->wants_sha256 || d->wants_md5))
		r->digest = s3_digest_start(r->st->blocking, &body, on_digest,
					    r, &e);
	else
		is_now = s3_digest_now(d, call->body, call->body_len, &e);
	if (err_is(&e))
		finish(r, &e);
	else if (is_now)
		count_and_attempt(r);
	else
		set_state(r, STATE_DIGEST);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct s3_request *r = arg;

	(void)fd;
	(void)what;
	switch (r->state) {
	case STATE_START:
		begin(r);
		break;
	case STATE_BACKOFF:
		count_and_attempt(r);
		break;
	case STATE_DIGEST:
	case STATE_TRANSFER:
	case STATE_OVER:
	case STATES:
		break;
	}
}

/* Our idea of the store's clock, from its Date header. */
static int64_t skew_of(const struct s3_reply *r)
{
	return r->date_ms + DATE_CUT_MS - r->came_ms;
}

/*
 * A kept connection that the server has closed meanwhile says nothing about
 * the server: the request goes again at once, and it does not count.
 */
static bool is_stale_connection(struct s3_request *r, CURLcode result)
{
	long connects = 1;

	if (result == CURLE_OK || r->reply.status != 0 || r->had_fresh_attempt)
		return false;
	if (result != CURLE_SEND_ERROR && result != CURLE_RECV_ERROR &&
	    result != CURLE_GOT_NOTHING)
		return false;
	curl_easy_getinfo(r->send.easy, CURLINFO_NUM_CONNECTS, &connects);
	return connects == 0;
}

/* True when the store's clock is news: then it is signed for. */
static bool learn_clock(struct s3_request *r)
{
	int64_t skew = skew_of(&r->reply);

	if (r->reply.date_ms == 0 || r->has_learned_clock ||
	    llabs(skew - r->used_skew_ms) < SKEW_STEP_MS)
		return false;
	r->has_learned_clock = true;
	r->st->signing_skew_ms = skew;
	log_warn("stores",
		 "%s: the store's clock is %" PRId64 " s off ours; "
		 "signing with its time",
		 r->name, skew / 1000);
	return true;
}

static void back_off(struct s3_request *r, struct err *e)
{
	unsigned random, ms;

	if (r->attempts >= r->st->max_attempts) {
		finish(r, e);
		return;
	}
	secret_random(&random, sizeof(random));
	ms = s3_backoff_ms(r->st->retry_ms, r->attempts, r->reply.wait_s,
			   random);
	log_warn("stores", "%s: %s; attempt %u of %u in %u ms", r->name, e->msg,
		 r->attempts + 1, r->st->max_attempts, ms);
	set_state(r, STATE_BACKOFF);
	start_timer(r, ms);
}

static enum s3_verdict judge(struct s3_request *r, CURLcode result,
			     struct err *e)
{
	double connected_s = 0;
	struct s3_outcome o = {
		.result = result,
		.curl_text = r->send.error,
		.met_forbidden = r->send.met_forbidden,
		.reply = &r->reply,
		.fault = &r->fault,
		.offset = r->call.offset,
		.length = r->call.length,
	};
	enum s3_verdict v;

	r->fault = (struct s3_fault){0};
	curl_easy_getinfo(r->send.easy, CURLINFO_PRETRANSFER_TIME,
			  &connected_s);
	o.was_connected = connected_s > 0;
	v = s3_judge(&o, e);
	if (v != S3_SUCCEEDED || r->call.check == NULL ||
	    r->call.check(r->arg, r->reply.body.data, r->reply.body.len,
			  &r->fault))
		return v;
	return s3_judge_fault(r->reply.status, &r->fault, e);
}

/* Acts on the verdict; each branch ends or waits. */
static void act(struct s3_request *r, enum s3_verdict v, struct err *e)
{
	switch (v) {
	case S3_SUCCEEDED:
		finish(r, NULL);
		return;
	case S3_RETRY:
		r->is_ambiguous = true;
		back_off(r, e);
		return;
	case S3_RETRY_CLOCK:
		if (learn_clock(r)) {
			attempt(r, false);
			return;
		}
		break;
	case S3_WITHOUT_CONDITION:
		if (r->was_conditional) {
			r->st->has_no_conditional = true;
			attempt(r, false);
			return;
		}
		break;
	case S3_FAILED:
		break;
	}
	finish(r, e);
}

static void on_transfer(void *arg, CURLcode result)
{
	struct s3_request *r = arg;
	struct err e = {0};

	r->transfer = NULL;
	if (r->reply.date_ms != 0)
		r->st->seen_skew_ms = skew_of(&r->reply);
	if (is_stale_connection(r, result)) {
		r->had_fresh_attempt = true;
		r->is_ambiguous = true;
		attempt(r, true);
		return;
	}
	act(r, judge(r, result, &e), &e);
}

static void name_it(struct s3_request *r)
{
	struct text t = {0};

	text_printf(&t, "%s %s%s%s", r->call.method, r->st->bucket,
		    r->call.key != NULL ? "/" : "",
		    r->call.key != NULL ? r->call.key : "");
	if (!t.is_broken)
		str_printable(r->name, sizeof(r->name), t.data);
	text_free(&t);
}

/* What would end a header's line, or the text before its end, has no business
 * in one. */
static bool check_headers(const struct s3_call *call, struct err *e)
{
	size_t i = 0;

	while (i < call->nheaders &&
	       strpbrk(call->headers[i].name, "\r\n: ") == NULL &&
	       strpbrk(call->headers[i].value, "\r\n") == NULL)
		i++;
	if (i == call->nheaders && i <= S3_HEADERS_MAX)
		return true;
	return err_set(e, ERR_INVALID, "store_failed",
		       "more headers than %d, or one with a line end in it",
		       S3_HEADERS_MAX);
}

struct s3_request *s3_request_start(struct s3_client *st,
				    const struct s3_call *call,
				    s3_request_done_cb *done, void *arg,
				    struct err *e)
{
	struct s3_request *r;

	if (!check_headers(call, e))
		return NULL;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		goto nomem;
	r->st = st;
	r->call = *call;
	r->done = done;
	r->arg = arg;
	r->timer = evtimer_new(loop_base(st->loop), on_timer, r);
	if (r->timer == NULL)
		goto nomem;
	name_it(r);
	loop_next_turn(r->timer);
	return r;

nomem:
	free(r);
	err_nomem(e, "a request");
	return NULL;
}

void s3_request_cancel(struct s3_request *r)
{
	if (r == NULL)
		return;
	if (r->digest != NULL)
		s3_digest_cancel(r->digest);
	if (r->transfer != NULL)
		transfer_cancel(r->transfer);
	request_free(r);
}
