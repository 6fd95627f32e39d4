/*
 * helper.c - where coffer-helper is. With a socket of its own: each program is
 * a connection to it. Else it is our child, and over one control socket it is
 * sent the other end of a pair for each program; the control socket's end is
 * its end.
 */
#include "config.h" /* for what of posix_spawn() is not POSIX */

#include "farewell.h"
#include "helper_int.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/packet.h"
#include "base/text.h"
#include "loop/loop.h"

enum {
	CHILD_FD = 3, /* the control socket, there */
	END_TRIES = 100,
	END_TRY_NS = 10 * 1000 * 1000,
};

struct helper {
	struct loop *loop;
	char *socket, *path, *config;
	int control; /* -1: it does not run */
	pid_t pid;
	struct farewells farewells;
};

static char *copy_of(const char *s, bool *ok)
{
	char *copy = s != NULL ? strdup(s) : NULL;

	*ok = *ok && (s == NULL || copy != NULL);
	return copy;
}

struct helper *helper_new(const struct helper_config *c, struct err *e)
{
	struct helper *h = calloc(1, sizeof(*h));
	bool ok = h != NULL;

	if (ok) {
		h->loop = c->loop;
		h->control = -1;
		TAILQ_INIT(&h->farewells.list);
		h->socket = copy_of(c->socket, &ok);
		h->path = copy_of(c->path, &ok);
		h->config = copy_of(c->config, &ok);
	}
	if (ok)
		return h;
	(void)err_nomem(e, "the helper");
	helper_free(h);
	return NULL;
}

struct event_base *helper_base(struct helper *h)
{
	return loop_base(h->loop);
}

void helper_see_off(struct helper *h, int fd)
{
	farewell_add(&h->farewells, helper_base(h), fd);
}

bool helper_is_quiet(const struct helper *h)
{
	return farewells_are_over(&h->farewells);
}

/* It ends when the control socket does; else it is ended. */
static void end_child(struct helper *h)
{
	const struct timespec pause = {0, END_TRY_NS};

	if (h->control < 0)
		return;
	(void)close(h->control);
	h->control = -1;
	for (int i = 0; i < END_TRIES; i++) {
		if (waitpid(h->pid, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
	(void)kill(h->pid, SIGKILL);
	(void)waitpid(h->pid, NULL, 0);
}

void helper_free(struct helper *h)
{
	if (h == NULL)
		return;
	farewells_fini(&h->farewells);
	end_child(h);
	free(h->socket);
	free(h->path);
	free(h->config);
	free(h);
}

static int fill(posix_spawn_file_actions_t *actions, posix_spawnattr_t *a,
		int fd)
{
	sigset_t all, none;
	int rc;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigdefault(a, &all);
	(void)posix_spawnattr_setsigmask(a, &none);
	rc = posix_spawnattr_setflags(a, POSIX_SPAWN_SETSID |
						 POSIX_SPAWN_SETSIGDEF |
						 POSIX_SPAWN_SETSIGMASK);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(actions, fd, CHILD_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(actions,
							      CHILD_FD + 1);
	return rc;
}

static int spawn(struct helper *h, int fd)
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	static char name[] = "coffer-helper", flag[] = "--fd", number[] = "3",
		    config[] = "--config";
	char *const argv[] = {name, flag, number, config, h->config, NULL};
	char zone[256];
	char *const env[] = {path, getenv("TZ") != NULL ? zone : NULL, NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	if (env[1] != NULL)
		(void)snprintf(zone, sizeof(zone), "TZ=%s", getenv("TZ"));
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawnattr_init(&attributes) != 0)
		return ENOMEM;
	rc = fill(&actions, &attributes, fd);
	if (rc == 0)
		rc = posix_spawn(&h->pid, h->path, &actions, &attributes, argv,
				 env);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static bool failed(struct err *e, const char *what)
{
	return err_set(e, ERR_IO, "helper_failed", "%s coffer-helper: %m",
		       what);
}

static bool start_child(struct helper *h, struct err *e)
{
	int pair[2], rc;

	if (access(h->config, F_OK) != 0 && errno == ENOENT)
		return err_set(e, ERR_INVALID, "not_configured",
			       "there is no %s: list there what coffer-helper "
			       "may run, a section for each program, or set "
			       "helper_config; see doc/reference/helper.md",
			       h->config);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
		return failed(e, "cannot start");
	rc = spawn(h, pair[1]);
	(void)close(pair[1]);
	if (rc == 0) {
		h->control = pair[0];
		(void)fcntl(h->control, F_SETFL, O_NONBLOCK);
		log_debug("programs", "coffer-helper runs as %d", (int)h->pid);
		return true;
	}
	(void)close(pair[0]);
	return err_set(e, ERR_IO, "helper_failed", "cannot start %.200s: %s",
		       h->path, strerror(rc));
}

/* *is_lost: the child has gone, and its place is free. */
static int send_pair(struct helper *h, bool *is_lost, struct err *e)
{
	int pair[2], error;
	bool ok;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       0, pair) != 0) {
		(void)failed(e, "cannot connect to");
		return -1;
	}
	ok = packet_send(h->control, "", 1, &pair[1], 1);
	error = errno;
	(void)close(pair[1]);
	if (ok)
		return pair[0];
	(void)close(pair[0]);
	if (error != EAGAIN && error != ETOOMANYREFS) {
		end_child(h);
		*is_lost = true;
	}
	return -1;
}

static int connect_child(struct helper *h, struct err *e)
{
	for (int tries = 0; tries < 2; tries++) {
		bool is_lost = false;
		int fd;

		if (h->control < 0 && !start_child(h, e))
			return -1;
		fd = send_pair(h, &is_lost, e);
		if (!is_lost)
			return fd;
	}
	(void)err_set(e, ERR_IO, "helper_failed",
		      "coffer-helper ends as soon as it is started; its reason "
		      "is in the server's log");
	return -1;
}

static int connect_socket(struct helper *h, struct err *e)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd, error;

	if (!str_copy(a.sun_path, sizeof(a.sun_path), h->socket)) {
		(void)err_set(e, ERR_INVALID, "helper_failed",
			      "helper_socket is too long for a unix socket");
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		(void)failed(e, "cannot connect to");
		return -1;
	}
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0)
		return fd;
	error = errno;
	(void)close(fd);
	if (error == EAGAIN)
		return -1;
	errno = error;
	(void)err_set(e, ERR_IO, "helper_failed",
		      "cannot connect to coffer-helper at %s: %m; see that it "
		      "runs, and helper_socket",
		      h->socket);
	return -1;
}

int helper_connect(struct helper *h, struct err *e)
{
	return h->socket != NULL && h->socket[0] != '\0' ? connect_socket(h, e)
							 : connect_child(h, e);
}
