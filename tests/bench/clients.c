/*
 * clients.c - many clients of one server, by TLS, each on a connection that is
 * kept; together so many requests a second, evenly. A request that is due while
 * the last one has no answer waits, and its time counts from when it was due: a
 * server that stands still is not asked less. tests/bench/load runs it.
 *
 * usage: clients PORT CLIENTS RATE SECONDS PATH... <TOKEN
 *
 * Prints one line: requests, those with another status than 200 and 429, 429s,
 * connections that broke; the median, the 99th percentile and the longest in
 * milliseconds.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/ssl.h>

enum { TOKEN_MAX = 256, TICK_US = 2000, USAGE = 2 };

struct client {
	struct crowd *crowd;
	struct bufferevent *bev; /* NULL: it broke */
	double due, asked_due;	 /* of the next, and of the one on its way */
	bool is_asked, is_up;
	size_t body_left; /* of the answer that comes; its head was read */
	bool has_head;
	unsigned turn; /* which path is next */
};

struct crowd {
	struct event_base *base;
	SSL_CTX *context;
	char **paths;
	size_t npaths, nclients;
	char token[TOKEN_MAX];
	struct sockaddr_in to;
	double period, begin, end;
	struct client *clients;
	double *taken;
	size_t ntaken, room;
	unsigned long bad, limited, broken;
};

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *sure(void *p)
{
	if (p == NULL) {
		(void)fprintf(stderr, "clients: out of memory\n");
		exit(1);
	}
	return p;
}

static void ask(struct client *c, double now)
{
	struct crowd *w = c->crowd;

	if (c->bev == NULL || !c->is_up || c->is_asked || now < c->due ||
	    now >= w->end)
		return;
	c->is_asked = true;
	c->asked_due = c->due;
	c->due += w->period;
	(void)evbuffer_add_printf(bufferevent_get_output(c->bev),
				  "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
				  "Authorization: Bearer %s\r\n\r\n",
				  w->paths[c->turn++ % w->npaths], w->token);
}

static void answered(struct client *c)
{
	struct crowd *w = c->crowd;
	double now = now_s();

	c->is_asked = c->has_head = false;
	if (w->ntaken < w->room)
		w->taken[w->ntaken++] = (now - c->asked_due) * 1000;
	ask(c, now);
}

/* One line of the head; false: that was the last. */
static bool take_line(struct client *c, const char *line)
{
	static const char length[] = "Content-Length:";
	static const char proto[] = "HTTP/1.1 ";

	if (strncmp(line, proto, sizeof(proto) - 1) == 0) {
		long status = strtol(line + sizeof(proto) - 1, NULL, 10);

		c->crowd->limited += status == 429;
		c->crowd->bad += status != 200 && status != 429;
	} else if (strncasecmp(line, length, sizeof(length) - 1) == 0) {
		c->body_left = strtoul(line + sizeof(length) - 1, NULL, 10);
	}
	return line[0] != '\0';
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char *line;

	while (!c->has_head &&
	       (line = evbuffer_readln(in, NULL, EVBUFFER_EOL_CRLF)) != NULL) {
		c->has_head = !take_line(c, line);
		free(line);
	}
	while (c->has_head && c->body_left > 0 && evbuffer_get_length(in) > 0) {
		size_t n = evbuffer_get_length(in);

		n = n < c->body_left ? n : c->body_left;
		(void)evbuffer_drain(in, n);
		c->body_left -= n;
	}
	if (c->has_head && c->body_left == 0)
		answered(c);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	if (what & BEV_EVENT_CONNECTED) {
		c->is_up = true;
		return;
	}
	c->crowd->broken++;
	bufferevent_free(bev);
	c->bev = NULL;
}

static void connect_one(struct crowd *w, struct client *c, size_t number)
{
	c->crowd = w;
	c->turn = (unsigned)number;
	c->due = w->begin + w->period * (double)number / (double)w->nclients;
	c->bev = sure(bufferevent_openssl_socket_new(
		w->base, -1, sure(SSL_new(w->context)),
		BUFFEREVENT_SSL_CONNECTING, BEV_OPT_CLOSE_ON_FREE));
	bufferevent_setcb(c->bev, on_read, NULL, on_event, c);
	(void)bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	if (bufferevent_socket_connect(c->bev, (struct sockaddr *)&w->to,
				       sizeof(w->to)) != 0)
		w->broken++;
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct crowd *w = arg;
	double now = now_s();
	size_t waiting = 0;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < w->nclients; i++) {
		ask(&w->clients[i], now);
		waiting += w->clients[i].is_asked && w->clients[i].bev != NULL;
	}
	if (now >= w->end && (waiting == 0 || now >= w->end + 10))
		(void)event_base_loopbreak(w->base);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double part_of(const struct crowd *w, double part)
{
	size_t at = (size_t)((double)w->ntaken * part);

	if (w->ntaken == 0)
		return 0;
	return w->taken[at < w->ntaken ? at : w->ntaken - 1];
}

static void run(struct crowd *w)
{
	static const struct timeval tick = {0, TICK_US};
	struct event *ev = sure(event_new(w->base, -1, EV_PERSIST, on_tick, w));

	for (size_t i = 0; i < w->nclients; i++)
		connect_one(w, &w->clients[i], i);
	(void)evtimer_add(ev, &tick);
	(void)event_base_dispatch(w->base);
	qsort(w->taken, w->ntaken, sizeof(*w->taken), by_size);
	(void)printf("%zu %lu %lu %lu %.2f %.2f %.2f\n", w->ntaken, w->bad,
		     w->limited, w->broken, part_of(w, 0.5), part_of(w, 0.99),
		     part_of(w, 1));
}

int main(int argc, char **argv)
{
	enum { PORT = 1, CLIENTS, RATE, SECONDS, PATHS };
	struct crowd w = {0};
	double rate, seconds;

	if (argc <= PATHS || fgets(w.token, sizeof(w.token), stdin) == NULL) {
		(void)fprintf(stderr, "usage: clients PORT CLIENTS RATE SECONDS"
				      " PATH... <TOKEN\n");
		return USAGE;
	}
	w.token[strcspn(w.token, "\n")] = '\0';
	rate = strtod(argv[RATE], NULL);
	seconds = strtod(argv[SECONDS], NULL);
	w.to.sin_family = AF_INET;
	w.to.sin_port = htons((uint16_t)strtoul(argv[PORT], NULL, 10));
	w.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	w.nclients = strtoul(argv[CLIENTS], NULL, 10);
	w.paths = argv + PATHS;
	w.npaths = (size_t)(argc - PATHS);
	w.period = (double)w.nclients / rate;
	w.begin = now_s() + 2; /* to connect */
	w.end = w.begin + seconds;
	w.room = (size_t)(rate * seconds) + w.nclients;
	w.taken = sure(calloc(w.room, sizeof(*w.taken)));
	w.clients = sure(calloc(w.nclients, sizeof(*w.clients)));
	w.base = sure(event_base_new());
	/* Of a server that was started for this, on loopback. */
	w.context = sure(SSL_CTX_new(TLS_client_method()));
	run(&w);
	return 0;
}
