/*
 * call.c - JSON in, JSON out. The answer is read while the program runs, and
 * looked at when it has ended.
 */
#include "programs/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/secret.h"
#include "base/text.h"
#include "helper_int.h"
#include "program_int.h"

enum { READ_BYTES = 64 * 1024 };

struct program_call {
	struct helper *helper;
	struct program *program;
	program_call_cb *done;
	void *arg;
	void (*line)(void *arg, const char *text);
	unsigned timeout_ms;
	struct event *timer, *on_input, *on_output;
	char *request; /* what is written; wiped */
	size_t length, written;
	struct text reply;
};

static void free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

void program_call_cancel(struct program_call *call)
{
	if (call == NULL)
		return;
	free_event(&call->timer);
	free_event(&call->on_input);
	free_event(&call->on_output);
	program_free(call->program);
	secret_free(call->request);
	if (call->reply.data != NULL)
		secret_wipe(call->reply.data, call->reply.cap);
	text_free(&call->reply);
	free(call);
}

/* The last thing that a call does. */
static void complete(struct program_call *call, json_t *reply,
		     const struct err *e)
{
	program_call_cb *done = call->done;
	void *arg = call->arg;

	json_incref(reply);
	program_call_cancel(call);
	done(arg, reply, e);
	json_decref(reply);
}

static void fail(struct program_call *call, enum err_code code, const char *api,
		 const char *text)
{
	struct err e = {0};

	(void)err_set(&e, code, api, "%s %s", program_label(call->program),
		      text);
	complete(call, NULL, &e);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fail(arg, ERR_TIMEOUT, "timed_out",
	     "did not answer in time and was ended");
}

/* False: it answers too much. *is_over: nothing more is to be had now. */
static bool read_some(struct program_call *call, bool *is_over)
{
	char bytes[READ_BYTES];
	ssize_t n = read(program_output(call->program), bytes, sizeof(bytes));

	*is_over = n <= 0;
	if (n <= 0) {
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			free_event(&call->on_output);
		return true;
	}
	if (call->reply.len + (size_t)n > CALL_REPLY_MAX)
		return false;
	text_add(&call->reply, bytes, (size_t)n);
	return true;
}

static void lies(struct program_call *call)
{
	fail(call, ERR_REMOTE, "program_lied",
	     "answered with more than a megabyte; see what it writes to its "
	     "standard output");
}

static void on_output(evutil_socket_t fd, short what, void *arg)
{
	struct program_call *call = arg;
	bool is_over;

	(void)fd;
	(void)what;
	if (!read_some(call, &is_over))
		lies(call);
}

static void end_input(struct program_call *call)
{
	free_event(&call->on_input);
	program_close_input(call->program);
}

/* One that does not read its question may answer it all the same. */
static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct program_call *call = arg;
	ssize_t n = write((int)fd, call->request + call->written,
			  call->length - call->written);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		call->written += (size_t)n;
	if (n < 0 || call->written == call->length)
		end_input(call);
}

static struct event *watch(struct program_call *call, int fd, short what,
			   event_callback_fn f)
{
	struct event *ev = event_new(helper_base(call->helper), fd,
				     (short)(what | EV_PERSIST), f, call);

	if (ev != NULL && event_add(ev, NULL) != 0)
		free_event(&ev);
	return ev;
}

static void on_started(void *arg)
{
	struct program_call *call = arg;

	call->on_input =
		watch(call, program_input(call->program), EV_WRITE, on_input);
	call->on_output =
		watch(call, program_output(call->program), EV_READ, on_output);
	if (call->on_input == NULL || call->on_output == NULL)
		fail(call, ERR_NOMEM, "internal", "has no memory for events");
}

static void on_line(void *arg, const char *text)
{
	struct program_call *call = arg;

	if (call->line != NULL)
		call->line(call->arg, text);
}

/* The sentence that a program gives for its failure, or NULL. */
static const char *detail_of(const json_t *reply)
{
	const json_t *error = json_object_get(reply, "error");

	return json_string_value(json_object_get(error, "detail"));
}

