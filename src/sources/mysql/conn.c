/*
 * conn.c - statements and results on the loop.
 *
 * A call of the library that has to wait is suspended; "waiting" tells what
 * for, one event watches the socket, and its callback notes what it saw and
 * wakes the owner. my_step() then goes on with the suspended call. Fetching a
 * row is no state of its own: there are millions of them.
 */
#include "sources/mysql/conn_int.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <event2/event.h>
#include <openssl/err.h>

#include "base/address.h"
#include "base/log.h"
#include "loop/loop.h"

enum { DRAIN_STEPS = 64 };

static const char *const state_names[] = {
	"new", "connecting", "ready", "query", "store", "stream", "broken",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == CONN_STATE_COUNT,
	       "one name per state");

static void set_state(struct my_conn *c, enum conn_state next)
{
	if (next == CONN_BROKEN)
		log_debug("sources", "mysql %p: %s -> %s", (void *)c,
			  state_names[c->state], state_names[next]);
	c->state = next;
}

struct my_conn *my_conn_new(const struct source_env *env,
			    const struct source_address *a,
			    uint64_t max_packet_bytes, struct err *e)
{
	struct my_conn *c = calloc(1, sizeof(*c));

	if (c == NULL)
		goto nomem;
	c->env = env;
	c->dial.max_packet_bytes = max_packet_bytes;
	if (!my_dial_init(&c->dial, a))
		goto nomem;
	c->ev = event_new(loop_base(env->loop), -1, 0, NULL, NULL);
	if (c->ev == NULL)
		goto nomem;
	return c;

nomem:
	my_conn_free(c);
	(void)err_nomem(e, "a connection");
	return NULL;
}

static void conn_destroy(struct my_conn *c)
{
	if (c->ev != NULL)
		event_free(c->ev);
	my_dial_fini(&c->dial);
	free(c);
}

static struct my_conn *conn_of(struct work *w)
{
	return (struct my_conn *)(void *)w; /* the first member's first */
}

static void on_disposed(struct work *w)
{
	conn_destroy(conn_of(w));
}

/* After shutdown() no call can wait any more: each comes to its end. */
static void drain(struct my_conn *c)
{
	int left = c->waiting;

	for (int i = 0; left != 0 && i < DRAIN_STEPS; i++) {
		if (c->state == CONN_QUERY)
			left = mysql_real_query_cont(&c->rc, c->mysql, left);
		else if (c->state == CONN_STORE)
			left = mysql_store_result_cont(&c->result, c->mysql,
						       left);
		else
			left = mysql_fetch_row_cont(&c->row, c->result, left);
	}
	c->waiting = 0;
}

/*
 * The server may stand in a write to a window that is closed. What is read
 * after shutdown() opens it no more, and a close with nothing unread sends no
 * reset: the server would hold its locks until its next probe of the window,
 * tens of seconds later (measured). With this the close is a reset.
 */
