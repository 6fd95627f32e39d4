#include "config.h" /* for what of posix_spawn() and fcntl() is not POSIX */

#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "command.h"
#include "fence.h"
#include "settings.h"
#include "trust.h"

enum {
	/* Ours stay clear of the program's 0 to 3. */
	FD_MIN = 10,
	PIPE_BYTES = 1024 * 1024,
	TERM_MS = 5000,
	LOOK_MS = 20,
};

/* What the program gets; -1: not. */
struct streams {
	int in, out, err;
	int extra;
	int cwd;
};

static bool failed(struct err *e, const char *what)
{
	return err_set(e, ERR_IO, "helper_failed", "coffer-helper: %s: %m",
		       what);
}

/* Moves it out of the way of the program's own numbers. */
static int lift(int fd)
{
	int high;

	if (fd < 0 || fd >= FD_MIN)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, FD_MIN);
	(void)close(fd);
	return high;
}

/* A larger one is faster; without it works, too. */
static bool make_pipe(int *reading, int *writing, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) != 0)
		return failed(e, "pipe");
	*reading = lift(fds[0]);
	*writing = lift(fds[1]);
	if (*reading < 0 || *writing < 0)
		return failed(e, "pipe");
	(void)fcntl(*writing, F_SETPIPE_SZ, PIPE_BYTES);
	return true;
}

static bool make_pipes(struct child *c, struct streams *s, struct err *e)
{
	return make_pipe(&s->in, &c->pipes[0], e) &&
	       make_pipe(&c->pipes[1], &s->out, e) &&
	       make_pipe(&c->pipes[2], &s->err, e);
}

/* In memory; MariaDB's programs ignore a file that others may write to. */
static bool make_option_file(const struct text *t, struct streams *s,
			     struct err *e)
{
	size_t done = 0;

	s->extra = lift(memfd_create("options", MFD_CLOEXEC));
	if (s->extra < 0 || fchmod(s->extra, 0600) != 0)
		return failed(e, "option file");
	while (done < t->len) {
		ssize_t n = write(s->extra, t->data + done, t->len - done);

		if (n < 0 && errno != EINTR)
			return failed(e, "option file");
		done += n > 0 ? (size_t)n : 0;
	}
	return lseek(s->extra, 0, SEEK_SET) == 0 || failed(e, "option file");
}

