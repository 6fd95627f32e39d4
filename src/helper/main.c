/*
 * main.c - coffer-helper: runs what its configuration lists for who may ask.
 * One process listens; each connection has one of its own, which does
 * everything in order and may end in any way without harm to others.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "fence.h"
#include "guests.h"
#include "handler.h"
#include "listener.h"

enum { PAUSE_MS = 100 };

struct arguments {
	const char *config, *socket;
	int fd;
	bool is_help;
};

static volatile sig_atomic_t has_to_end;

static void on_end(int number)
{
	(void)number;
	has_to_end = 1;
}

static void on_child(int number)
{
	(void)number;
}

static void catch_one(int number, void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler};

	(void)sigaction(number, &a, NULL);
}

/* Without SA_RESTART: each ends what waits. */
static void catch_signals(void)
{
	catch_one(SIGTERM, on_end);
	catch_one(SIGINT, on_end);
	catch_one(SIGCHLD, on_child);
	catch_one(SIGPIPE, SIG_IGN);
	catch_one(SIGHUP, SIG_IGN);
}

static bool take_argument(struct arguments *a, const char *key,
			  const char *value)
{
	unsigned long long n;

	if (strcmp(key, "--config") == 0)
		a->config = value;
	else if (strcmp(key, "--socket") == 0)
		a->socket = value;
	else if (strcmp(key, "--fd") == 0 && str_to_u64(value, &n) && n < 1024)
		a->fd = (int)n;
	else
		return false;
	return true;
}

static bool take_arguments(struct arguments *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i += 2) {
		if (strcmp(argv[i], "--help") == 0) {
			a->is_help = true;
			return true;
		}
		if (i + 1 == argc || !take_argument(a, argv[i], argv[i + 1]))
			return false;
	}
	return true;
}

static bool listen_somewhere(struct listener *l, const struct arguments *a,
			     struct err *e)
{
	int fd = a->fd >= 0 ? a->fd : listener_activated();

	if (a->socket != NULL)
		return listener_open(l, a->socket, e);
	if (fd >= 0)
		return listener_take(l, fd, e);
	return err_set(e, ERR_INVALID, "helper_failed",
		       "say where to listen: --socket PATH, or start it by "
		       "systemd");
}

/* Numbers 0 to 2 are taken, so that nothing else gets them. */
static void open_standard(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		(void)close(fd);
}

static void reap(struct guests *g)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
		guests_leave(g, pid);
}

/* Takes fd. */
static void handle(const struct listener *l, int fd, const char *config,
		   struct guests *g)
{
	bool is_stranger = guests_is_stranger(fd, config);
	pid_t pid;

	if (!guests_have_room(g, is_stranger)) {
		(void)close(fd);
		return;
	}
	pid = fork();
	if (pid == 0) {
		(void)close(l->fd);
		catch_one(SIGCHLD, SIG_DFL);
		catch_one(SIGTERM, SIG_IGN);
		catch_one(SIGINT, SIG_IGN);
		handler_serve(fd, config);
		_exit(0);
	}
	if (pid < 0)
		log_error("helper", "cannot fork: %m");
	else
		guests_add(g, pid, is_stranger);
	(void)close(fd);
}

static void serve(const struct listener *l, const char *config)
{
	struct guests g = {0};

	while (has_to_end == 0) {
		int fd;

		reap(&g);
		if (!guests_have_room(&g, false)) {
			(void)poll(NULL, 0, PAUSE_MS);
			continue;
		}
		fd = listener_accept(l);
		if (fd >= 0) {
			handle(l, fd, config, &g);
			continue;
		}
		if (l->is_control && errno != EINTR)
			return;
		if (errno != EINTR)
			(void)poll(NULL, 0, PAUSE_MS);
	}
}

int main(int argc, char **argv)
{
	static const struct rlimit none = {0, 0};
	struct arguments a = {.config = SYSCONFDIR "/coffer/helper.conf",
			      .fd = -1};
	struct listener l = {.fd = -1};
	struct err e = {0};

	open_standard();
	if (!take_arguments(&a, argc, argv) || a.is_help) {
		(void)fprintf(a.is_help ? stdout : stderr,
			      "usage: coffer-helper [--config FILE] "
			      "[--socket PATH | --fd N]\n");
		return a.is_help ? 0 : 2;
	}
	(void)umask(0077);
	(void)setrlimit(RLIMIT_CORE, &none);
	json_set_alloc_funcs(memory_sure, free);
	catch_signals();
	if (!listen_somewhere(&l, &a, &e)) {
		(void)fprintf(stderr, "coffer-helper: %s\n", e.msg);
		return 1;
	}
	if (!fence_is_there())
		log_warn("helper",
			 "the kernel has no Landlock (5.13): programs that "
			 "unpack and prepare what came from a pool are not "
			 "kept from writing elsewhere");
	serve(&l, a.config);
	return 0;
}
