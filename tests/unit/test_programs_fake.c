/* test_programs_fake.c - calls of programs, answered by a script. */
#include "test_programs_fake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/text.h"
#include "loop/loop.h"
#include "programs/call.h"
#include "programs/stream.h"

enum { MS = 1000, CALLS_MAX = 32, PIECE = 700 };

struct program_call {
	struct event *timer;
	const struct fake_call *answer; /* NULL: it hangs */
	char operation[64];
	program_call_cb *done;
	void *arg;
};

static struct {
	struct loop *loop;
	const struct fake_call *calls;
	unsigned used[CALLS_MAX];
	struct text log;
	const unsigned char *output;
	size_t noutput;
	const char *output_error;
} fake;

void fake_programs_begin(struct loop *l, const struct fake_call *calls)
{
	memset(&fake, 0, sizeof(fake));
	fake.loop = l;
	fake.calls = calls;
	text_str(&fake.log, "");
}

void fake_programs_output(const void *bytes, size_t n, const char *error)
{
	fake.output = bytes;
	fake.noutput = n;
	fake.output_error = error;
}

const char *fake_programs_log(void)
{
	return fake.log.data;
}

unsigned fake_programs_count(const char *begins)
{
	const char *at = fake.log.data;
	unsigned n = 0;

	while (*at != '\0') {
		n += strncmp(at, begins, strlen(begins)) == 0;
		at += strcspn(at, "\n") + 1;
	}
	return n;
}

void fake_programs_end(void)
{
	text_free(&fake.log);
}

static const struct fake_call *find(const char *operation)
{
	for (size_t i = 0; fake.calls[i].operation != NULL; i++) {
		const struct fake_call *c = &fake.calls[i];

		assert_true(i < CALLS_MAX);
		if (strcmp(c->operation, operation) != 0 ||
		    (c->times != 0 && fake.used[i] == c->times))
			continue;
		fake.used[i]++;
		return c;
	}
	return NULL;
}

static void call_free(struct program_call *c)
{
	event_free(c->timer);
	free(c);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	struct program_call *c = arg;
	json_t *reply = NULL;
	struct err e = {0};

	(void)fd;
	(void)what;
	if (c->answer == NULL)
		(void)err_set(&e, ERR_TIMEOUT, "timed_out", "%s took too long",
			      c->operation);
	else if (c->answer->reply == NULL)
		(void)err_set(&e, ERR_REMOTE, "program_failed", "%s",
			      c->answer->error);
	else
		reply = json_loads(c->answer->reply, 0, NULL);
	assert_true(reply != NULL || err_is(&e));
	c->done(c->arg, reply, reply != NULL ? NULL : &e);
	json_decref(reply);
	call_free(c);
}

static struct program_call *call_new(const char *operation, unsigned timeout_ms,
				     program_call_cb *done, void *arg)
{
	struct program_call *c = calloc(1, sizeof(*c));
	struct timeval tv;
	unsigned ms;

	assert_non_null(c);
	(void)str_copy(c->operation, sizeof(c->operation), operation);
	c->answer = find(operation);
	c->done = done;
	c->arg = arg;
	c->timer = evtimer_new(loop_base(fake.loop), on_time, c);
	ms = c->answer != NULL ? c->answer->after_ms : timeout_ms;
	tv.tv_sec = ms / MS;
	tv.tv_usec = ms % MS * MS;
	assert_int_equal(evtimer_add(c->timer, &tv), 0);
	return c;
}

static const char *text_of(const json_t *request, const char *key)
{
	const char *s = json_string_value(json_object_get(request, key));

	return s != NULL ? s : "-";
}

struct program_call *program_call_start(struct helper *h,
					const struct program_call_config *c,
					program_call_cb *done, void *arg,
					struct err *e)
{
	char operation[64];

	(void)h;
	(void)e;
	(void)snprintf(operation, sizeof(operation), "%s %s", c->name,
		       c->operation);
	text_printf(&fake.log, "%s %s %s\n", operation,
		    text_of(c->request, "id"), text_of(c->request, "path"));
	return call_new(operation, c->timeout_ms, done, arg);
}

struct program_call *helper_list(struct helper *h, program_call_cb *done,
				 void *arg, struct err *e)
{
	(void)h;
	(void)e;
	return call_new("list", MS, done, arg);
}

void program_call_cancel(struct program_call *c)
{
	if (c == NULL)
		return;
	text_printf(&fake.log, "ended %s\n", c->operation);
	call_free(c);
}

/* ---- a program that writes */

struct output {
	struct source source; /* comes first */
	struct program_stream_config config;
	struct item *item;
	uint64_t *bytes;
	bool is_written;
};

static enum flow fail_end(struct output *o, struct err *e)
{
	struct program_end end = {.is_started = true};

	if (fake.output_error != NULL)
		(void)err_set(&end.err, ERR_REMOTE, "program_failed", "%s",
			      fake.output_error);
	if (o->config.end != NULL && !o->config.end(o->config.arg, &end, e))
		return FLOW_FAIL;
	if (!err_is(&end.err))
		return FLOW_END;
	*e = end.err;
	return FLOW_FAIL;
}

/* Told in pieces that fit nothing, and given as one frame. */
static bool tell_all(struct output *o, struct err *e)
{
	size_t n;

	for (size_t at = 0; at < fake.noutput; at += n) {
		n = fake.noutput - at;
		n = n < PIECE ? n : PIECE;
		if (o->config.bytes != NULL &&
		    !o->config.bytes(o->config.arg, fake.output + at, n, e))
			return false;
	}
	return true;
}

static enum flow output_read(struct source *source, struct link *out,
			     struct err *e)
{
	struct output *o = (struct output *)(void *)source;
	size_t n = fake.noutput;
	struct frame *f;
	struct span *s;

	if (o->is_written)
		return fail_end(o, e);
	o->is_written = true;
	if (!tell_all(o, e))
		return FLOW_FAIL;
	f = frame_new(n);
	assert_non_null(f);
	memcpy(f->data, fake.output, n);
	f->len = n;
	s = frame_add_span(f, o->item);
	s->plain_len = n;
	s->ends_run = true;
	*o->bytes += n;
	link_push(out, f);
	return FLOW_MORE;
}

static void output_destroy(struct source *source)
{
	struct output *o = (struct output *)(void *)source;

	item_unref(o->item);
	free(o);
}

static const struct source_ops output_ops = {
	.name = "fake program",
	.read = output_read,
	.destroy = output_destroy,
};

struct source *program_source_new(const struct program_stream_config *c,
				  struct item *item, uint64_t *bytes,
				  struct err *e)
{
	struct output *o = calloc(1, sizeof(*o));

	(void)e;
	assert_non_null(o);
	text_printf(&fake.log, "%s %s %s\n", c->request.verb, c->request.name,
		    text_of(c->request.fields, "directory"));
	o->source.ops = &output_ops;
	o->config = *c;
	o->item = item_ref(item);
	o->bytes = bytes;
	return &o->source;
}