static bool open_cwd(struct child *c, const struct command *m,
		     const struct settings *set, struct streams *s,
		     struct err *e)
{
	switch (m->place) {
	case PLACE_ROOT:
		s->cwd = lift(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
		return s->cwd >= 0 || failed(e, "/");
	case PLACE_SCRATCH:
		s->cwd = lift(scratch_make(c->scratch, e));
		return s->cwd >= 0;
	case PLACE_INSTANCES:
		if (m->makes_directory &&
		    !place_make(&set->instances, m->directory, e))
			return false;
		s->cwd = lift(place_open(&set->instances, m->directory, e));
		return s->cwd >= 0;
	case PLACE_SNAPSHOTS:
		s->cwd = lift(place_open(&set->snapshots, m->directory, e));
		return s->cwd >= 0;
	}
	return err_bug(e, "no such place");
}

/* Its output is a new file instead; ours ends at once. */
static bool redirect(const struct command *m, struct streams *s, struct err *e)
{
	int fd = openat(s->cwd, m->output_file,
			O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			0600);

	if (fd < 0)
		return err_set(e, ERR_CONFLICT, "program_refused",
			       "cannot make %s in %.200s: %m", m->output_file,
			       m->directory);
	(void)close(s->out);
	s->out = lift(fd);
	return s->out >= 0 || failed(e, m->output_file);
}

static bool open_streams(struct child *c, const struct command *m,
			 const struct settings *set, struct streams *s,
			 struct err *e)
{
	if (!open_cwd(c, m, set, s, e) || !make_pipes(c, s, e))
		return false;
	if (m->output_file != NULL && !redirect(m, s, e))
		return false;
	if (m->option_file.len > 0)
		return make_option_file(&m->option_file, s, e);
	if (m->extra_directory != NULL) {
		s->extra = lift(
			place_open(&set->instances, m->extra_directory, e));
		return s->extra >= 0;
	}
	return true;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

static int fill_actions(posix_spawn_file_actions_t *a, const struct streams *s)
{
	int rc = posix_spawn_file_actions_addfchdir_np(a, s->cwd);

	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(a, s->in, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(a, s->out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(a, s->err, 2);
	if (rc == 0 && s->extra >= 0)
		rc = posix_spawn_file_actions_adddup2(a, s->extra,
						      COMMAND_EXTRA_FD);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(
			a, s->extra >= 0 ? COMMAND_EXTRA_FD + 1
					 : COMMAND_EXTRA_FD);
	return rc;
}

static int fill_attributes(posix_spawnattr_t *a)
{
	sigset_t all, none;

	(void)sigfillset(&all);
	(void)sigemptyset(&none);
	(void)posix_spawnattr_setsigdefault(a, &all);
	(void)posix_spawnattr_setsigmask(a, &none);
	return posix_spawnattr_setflags(a, POSIX_SPAWN_SETSID |
						   POSIX_SPAWN_SETSIGDEF |
						   POSIX_SPAWN_SETSIGMASK);
}

/* Temporary files are made where files may be made. */
static void fill_environment(char *env[5], char *zone, size_t cap,
			     const struct command *m)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
			     "/usr/bin:/sbin:/bin";
	static char lang[] = "LANG=C.UTF-8", tmpdir[] = "TMPDIR=.";
	const char *tz = getenv("TZ");
	size_t n = 0;

	env[n++] = path;
	env[n++] = lang;
	if (tz != NULL) {
		(void)snprintf(zone, cap, "TZ=%s", tz);
		env[n++] = zone;
	}
	if (m->place == PLACE_INSTANCES)
		env[n++] = tmpdir;
	env[n] = NULL;
}

static int spawn(pid_t *pid, const char *path, const struct command *m,
		 const struct streams *s)
{
	char zone[256], *env[5];
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int rc;

	fill_environment(env, zone, sizeof(zone), m);
	if (posix_spawn_file_actions_init(&actions) != 0 ||
	    posix_spawnattr_init(&attributes) != 0)
		return ENOMEM;
	rc = fill_actions(&actions, s);
	if (rc == 0)
		rc = fill_attributes(&attributes);
	if (rc == 0)
		rc = posix_spawn(pid, path, &actions, &attributes, m->argv,
				 env);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return rc;
}

/* What came from a pool, or lies in a data directory, is not to be believed. */
static bool fence(const struct command *m, const struct streams *s,
		  struct err *e)
{
	const int folders[] = {s->cwd, s->extra};

	switch (m->place) {
	case PLACE_ROOT:
	case PLACE_SCRATCH:
		return true;
	case PLACE_INSTANCES:
		return fence_writes(folders, s->extra >= 0 ? 2 : 1, e);
	case PLACE_SNAPSHOTS:
		return fence_writes(NULL, 0, e);
	}
	return err_bug(e, "no such place");
}

/* Missing ones are named as such: they are the most usual mistake. */
static bool check_program(const char *path, char real[PATH_MAX], struct err *e)
{
	int fd = trust_open(path, true, real, e);

	if (fd >= 0) {
		(void)close(fd);
		return true;
	}
	if (e->code != ERR_NOT_FOUND)
		return false;
	err_clear(e);
	return err_set(e, ERR_INVALID, "not_configured",
		       "there is no %.200s: install it, or name another in "
		       "helper.conf",
		       path);
}

static bool run(struct child *c, const char *path, const struct command *m,
		const struct streams *s, struct err *e)
{
	pid_t pid;
	int rc = spawn(&pid, path, m, s);

	if (rc != 0)
		return err_set(e, ERR_IO, "program_failed",
			       "cannot start %.200s: %s", m->argv[0],
			       strerror(rc));
	c->pid = pid;
	c->watch = (int)syscall(SYS_pidfd_open, pid, 0);
	if (c->watch >= 0)
		return true;
	(void)kill(-pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	return failed(e, "pidfd");
}

/* Only root can, and only root has to: what the helper copies with the rights
 * of another user, that user could read. */
static bool become(const struct command *m, const struct settings *set,
		   struct err *e)
{
	struct owner o;

	if (m->place != PLACE_SCRATCH || geteuid() != 0)
		return true;
	return owner_find(&m->server, set, &o, e) && owner_become(&o, e);
}

bool child_start(struct child *c, const struct command *m,
		 const struct settings *set, struct err *e)
{
	struct streams s = {-1, -1, -1, -1, -1};
	char real[PATH_MAX];
	bool ok;

	c->watch = -1;
	for (size_t i = 0; i < 3; i++)
		c->pipes[i] = -1;
	ok = check_program(m->argv[0], real, e) && become(m, set, e) &&
	     open_streams(c, m, set, &s, e) && fence(m, &s, e) &&
	     run(c, real, m, &s, e);
	close_fd(&s.in);
	close_fd(&s.out);
	close_fd(&s.err);
	close_fd(&s.extra);
	close_fd(&s.cwd);
	return ok;
}

/* True when it has ended in time. */
static bool ended_within(const struct child *c, int ms)
{
	struct pollfd p = {.fd = c->watch, .events = POLLIN};

	return poll(&p, 1, ms) > 0;
}

static void reap(const struct child *c, struct child_end *end)
{
	int status = 0;

	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		continue;
	end->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	end->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* What it has started itself gets the same time; while one of its group lives
 * nobody else can have the group's number. */
static void end_group(const struct child *c, struct child_end *end)
{
	int64_t until = clock_mono_ms() + TERM_MS;

	(void)kill(-c->pid, SIGTERM);
	(void)kill(-c->pid, SIGCONT);
	if (!ended_within(c, TERM_MS)) {
		(void)kill(-c->pid, SIGKILL);
		reap(c, end);
		return;
	}
	reap(c, end);
	while (kill(-c->pid, 0) == 0) {
		if (clock_mono_ms() >= until) {
			(void)kill(-c->pid, SIGKILL);
			return;
		}
		(void)poll(NULL, 0, LOOK_MS);
	}
}

void child_wait(struct child *c, int connection, struct child_end *end)
{
	struct pollfd p[] = {{.fd = c->watch, .events = POLLIN},
			     {.fd = connection, .events = POLLIN}};

	while (poll(p, 2, -1) <= 0)
		continue;
	if (p[0].revents != 0)
		reap(c, end);
	else
		end_group(c, end);
}

void child_fini(struct child *c)
{
	for (size_t i = 0; i < 3; i++)
		close_fd(&c->pipes[i]);
	close_fd(&c->watch);
	scratch_remove(c->scratch);
}
