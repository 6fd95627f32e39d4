#include "stream_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "helper_int.h"
#include "program_int.h"

static void on_started(void *arg)
{
	struct stream *s = arg;

	s->is_started = true;
	s->has_news = true;
	wake(s->waker);
}

static void on_line(void *arg, const char *text)
{
	struct stream *s = arg;

	if (s->line != NULL)
		s->line(s->arg, text);
}

static void on_ended(void *arg, const struct program_end *end)
{
	struct stream *s = arg;

	(void)end;
	s->has_news = true;
	wake(s->waker);
}

bool stream_begin(struct stream *s, const struct program_stream_config *c,
		  struct waker *w, struct err *e)
{
	static const struct program_ops ops = {on_started, on_line, on_ended};

	s->base = helper_base(c->helper);
	s->waker = w;
	s->line = c->line;
	s->end = c->end;
	s->arg = c->arg;
	(void)str_copy(s->fail_api, sizeof(s->fail_api),
		       c->fail_api != NULL ? c->fail_api : "");
	s->program = program_start(c->helper, &c->request, &ops, s, e);
	return s->program != NULL;
}

void stream_fini(struct stream *s)
{
	program_free(s->program);
	s->program = NULL;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct stream *s = arg;

	(void)fd;
	(void)what;
	wake(s->waker);
}

struct event *stream_event(struct stream *s, int fd, short what)
{
	return event_new(s->base, fd, what, on_ready, s);
}

bool stream_had_news(struct stream *s)
{
	bool had = s->has_news;

	s->has_news = false;
	return had;
}

static void rename_failure(const struct stream *s, struct err *e)
{
	if (s->fail_api[0] != '\0')
		(void)str_copy(e->api, sizeof(e->api), s->fail_api);
}

bool stream_has_failed(struct stream *s, struct err *e)
{
	const struct program_end *end = program_ended(s->program);
	struct err better = {0};

	if (end == NULL || !err_is(&end->err))
		return false;
	if (s->end != NULL && end->is_started &&
	    !s->end(s->arg, end, &better) && err_is(&better)) {
		*e = better;
		return true;
	}
	*e = end->err;
	rename_failure(s, e);
	return true;
}

bool stream_agree(struct stream *s, struct err *e)
{
	if (s->end == NULL || s->end(s->arg, program_ended(s->program), e))
		return true;
	return err_is(e)
		       ? false
		       : err_bug(e, "%s: its end was refused without a reason",
				 program_label(s->program));
}

enum flow stream_fail(const struct stream *s, struct err *e, const char *text)
{
	(void)err_set(e, ERR_REMOTE, "program_failed", "%s %s",
		      program_label(s->program), text);
	rename_failure(s, e);
	return FLOW_FAIL;
}
