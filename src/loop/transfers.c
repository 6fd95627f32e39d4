/*
 * transfers.c - libcurl's multi-socket interface on libevent.
 *
 * curl tells which sockets to watch and when to call it again; both lead to
 * action(), the only place that lets curl work. What is over moves from the
 * list of the living to the list of the dead and is told about one per turn
 * of the loop, as the last act of that turn: so done() may start, cancel and
 * free whatever it likes.
 * See https://curl.se/libcurl/c/curl_multi_socket_action.html
 */
#include "loop/transfers.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/queue.h>

#include <event2/event.h>

#include "base/log.h"
#include "loop/loop.h"

/* Enough for every upload at once, few enough for any server's limit. */
enum { CONNECTIONS_KEPT = 32 };

struct transfer {
	TAILQ_ENTRY(transfer) entry;
	struct transfers *ts;
	CURL *easy;
	transfer_done_cb *done;
	void *arg;
	bool is_over; /* in the list of the dead */
	CURLcode result;
};

TAILQ_HEAD(transfer_list, transfer);

/* One socket that curl wants watched. */
struct watch {
	LIST_ENTRY(watch) entry;
	struct transfers *ts;
	struct event *ev;
};

struct transfers {
	struct loop *loop;
	CURLM *multi;
	struct event *timer;   /* when curl wants to be called */
	struct event *deliver; /* pending while somebody is dead */
	LIST_HEAD(, watch) watches;
	struct transfer_list living;
	struct transfer_list dead;
};

static CURLcode global_result;

static void global_init(void)
{
	global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* NULL for handles that curl made for itself. */
static struct transfer *find(struct transfers *ts, const CURL *easy)
{
	struct transfer *t;

	TAILQ_FOREACH (t, &ts->living, entry) {
		if (t->easy == easy)
			return t;
	}
	return NULL;
}

static void end(struct transfer *t, CURLcode result)
{
	struct transfers *ts = t->ts;

	TAILQ_REMOVE(&ts->living, t, entry);
	TAILQ_INSERT_TAIL(&ts->dead, t, entry);
	t->is_over = true;
	t->result = result;
	loop_next_turn(ts->deliver);
}

static void reap(struct transfers *ts)
{
	struct transfer *t;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(ts->multi, &left)) != NULL) {
		if (msg->msg != CURLMSG_DONE)
			continue;
		t = find(ts, msg->easy_handle);
		if (t != NULL)
			end(t, msg->data.result);
	}
}

/* curl itself broke (no memory, most likely): no transfer would ever end. */
static void end_all(struct transfers *ts, CURLMcode why)
{
	struct transfer *t;

	log_error("loop", "curl: %s", curl_multi_strerror(why));
	while ((t = TAILQ_FIRST(&ts->living)) != NULL)
		end(t, CURLE_OUT_OF_MEMORY);
}

static void action(struct transfers *ts, curl_socket_t fd, int mask)
{
	int running;
	CURLMcode rc = curl_multi_socket_action(ts->multi, fd, mask, &running);

	reap(ts);
	if (rc != CURLM_OK)
		end_all(ts, rc);
}