static void judge(struct program_call *call, const struct program_end *end,
		  json_t *reply)
{
	const char *detail = detail_of(reply);
	struct err e = end->err;

	if (!err_is(&e) && reply != NULL && detail == NULL) {
		complete(call, reply, NULL);
		return;
	}
	if (detail != NULL && end->is_started) {
		err_clear(&e);
		(void)err_set(&e, ERR_REMOTE, "program_failed", "%s: %.300s",
			      program_label(call->program), detail);
	} else if (!err_is(&e)) {
		(void)err_set(&e, ERR_REMOTE, "program_lied",
			      "%s did not answer with a JSON object; run it "
			      "by hand to see what it writes",
			      program_label(call->program));
	}
	complete(call, NULL, &e);
}

static void on_ended(void *arg, const struct program_end *end)
{
	struct program_call *call = arg;
	bool is_over = program_output(call->program) < 0;
	json_t *reply;

	while (!is_over) {
		if (!read_some(call, &is_over)) {
			lies(call);
			return;
		}
	}
	if (call->reply.is_broken) {
		fail(call, ERR_NOMEM, "internal",
		     "answered more than there is memory for");
		return;
	}
	reply = json_incref(program_reply(call->program));
	if (reply == NULL && call->reply.len > 0)
		reply = json_loadb(call->reply.data, call->reply.len, 0, NULL);
	judge(call, end, json_is_object(reply) ? reply : NULL);
	json_decref(reply);
}

static const struct program_ops ops = {
	.started = on_started,
	.line = on_line,
	.ended = on_ended,
};

static bool arm(struct program_call *call)
{
	const struct timeval limit = {call->timeout_ms / 1000,
				      (suseconds_t)(call->timeout_ms % 1000) *
					      1000};

	call->timer = evtimer_new(helper_base(call->helper), on_timer, call);
	return call->timer != NULL && evtimer_add(call->timer, &limit) == 0;
}

/* Takes call. */
static struct program_call *
begin(struct program_call *call, const struct program_request *r, struct err *e)
{
	if (!arm(call))
		(void)err_nomem(e, "a call");
	else
		call->program = program_start(call->helper, r, &ops, call, e);
	if (call->program != NULL)
		return call;
	program_call_cancel(call);
	return NULL;
}

static struct program_call *call_new(struct helper *h, program_call_cb *done,
				     void *arg, struct err *e)
{
	struct program_call *call = calloc(1, sizeof(*call));

	if (call == NULL) {
		(void)err_nomem(e, "a call");
		return NULL;
	}
	call->helper = h;
	call->done = done;
	call->arg = arg;
	return call;
}

struct program_call *program_call_start(struct helper *h,
					const struct program_call_config *c,
					program_call_cb *done, void *arg,
					struct err *e)
{
	json_t *fields = json_pack("{s:s}", "operation", c->operation);
	const struct program_request r = {
		.verb = c->verb, .name = c->name, .fields = fields};
	struct program_call *call = call_new(h, done, arg, e);

	if (call != NULL) {
		call->line = c->line;
		call->timeout_ms = c->timeout_ms;
		call->request = json_dumps(c->request, JSON_COMPACT);
	}
	if (call != NULL && (call->request == NULL || fields == NULL)) {
		(void)err_nomem(e, "a call");
		program_call_cancel(call);
		call = NULL;
	}
	if (call != NULL) {
		call->length = strlen(call->request);
		call = begin(call, &r, e);
	}
	json_decref(fields);
	return call;
}

struct program_call *helper_list(struct helper *h, program_call_cb *done,
				 void *arg, struct err *e)
{
	enum { LIST_MS = 10000 };
	const struct program_request r = {.verb = "list"};
	struct program_call *call = call_new(h, done, arg, e);

	if (call == NULL)
		return NULL;
	call->timeout_ms = LIST_MS;
	return begin(call, &r, e);
}
