/*
 * program.c - one program, from the connection to the helper to its last line.
 *
 * A flow of states: the helper is asked in the turn after the start (again if
 * it has too much to do), says that it has started it, and says how it ended;
 * what it wrote to standard error before is read then, but something that it
 * left behind and that holds its standard error is not waited for long.
 */
#include "program_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/packet.h"
#include "base/secret.h"
#include "base/text.h"
#include "helper_int.h"
#include "lines.h"

enum { READ_BYTES = 16 * 1024, RETRY_MS = 50, RETRIES = 400, DRAIN_MS = 1000 };

enum program_state {
	PROGRAM_CONNECT, /* until the helper takes the request */
	PROGRAM_ASKED,	 /* until it answers */
	PROGRAM_RUNS,	 /* until it says that it has ended */
	PROGRAM_DRAINS,	 /* until its standard error ends */
	PROGRAM_ENDED,
	PROGRAM_STATE_COUNT,
};

static const char *const state_names[] = {"connect", "asked", "runs", "drains",
					  "ended"};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) ==
		       PROGRAM_STATE_COUNT,
	       "one name per state");

struct program {
	struct helper *helper;
	const struct program_ops *ops;
	void *arg;
	enum program_state state;
	char label[80];
	char *request, *secret; /* wiped when done with */
	unsigned tries;
	int connection, input, output, error; /* -1: none */
	struct event *timer;	 /* the next try, or the end of draining */
	struct event *on_packet; /* of the connection */
	struct event *on_error;	 /* of standard error */
	struct lines lines;
	char last_line[LINE_TEXT_MAX / 2];
	struct program_end end;
	json_t *reply;
	bool *is_gone; /* set when it is freed within a callback; or NULL */
};