static void on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;
	int mask = 0;

	if (what & EV_READ)
		mask |= CURL_CSELECT_IN;
	if (what & EV_WRITE)
		mask |= CURL_CSELECT_OUT;
	action(w->ts, fd, mask);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	action(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* Inside curl: only arms the timer. */
static int timer_wanted(CURLM *multi, long timeout_ms, void *arg)
{
	struct transfers *ts = arg;
	struct timeval tv = {timeout_ms / 1000, timeout_ms % 1000 * 1000};

	(void)multi;
	if (timeout_ms < 0)
		return evtimer_del(ts->timer);
	return evtimer_add(ts->timer, &tv);
}

static struct watch *watch_new(struct transfers *ts, curl_socket_t fd)
{
	struct watch *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->ts = ts;
	w->ev = event_new(loop_base(ts->loop), fd, 0, on_socket, w);
	if (w->ev == NULL) {
		free(w);
		return NULL;
	}
	LIST_INSERT_HEAD(&ts->watches, w, entry);
	return w;
}

static void watch_free(struct watch *w)
{
	LIST_REMOVE(w, entry);
	event_free(w->ev);
	free(w);
}

static bool watch_for(struct watch *w, curl_socket_t fd, int poll)
{
	short what = EV_PERSIST;

	if (poll & CURL_POLL_IN)
		what |= EV_READ;
	if (poll & CURL_POLL_OUT)
		what |= EV_WRITE;
	return event_del(w->ev) == 0 &&
	       event_assign(w->ev, loop_base(w->ts->loop), fd, what, on_socket,
			    w) == 0 &&
	       event_add(w->ev, NULL) == 0;
}

/*
 * Inside curl: only arms events. A refusal would end all transfers for ever,
 * so without memory the one transfer ends that the socket is for.
 */
static int socket_wanted(CURL *easy, curl_socket_t fd, int poll, void *arg,
			 void *of_socket)
{
	struct transfers *ts = arg;
	struct watch *w = of_socket;
	struct transfer *t;

	if (poll == CURL_POLL_REMOVE) {
		if (w != NULL)
			watch_free(w);
		return 0;
	}
	if (w == NULL) {
		w = watch_new(ts, fd);
		(void)curl_multi_assign(ts->multi, fd, w);
	}
	if (w == NULL || !watch_for(w, fd, poll)) {
		t = find(ts, easy);
		if (t != NULL)
			end(t, CURLE_OUT_OF_MEMORY);
	}
	return 0;
}

static void leave(struct transfer *t)
{
	struct transfers *ts = t->ts;
	CURLMcode rc;

	TAILQ_REMOVE(t->is_over ? &ts->dead : &ts->living, t, entry);
	rc = curl_multi_remove_handle(ts->multi, t->easy);
	if (rc != CURLM_OK)
		log_error("loop", "curl: %s", curl_multi_strerror(rc));
	free(t);
}

static void on_deliver(evutil_socket_t fd, short what, void *arg)
{
	struct transfers *ts = arg;
	struct transfer *t = TAILQ_FIRST(&ts->dead);
	struct transfer over;

	(void)fd;
	(void)what;
	if (t == NULL)
		return;
	over = *t;
	leave(t);
	if (!TAILQ_EMPTY(&ts->dead))
		loop_next_turn(ts->deliver);
	over.done(over.arg, over.result);
}

static bool set_up(struct transfers *ts)
{
	CURLM *m = ts->multi;

	return curl_multi_setopt(m, CURLMOPT_SOCKETFUNCTION, socket_wanted) ==
		       CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_SOCKETDATA, ts) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERFUNCTION, timer_wanted) ==
		       CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_TIMERDATA, ts) == CURLM_OK &&
	       curl_multi_setopt(m, CURLMOPT_MAXCONNECTS,
				 (long)CONNECTIONS_KEPT) == CURLM_OK;
}

struct transfers *transfers_new(struct loop *l, struct err *e)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct transfers *ts = NULL;

	if (pthread_once(&once, global_init) != 0 || global_result != CURLE_OK)
		goto nomem;
	ts = calloc(1, sizeof(*ts));
	if (ts == NULL)
		goto nomem;
	ts->loop = l;
	LIST_INIT(&ts->watches);
	TAILQ_INIT(&ts->living);
	TAILQ_INIT(&ts->dead);
	ts->timer = evtimer_new(loop_base(l), on_timer, ts);
	ts->deliver = evtimer_new(loop_base(l), on_deliver, ts);
	ts->multi = curl_multi_init();
	if (ts->timer != NULL && ts->deliver != NULL && ts->multi != NULL &&
	    set_up(ts))
		return ts;

nomem:
	transfers_free(ts);
	(void)err_nomem(e, "curl");
	return NULL;
}

/* Closing kept connections may still call socket_wanted() and the timer. */
void transfers_free(struct transfers *ts)
{
	struct watch *w, *next;

	if (ts == NULL)
		return;
	if (ts->multi != NULL)
		(void)curl_multi_cleanup(ts->multi);
	for (w = LIST_FIRST(&ts->watches); w != NULL; w = next) {
		next = LIST_NEXT(w, entry);
		watch_free(w);
	}
	if (ts->timer != NULL)
		event_free(ts->timer);
	if (ts->deliver != NULL)
		event_free(ts->deliver);
	free(ts);
}

struct transfer *transfers_start(struct transfers *ts, CURL *easy,
				 transfer_done_cb *done, void *arg,
				 struct err *e)
{
	struct transfer *t = calloc(1, sizeof(*t));
	CURLMcode rc;

	if (t == NULL) {
		(void)err_nomem(e, "a transfer");
		return NULL;
	}
	t->ts = ts;
	t->easy = easy;
	t->done = done;
	t->arg = arg;
	TAILQ_INSERT_TAIL(&ts->living, t, entry);
	/* SIGPIPE is ignored already: curl need not touch signals. */
	(void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	rc = curl_multi_add_handle(ts->multi, easy);
	if (rc == CURLM_OK)
		return t;
	TAILQ_REMOVE(&ts->living, t, entry);
	free(t);
	(void)err_set(e, ERR_NOMEM, "internal", "curl: %s",
		      curl_multi_strerror(rc));
	return NULL;
}

void transfer_cancel(struct transfer *t)
{
	leave(t);
}