static void reset_at_close(my_socket fd)
{
	const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* OpenSSL has one list of errors for all connections of a thread: what is left
 * there by one that was cut off would be taken for the next one's own, which
 * then "lost connection" while it only had to wait (measured). */
static void forget_errors(void)
{
	ERR_clear_error();
}

static void cut_off(struct my_conn *c)
{
	my_socket fd = mysql_get_socket(c->mysql);

	if (fd >= 0) {
		reset_at_close(fd);
		(void)shutdown(fd, SHUT_RDWR);
	}
	drain(c);
	forget_errors();
}

/* An unread result would be read to its end, and the farewell could block on
 * a full socket: unless all is quiet, the socket goes first. */
static void hang_up(struct my_conn *c)
{
	if (c->mysql == NULL)
		return;
	if (c->state != CONN_READY)
		cut_off(c);
	if (c->result != NULL)
		mysql_free_result(c->result);
	mysql_close(c->mysql);
	forget_errors();
}

void my_conn_free(struct my_conn *c)
{
	if (c == NULL)
		return;
	c->wake = NULL;
	if (c->ev != NULL)
		(void)event_del(c->ev);
	if (c->state == CONN_CONNECTING && !c->is_dialed) {
		atomic_store(&c->dial.is_canceled, true);
		work_abandon(&c->dial.work, on_disposed);
		return;
	}
	hang_up(c);
	conn_destroy(c);
}

void my_conn_on_wake(struct my_conn *c, my_wake_cb *wake, void *arg)
{
	c->wake = wake;
	c->wake_arg = arg;
}

void my_conn_limit(struct my_conn *c, unsigned seconds)
{
	c->limit_seconds = seconds;
}

static void wake_owner(struct my_conn *c)
{
	if (c->wake != NULL)
		c->wake(c->wake_arg);
}

static void on_dialed(struct work *w)
{
	struct my_conn *c = conn_of(w);

	c->is_dialed = true;
	wake_owner(c);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct my_conn *c = arg;

	(void)fd;
	if (what & EV_READ)
		c->ready |= MYSQL_WAIT_READ;
	if (what & EV_WRITE)
		c->ready |= MYSQL_WAIT_WRITE;
	if (what & EV_TIMEOUT)
		c->is_late = true;
	wake_owner(c);
}

static enum my_flow broken(struct my_conn *c)
{
	cut_off(c);
	set_state(c, CONN_BROKEN);
	return MY_FAIL;
}

/* The only place that lets a statement wait, so an event is always armed. */
static enum my_flow wait_for(struct my_conn *c, int wants, struct err *e)
{
	struct timeval limit = {.tv_sec = (time_t)c->limit_seconds};
	short what = 0;

	c->waiting = wants;
	c->ready = 0;
	if (wants & (MYSQL_WAIT_READ | MYSQL_WAIT_EXCEPT))
		what |= EV_READ;
	if (wants & MYSQL_WAIT_WRITE)
		what |= EV_WRITE;
	if (event_assign(c->ev, loop_base(c->env->loop),
			 mysql_get_socket(c->mysql), what, on_event, c) != 0 ||
	    event_add(c->ev, c->limit_seconds != 0 ? &limit : NULL) != 0) {
		(void)err_nomem(e, "an event");
		return broken(c);
	}
	return MY_WAIT;
}

static enum my_flow failed(struct my_conn *c, struct err *e)
{
	c->number = mysql_errno(c->mysql);
	(void)my_fault(e, c->number, mysql_error(c->mysql), c->doing);
	if (my_is_broken(c->number))
		return broken(c);
	set_state(c, CONN_READY);
	return MY_FAIL;
}

static enum my_flow late(struct my_conn *c, struct err *e)
{
	(void)err_set(e, ERR_TIMEOUT, "connection_failed",
		      "%s: the server was silent for %u s; check it and the "
		      "network",
		      c->doing, c->limit_seconds);
	return broken(c);
}

void my_connect(struct my_conn *c)
{
	c->dial.work.run = my_dial_run;
	c->dial.work.done = on_dialed;
	set_state(c, CONN_CONNECTING);
	workers_submit(c->env->blocking, &c->dial.work);
}

static enum my_flow step_connecting(struct my_conn *c, struct err *e)
{
	struct my_dial *d = &c->dial;

	if (!c->is_dialed)
		return MY_WAIT;
	address_copy_forget(&d->address);
	c->mysql = d->mysql;
	d->mysql = NULL;
	if (c->mysql == NULL) {
		c->number = d->number;
		if (d->is_refused)
			(void)err_set(e, ERR_CONNECT, "address_refused",
				      "connect: %s", address_forbidden_text());
		(void)my_fault(e, d->number, d->text, "connect");
		set_state(c, CONN_BROKEN);
		return MY_FAIL;
	}
	set_state(c, CONN_READY);
	return MY_DONE;
}

static void free_result(struct my_conn *c)
{
	if (c->result != NULL)
		mysql_free_result(c->result);
	c->result = NULL;
	c->row = NULL;
	c->lengths = NULL;
}

void my_query(struct my_conn *c, const char *sql, size_t len, enum my_take take,
	      const char *doing)
{
	free_result(c);
	c->number = 0;
	c->sql = sql;
	c->sql_len = len;
	c->take = take;
	c->doing = doing;
	c->waiting = 0;
	set_state(c, CONN_QUERY);
}

static enum my_flow step_query(struct my_conn *c, struct err *e)
{
	int wants;

	if (c->waiting != 0)
		wants = mysql_real_query_cont(&c->rc, c->mysql, c->ready);
	else
		wants = mysql_real_query_start(&c->rc, c->mysql, c->sql,
					       c->sql_len);
	if (wants != 0)
		return wait_for(c, wants, e);
	c->waiting = 0;
	if (c->rc != 0)
		return failed(c, e);
	if (mysql_field_count(c->mysql) == 0) {
		set_state(c, CONN_READY);
		return MY_DONE;
	}
	if (c->take == MY_STORE) {
		set_state(c, CONN_STORE);
		return my_step(c, e);
	}
	c->result = mysql_use_result(c->mysql);
	if (c->result == NULL)
		return failed(c, e);
	set_state(c, CONN_STREAM);
	return MY_DONE;
}

static enum my_flow step_store(struct my_conn *c, struct err *e)
{
	int wants;

	if (c->waiting != 0)
		wants = mysql_store_result_cont(&c->result, c->mysql, c->ready);
	else
		wants = mysql_store_result_start(&c->result, c->mysql);
	if (wants != 0)
		return wait_for(c, wants, e);
	c->waiting = 0;
	if (c->result == NULL)
		return failed(c, e);
	set_state(c, CONN_READY);
	return MY_DONE;
}

/* True: nothing to go on with yet, or too late; *f tells. */
static bool must_wait(struct my_conn *c, enum my_flow *f, struct err *e)
{
	if (c->waiting == 0 || c->ready != 0)
		return false;
	*f = c->is_late ? late(c, e) : MY_WAIT;
	return true;
}

enum my_flow my_step(struct my_conn *c, struct err *e)
{
	enum my_flow f;

	if (must_wait(c, &f, e))
		return f;
	switch (c->state) {
	case CONN_CONNECTING:
		return step_connecting(c, e);
	case CONN_QUERY:
		return step_query(c, e);
	case CONN_STORE:
		return step_store(c, e);
	case CONN_NEW:
	case CONN_READY:
	case CONN_STREAM:
	case CONN_BROKEN:
	case CONN_STATE_COUNT:
		break;
	}
	(void)err_bug(e, "a connection was stepped in state %s",
		      state_names[c->state]);
	return MY_FAIL;
}

static enum my_flow stream_over(struct my_conn *c, char ***values,
				struct err *e)
{
	*values = NULL;
	if (mysql_errno(c->mysql) != 0) {
		enum my_flow f = failed(c, e);

		free_result(c);
		return f;
	}
	free_result(c);
	set_state(c, CONN_READY);
	return MY_DONE;
}

enum my_flow my_fetch(struct my_conn *c, char ***values,
		      unsigned long **lengths, struct err *e)
{
	enum my_flow f;
	int wants;

	if (must_wait(c, &f, e))
		return f;
	if (c->state != CONN_STREAM) {
		(void)err_bug(e, "rows were fetched in state %s",
			      state_names[c->state]);
		return MY_FAIL;
	}
	if (c->waiting != 0)
		wants = mysql_fetch_row_cont(&c->row, c->result, c->ready);
	else
		wants = mysql_fetch_row_start(&c->row, c->result);
	if (wants != 0)
		return wait_for(c, wants, e);
	c->waiting = 0;
	if (c->row == NULL)
		return stream_over(c, values, e);
	*values = c->row;
	*lengths = mysql_fetch_lengths(c->result);
	return MY_DONE;
}

bool my_next_row(struct my_conn *c)
{
	c->row = c->result != NULL ? mysql_fetch_row(c->result) : NULL;
	c->lengths = c->row != NULL ? mysql_fetch_lengths(c->result) : NULL;
	return c->row != NULL;
}

const char *my_value(const struct my_conn *c, unsigned column)
{
	return column < my_columns(c) && c->row != NULL ? c->row[column] : NULL;
}

size_t my_value_len(const struct my_conn *c, unsigned column)
{
	return my_value(c, column) != NULL ? c->lengths[column] : 0;
}

unsigned my_columns(const struct my_conn *c)
{
	return c->result != NULL ? mysql_num_fields(c->result) : 0;
}

unsigned my_column(const struct my_conn *c, const char *name)
{
	unsigned n = my_columns(c), i = 0;

	while (i < n && strcasecmp(mysql_fetch_field_direct(c->result, i)->name,
				   name) != 0)
		i++;
	return i;
}

unsigned my_conn_errno(const struct my_conn *c)
{
	return c->number;
}

unsigned my_conn_warnings(const struct my_conn *c)
{
	return mysql_warning_count(c->mysql);
}

uint64_t my_conn_affected(const struct my_conn *c)
{
	my_ulonglong n = mysql_affected_rows(c->mysql);

	return n != (my_ulonglong)-1 ? n : 0;
}

const char *my_conn_version(const struct my_conn *c)
{
	return mysql_get_server_info(c->mysql);
}

unsigned long my_conn_id(const struct my_conn *c)
{
	return mysql_thread_id(c->mysql);
}

bool my_conn_is_usable(const struct my_conn *c)
{
	return c->state == CONN_READY;
}

bool my_conn_is_local(const struct my_conn *c)
{
	struct sockaddr_storage ours = {0}, theirs = {0};
	socklen_t n = sizeof(ours), m = sizeof(theirs);
	int fd = c->mysql != NULL ? mysql_get_socket(c->mysql) : -1;

	if (fd < 0 || getsockname(fd, (struct sockaddr *)&ours, &n) != 0 ||
	    getpeername(fd, (struct sockaddr *)&theirs, &m) != 0 ||
	    ours.ss_family != theirs.ss_family)
		return false;
	if (ours.ss_family == AF_INET)
		return ((struct sockaddr_in *)&ours)->sin_addr.s_addr ==
		       ((struct sockaddr_in *)&theirs)->sin_addr.s_addr;
	if (ours.ss_family == AF_INET6)
		return memcmp(&((struct sockaddr_in6 *)&ours)->sin6_addr,
			      &((struct sockaddr_in6 *)&theirs)->sin6_addr,
			      sizeof(struct in6_addr)) == 0;
	return ours.ss_family == AF_UNIX;
}
