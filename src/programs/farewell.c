#include "farewell.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/clock.h"

struct farewell {
	TAILQ_ENTRY(farewell) entry;
	struct farewells *all;
	struct event *readable;
	int fd;
};

static void farewell_free(struct farewell *f)
{
	TAILQ_REMOVE(&f->all->list, f, entry);
	if (f->readable != NULL)
		event_free(f->readable);
	(void)close(f->fd);
	free(f);
}

/* What it still says is for nobody; descriptors that come with it are closed by
 * the kernel, since there is no room for them. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	char ignored[256];
	ssize_t n = recv((int)fd, ignored, sizeof(ignored), MSG_DONTWAIT);

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		farewell_free(arg);
}

static bool watch(struct farewell *f, struct event_base *base)
{
	f->readable =
		event_new(base, f->fd, EV_READ | EV_PERSIST, on_readable, f);
	return f->readable != NULL && event_add(f->readable, NULL) == 0;
}

void farewell_add(struct farewells *all, struct event_base *base, int fd)
{
	struct farewell *f = calloc(1, sizeof(*f));

	/* The helper takes the end of what it hears for the end of who asked.
	 */
	(void)shutdown(fd, SHUT_WR);
	if (f == NULL) {
		all->unsure_until_ms = clock_mono_ms() + FAREWELL_MS;
		(void)close(fd);
		return;
	}
	f->all = all;
	f->fd = fd;
	TAILQ_INSERT_TAIL(&all->list, f, entry);
	if (watch(f, base))
		return;
	all->unsure_until_ms = clock_mono_ms() + FAREWELL_MS;
	farewell_free(f);
}

bool farewells_are_over(const struct farewells *all)
{
	return TAILQ_EMPTY(&all->list) &&
	       clock_mono_ms() >= all->unsure_until_ms;
}

void farewells_fini(struct farewells *all)
{
	struct farewell *f = TAILQ_FIRST(&all->list), *next;

	for (; f != NULL; f = next) {
		next = TAILQ_NEXT(f, entry);
		farewell_free(f);
	}
}