static void set_state(struct program *p, enum program_state next)
{
	log_debug("programs", "%s: %s -> %s", p->label, state_names[p->state],
		  state_names[next]);
	p->state = next;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static void free_event(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static bool arm(struct program *p, unsigned ms)
{
	const struct timeval in = {ms / 1000, (suseconds_t)(ms % 1000) * 1000};

	return evtimer_add(p->timer, &in) == 0;
}

/* Tells the end; nothing touches the program after it. */
static void finish(struct program *p)
{
	set_state(p, PROGRAM_ENDED);
	(void)evtimer_del(p->timer);
	free_event(&p->on_packet);
	free_event(&p->on_error);
	close_fd(&p->connection);
	close_fd(&p->error);
	p->ops->ended(p->arg, &p->end);
}

static void fail(struct program *p, enum err_code code, const char *api,
		 const char *text)
{
	(void)err_set(&p->end.err, code, api, "%s: %s", p->label, text);
	finish(p);
}

/* False: the program was freed by who was told. */
static bool tell_line(struct program *p, const char *text)
{
	bool is_gone = false;

	(void)str_copy(p->last_line, sizeof(p->last_line), text);
	if (p->ops->line == NULL)
		return true;
	p->is_gone = &is_gone;
	p->ops->line(p->arg, text);
	if (is_gone)
		return false;
	p->is_gone = NULL;
	return true;
}

/* What is there, at most READ_BYTES. False: freed; *is_over: no more comes. */
static bool read_error(struct program *p, bool *is_over)
{
	char bytes[READ_BYTES];
	ssize_t n = read(p->error, bytes, sizeof(bytes));
	const char *text;

	*is_over = n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
	lines_give(&p->lines, bytes, n > 0 ? (size_t)n : 0);
	while ((text = lines_next(&p->lines)) != NULL) {
		if (!tell_line(p, text))
			return false;
	}
	if (*is_over) {
		text = lines_last(&p->lines);
		return text == NULL || tell_line(p, text);
	}
	return true;
}

static void describe_end(struct program *p)
{
	const char *last = p->last_line[0] != '\0' ? p->last_line
						   : "it said nothing of why";

	if (p->end.status == 0)
		return;
	if (p->end.signal != 0)
		(void)err_set(&p->end.err, ERR_REMOTE, "program_failed",
			      "%s was ended by signal %d (%s): %s", p->label,
			      p->end.signal, strsignal(p->end.signal), last);
	else
		(void)err_set(&p->end.err, ERR_REMOTE, "program_failed",
			      "%s ended with status %d: %s", p->label,
			      p->end.status, last);
}

static void end_drained(struct program *p)
{
	const char *text = lines_last(&p->lines);

	if (text != NULL && !tell_line(p, text))
		return;
	describe_end(p);
	finish(p);
}

static void on_error(evutil_socket_t fd, short what, void *arg)
{
	struct program *p = arg;
	bool is_over;

	(void)fd;
	(void)what;
	if (!read_error(p, &is_over) || !is_over)
		return;
	free_event(&p->on_error);
	close_fd(&p->error);
	if (p->state == PROGRAM_DRAINS)
		end_drained(p);
}

static void begin_drain(struct program *p)
{
	set_state(p, PROGRAM_DRAINS);
	free_event(&p->on_packet);
	if (p->error < 0 || !arm(p, DRAIN_MS))
		end_drained(p);
}

static void take_error(struct program *p, const json_t *error)
{
	static const struct {
		const char *api;
		enum err_code code;
	} codes[] = {{"not_configured", ERR_INVALID},
		     {"program_refused", ERR_INVALID},
		     {"program_failed", ERR_REMOTE}};
	const char *api = json_string_value(json_object_get(error, "code"));
	const char *detail =
		json_string_value(json_object_get(error, "detail"));

	if (detail == NULL)
		detail = "coffer-helper failed";
	for (size_t i = 0; api != NULL && i < sizeof(codes) / sizeof(codes[0]);
	     i++) {
		if (strcmp(codes[i].api, api) == 0) {
			fail(p, codes[i].code, codes[i].api, detail);
			return;
		}
	}
	fail(p, ERR_IO, "helper_failed", detail);
}

static bool take_pipes(struct program *p, int fds[3])
{
	p->input = fds[0];
	p->output = fds[1];
	p->error = fds[2];
	for (size_t i = 0; i < 3; i++) {
		if (fcntl(fds[i], F_SETFL, O_NONBLOCK) != 0)
			return false;
	}
	p->on_error = event_new(helper_base(p->helper), p->error,
				EV_READ | EV_PERSIST, on_error, p);
	return p->on_error != NULL && event_add(p->on_error, NULL) == 0;
}

static void take_started(struct program *p, int fds[3])
{
	set_state(p, PROGRAM_RUNS);
	p->end.is_started = true;
	if (!take_pipes(p, fds)) {
		fail(p, ERR_NOMEM, "internal", "no memory for its pipes");
		return;
	}
	if (p->ops->started != NULL)
		p->ops->started(p->arg);
}

static void take_status(struct program *p, const json_t *m)
{
	p->end.status = (int)json_integer_value(json_object_get(m, "status"));
	p->end.signal = (int)json_integer_value(json_object_get(m, "signal"));
	begin_drain(p);
}

static void take_reply(struct program *p, json_t *reply)
{
	p->reply = json_incref(reply);
	p->end.status = 0;
	finish(p);
}

/* The last statement of who calls it: the program may be freed. */
static void take_message(struct program *p, json_t *m, int *fds, size_t nfds)
{
	bool is_new = p->state == PROGRAM_ASKED;

	if (is_new && nfds == 3 && json_object_get(m, "started") != NULL) {
		take_started(p, fds);
		return;
	}
	while (nfds > 0)
		(void)close(fds[--nfds]);
	if (is_new && json_object_get(m, "error") != NULL)
		take_error(p, json_object_get(m, "error"));
	else if (is_new && json_is_object(json_object_get(m, "reply")))
		take_reply(p, json_object_get(m, "reply"));
	else if (!is_new && json_is_integer(json_object_get(m, "status")))
		take_status(p, m);
	else
		fail(p, ERR_IO, "helper_failed",
		     "coffer-helper answers what it should not; see that both "
		     "have one version");
}

static void on_packet(evutil_socket_t fd, short what, void *arg)
{
	struct program *p = arg;
	char bytes[PACKET_MAX];
	int fds[3];
	size_t nfds = 3;
	ssize_t n = packet_receive((int)fd, bytes, sizeof(bytes), fds, &nfds);
	json_t *m;

	(void)what;
	if (n < 0 && errno == EAGAIN)
		return;
	m = n > 0 ? json_loadb(bytes, (size_t)n, 0, NULL) : NULL;
	if (n > 0) {
		take_message(p, m, fds, nfds);
	} else {
		while (nfds > 0)
			(void)close(fds[--nfds]);
		fail(p, ERR_IO, "helper_failed",
		     "coffer-helper went away; see its log");
	}
	json_decref(m);
}

static void forget_request(struct program *p)
{
	secret_free(p->request);
	p->request = NULL;
}

static bool listen_for_answer(struct program *p)
{
	p->on_packet = event_new(helper_base(p->helper), p->connection,
				 EV_READ | EV_PERSIST, on_packet, p);
	return p->on_packet != NULL && event_add(p->on_packet, NULL) == 0;
}

static void ask(struct program *p)
{
	if (!packet_send(p->connection, p->request, strlen(p->request), NULL,
			 0)) {
		fail(p, ERR_IO, "helper_failed",
		     errno == EMSGSIZE
			     ? "the request is too long"
			     : "coffer-helper went away; see its log");
		return;
	}
	forget_request(p);
	set_state(p, PROGRAM_ASKED);
	if (!listen_for_answer(p))
		fail(p, ERR_NOMEM, "internal", "no memory for an event");
}

static void try_to_ask(struct program *p)
{
	struct err e = {0};

	p->connection = helper_connect(p->helper, &e);
	if (p->connection >= 0) {
		ask(p);
		return;
	}
	if (err_is(&e)) {
		p->end.err = e;
		finish(p);
	} else if (++p->tries > RETRIES || !arm(p, RETRY_MS)) {
		fail(p, ERR_IO, "helper_failed",
		     "coffer-helper has too much to do");
	}
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct program *p = arg;

	(void)fd;
	(void)what;
	if (p->state == PROGRAM_CONNECT)
		try_to_ask(p);
	else if (p->state == PROGRAM_DRAINS)
		end_drained(p);
}

static bool write_request(struct program *p, const struct program_request *r,
			  struct err *e)
{
	json_t *m =
		json_pack("{s:s,s:s?,s:O?,s:s?}", "verb", r->verb, "name",
			  r->name, "fields", r->fields, "secret", r->secret);

	p->request = m != NULL ? json_dumps(m, JSON_COMPACT) : NULL;
	json_decref(m);
	if (p->request == NULL)
		return err_nomem(e, "a request");
	if (strlen(p->request) > PACKET_MAX)
		return err_set(e, ERR_INVALID, "program_refused",
			       "%s: the request is longer than %d bytes",
			       p->label, PACKET_MAX);
	if (r->secret == NULL)
		return true;
	p->secret = strdup(r->secret);
	p->lines.secret = p->secret;
	return p->secret != NULL || err_nomem(e, "a request");
}

static bool prepare(struct program *p, const struct program_request *r,
		    struct err *e)
{
	p->timer = evtimer_new(helper_base(p->helper), on_timer, p);
	if (p->timer == NULL)
		return err_nomem(e, "a timer");
	(void)snprintf(p->label, sizeof(p->label), "%s%s%.60s", r->verb,
		       r->name != NULL ? " " : "",
		       r->name != NULL ? r->name : "");
	return write_request(p, r, e) && (arm(p, 0) || err_nomem(e, "a timer"));
}

struct program *program_start(struct helper *h, const struct program_request *r,
			      const struct program_ops *ops, void *arg,
			      struct err *e)
{
	struct program *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)err_nomem(e, "a program");
		return NULL;
	}
	p->helper = h;
	p->ops = ops;
	p->arg = arg;
	p->connection = p->input = p->output = p->error = -1;
	p->end.status = -1;
	if (prepare(p, r, e))
		return p;
	program_free(p);
	return NULL;
}

int program_input(const struct program *p)
{
	return p->input;
}

int program_output(const struct program *p)
{
	return p->output;
}

void program_close_input(struct program *p)
{
	close_fd(&p->input);
}

const struct program_end *program_ended(const struct program *p)
{
	return p->state == PROGRAM_ENDED ? &p->end : NULL;
}

json_t *program_reply(const struct program *p)
{
	return p->reply;
}

const char *program_label(const struct program *p)
{
	return p->label;
}

void program_free(struct program *p)
{
	if (p == NULL)
		return;
	if (p->is_gone != NULL)
		*p->is_gone = true;
	free_event(&p->timer);
	free_event(&p->on_packet);
	free_event(&p->on_error);
	close_fd(&p->input);
	close_fd(&p->output);
	close_fd(&p->error);
	if (p->connection >= 0)
		helper_see_off(p->helper, p->connection);
	forget_request(p);
	secret_free(p->secret);
	json_decref(p->reply);
	free(p);
}
