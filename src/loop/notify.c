/*
 * notify.c - the protocol of sd_notify(3): datagrams to a socket named in the
 * environment, and a watchdog that wants to hear of us.
 */
#include "loop_int.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <event2/event.h>

#include "base/log.h"
#include "base/text.h"

enum { USEC_PER_SEC = 1000000, SEND_TIMEOUT_USEC = 100000 };

/* Returns the address's length, 0 when the name is none. */
static socklen_t notify_address(const char *name, struct sockaddr_un *addr)
{
	size_t len = strlen(name);

	if ((name[0] != '/' && name[0] != '@') || len < 2 ||
	    len >= sizeof(addr->sun_path))
		return 0;
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, name, len);
	/* '@' stands for the NUL byte of an abstract name. */
	if (name[0] == '@')
		addr->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

/* Waits for a slow reader, but no longer than the loop can spare. */
static bool send_to(const struct sockaddr_un *addr, socklen_t addr_len,
		    const char *state)
{
	const struct timeval limit = {0, SEND_TIMEOUT_USEC};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool sent;

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	sent = sendto(fd, state, strlen(state), MSG_NOSIGNAL,
		      (const struct sockaddr *)addr, addr_len) >= 0;
	(void)close(fd);
	return sent;
}

void loop_notify(const char *state)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr;
	socklen_t len;

	if (name == NULL || name[0] == '\0')
		return;
	len = notify_address(name, &addr);
	if (len == 0 || !send_to(&addr, len, state))
		log_warn("loop", "the service manager does not listen at %s",
			 name);
}

static void on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	loop_notify("WATCHDOG=1");
}

/* False: nobody watches this process. */
static bool watchdog_usec(unsigned long long *usec)
{
	const char *text = getenv("WATCHDOG_USEC");
	const char *pid_text = getenv("WATCHDOG_PID");
	unsigned long long pid;

	if (text == NULL || !str_to_u64(text, usec) || *usec < 2)
		return false;
	if (pid_text == NULL)
		return true;
	return str_to_u64(pid_text, &pid) &&
	       pid == (unsigned long long)getpid();
}

bool loop_start_watchdog(struct loop *l, struct err *e)
{
	unsigned long long usec;
	struct timeval half;

	if (l->watchdog != NULL || !watchdog_usec(&usec))
		return true;
	half.tv_sec = (time_t)(usec / 2 / USEC_PER_SEC);
	half.tv_usec = (suseconds_t)(usec / 2 % USEC_PER_SEC);
	l->watchdog = event_new(l->base, -1, EV_PERSIST, on_watchdog, NULL);
	if (l->watchdog == NULL || event_add(l->watchdog, &half) != 0)
		return err_nomem(e, "the watchdog's timer");
	return true;
}
