/*
 * server.c - start: folder, lock, keys, loop, threads, catalog, jobs,
 * scheduler, HTTP; then, on the loop, server_begin.c. Stop: nothing becomes due
 * any more, no more requests, jobs end, loop ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <event2/event.h>
#include <jansson.h>

#include "base/address.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"
#include "catalog/catalog.h"
#include "config.h"
#include "http/server.h"
#include "jobs/jobs.h"
#include "loop/loop.h"
#include "loop/transfers.h"
#include "loop/workers.h"
#include "manifest/manifest.h"
#include "pipeline/budget.h"
#include "programs/helper.h"
#include "scheduler/scheduler.h"
#include "server_int.h"
#include "stages/spool.h"

enum {
	STOP_SECONDS = 8,  /* for jobs to end before the loop ends anyway */
	LEAVE_SECONDS = 1, /* and for threads that sleep in the system */
	BLOCKING_THREADS = 4,
	BULK_THREADS = 4,
};

static char *in_data_dir(const struct config *c, const char *name)
{
	struct text t = {0};

	text_printf(&t, "%s/%s", c->data_dir, name);
	return text_take(&t);
}

/* Two servers on one folder would sweep each other's work. */
static bool take_lock(struct server *s, struct err *e)
{
	char *path = in_data_dir(s->config, "lock");

	if (path == NULL)
		return err_nomem(e, "a path");
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	free(path);
	if (s->lock < 0)
		return err_set(e, ERR_IO, "internal",
			       "cannot write in the data directory %s: %s",
			       s->config->data_dir, strerror(errno));
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0)
		return err_set(e, ERR_CONFLICT, "internal",
			       "another cofferd uses the data directory %s",
			       s->config->data_dir);
	return true;
}

static bool load_key(struct server *s, struct err *e)
{
	char *path = in_data_dir(s->config, "secret.key");

	s->token_path = in_data_dir(s->config, "admin-token");
	if (path != NULL && s->token_path != NULL)
		s->key = secret_key_load(path, e);
	else
		(void)err_nomem(e, "a path");
	free(path);
	return s->key != NULL;
}

static unsigned cpu_threads(const struct config *c)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (c->workers > 0)
		return (unsigned)c->workers;
	return n > 0 ? (unsigned)n : 1;
}

/* Folders of pools and sources may hang, a mount that is away for ever: they
 * have threads of their own, so that log-ins and look-ups of names go on. */
static bool make_workers(struct server *s, struct err *e)
{
	s->cpu = workers_new_patient(s->loop, "cpu", cpu_threads(s->config), e);
	if (s->cpu == NULL)
		return false;
	s->blocking = workers_new(s->loop, "blocking", BLOCKING_THREADS, e);
	if (s->blocking == NULL)
		return false;
	s->bulk = workers_new_patient(s->loop, "bulk", BULK_THREADS, e);
	return s->bulk != NULL;
}

static bool make_loop(struct server *s, struct err *e)
{
	s->loop = loop_new(e);
	if (s->loop == NULL || !make_workers(s, e))
		return false;
	s->transfers = transfers_new(s->loop, e);
	return s->transfers != NULL;
}

/* Built but not installed, it lies beside this program. */
static char *helper_program(const struct config *c)
{
	static const char name[] = "coffer-helper";
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	struct text t = {0};

	if (access(c->helper_program, X_OK) != 0 && n > 0) {
		self[n] = '\0';
		*(strrchr(self, '/') + 1) = '\0';
		text_printf(&t, "%s%s", self, name);
		if (!t.is_broken && access(t.data, X_OK) == 0)
			return text_take(&t);
		text_free(&t);
	}
	return strdup(c->helper_program);
}

static bool make_helper(struct server *s, struct err *e)
{
	char *program = helper_program(s->config);
	const struct helper_config c = {
		.loop = s->loop,
		.socket = s->config->helper_socket,
		.path = program,
		.config = s->config->helper_config,
	};

	if (program == NULL)
		return err_nomem(e, "a path");
	s->helper = helper_new(&c, e);
	free(program);
	return s->helper != NULL;
}

static bool make_catalog(struct server *s, struct err *e)
{
	char *path = in_data_dir(s->config, "catalog.db");
	const struct catalog_config c = {
		.path = path,
		.key = s->key,
		.manual_backups_max = (unsigned)s->config->manual_backups_max,
		.shrink_percent = (unsigned)s->config->shrink_percent,
	};

	if (path == NULL)
		return err_nomem(e, "a path");
	s->catalog = catalog_open(s->loop, &c, e);
	free(path);
	if (s->catalog == NULL)
		return false;
	s->signer = signer_new(catalog_identity(s->catalog)->seed, e);
	return s->signer != NULL;
}

/* Nothing is left there but by a server that died at the wrong moment. */
static bool make_spool(struct server *s, struct err *e)
{
	const struct spool_config c = {
		.loop = s->loop,
		.blocking = s->bulk,
		.folder = s->config->spool_dir,
		.max_bytes = s->config->spool_bytes,
	};

	if (c.max_bytes == 0)
		return true;
	if (!file_make_dirs(c.folder, e))
		return false;
	spool_clean(c.folder);
	s->spool = spool_new(&c, e);
	return s->spool != NULL;
}

/* What systemd has put there for the unit (LoadCredential=), unless told. */
static const char *server_secrets_dir(const struct config *c)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (c->secrets_dir[0] == '\0' && credentials != NULL)
		return credentials;
	return c->secrets_dir;
}

static bool make_jobs(struct server *s, struct err *e)
{
	const struct config *g = s->config;
	struct jobs_config c = {
		.loop = s->loop,
		.catalog = s->catalog,
		.cpu = s->cpu,
		.blocking = s->blocking,
		.bulk = s->bulk,
		.transfers = s->transfers,
		.helper = s->helper,
		.spool = s->spool,
		.signer = s->signer,
		.max_jobs = (unsigned)g->max_jobs,
		.retry_seconds = (unsigned)g->retry_seconds,
		.guard_seconds = (unsigned)g->guard_seconds,
		.snapshot_seconds = (unsigned)g->snapshot_seconds,
		.max_tables = (unsigned)g->max_tables,
		.max_row_bytes = g->max_row_bytes,
		.puts_at_once = (unsigned)g->puts_at_once,
		.stall_seconds = (unsigned)g->stall_seconds,
		.restore_dirs = g->restore_dirs,
		.secrets_dir = server_secrets_dir(g),
		.scratch_dir = g->data_dir,
		.probe_seconds = (unsigned)g->probe_seconds,
	};

	s->budget = budget_new(s->loop, (size_t)g->buffer_bytes, e);
	if (s->budget == NULL)
		return false;
	c.budget = s->budget;
	s->jobs = jobs_new(&c, e);
	return s->jobs != NULL;
}

static bool make_scheduler(struct server *s, struct err *e)
{
	const struct scheduler_config c = {
		.loop = s->loop,
		.catalog = s->catalog,
		.jobs = s->jobs,
	};

	s->scheduler = scheduler_new(&c, e);
	return s->scheduler != NULL;
}

static const char *not_ready(void *arg)
{
	const struct server *s = arg;

	if (s->is_stopping)
		return "the server is stopping";
	if (catalog_is_dead(s->catalog))
		return "the catalog takes no more changes: its disk failed; "
		       "check the disk, then start the server again";
	return s->is_ready ? NULL : "the server is starting";
}

static void plans_changed(void *arg)
{
	struct server *s = arg;

	scheduler_wake(s->scheduler);
}

static const char *or_null(const char *setting)
{
	return setting[0] != '\0' ? setting : NULL;
}

static bool make_http(struct server *s, struct err *e)
{
	const struct config *g = s->config;
	const struct http_config c = {
		.loop = s->loop,
		.catalog = s->catalog,
		.jobs = s->jobs,
		.budget = s->budget,
		.listen = or_null(g->listen),
		.socket = or_null(g->socket),
		.tls_cert = or_null(g->tls_cert),
		.tls_key = or_null(g->tls_key),
		.tls_client_ca = or_null(g->tls_client_ca),
		.allowed_hosts = or_null(g->allowed_hosts),
		.allows_plain_http = strcmp(g->allow_plain_http, "on") == 0,
		.manual_backups_max = (unsigned)g->manual_backups_max,
		.max_jobs = (unsigned)g->max_jobs,
		.max_tables = (unsigned)g->max_tables,
		.blocking = s->blocking,
		.has_console = strcmp(g->console, "on") == 0,
		.console_dir = or_null(g->console_dir),
		.version = PACKAGE_VERSION,
		.started_at = clock_now_ms(),
		.not_ready = not_ready,
		.plans_changed = plans_changed,
		.arg = s,
	};

	s->http = http_server_new(&c, e);
	return s->http != NULL;
}

static void end_loop(void *arg)
{
	struct server *s = arg;

	loop_stop(s->loop);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	log_warn("server", "jobs did not end in time; they are interrupted");
	end_loop(arg);
}

/* A second signal does not wait. */
static void terminate(void *arg)
{
	static const struct timeval limit = {STOP_SECONDS, 0};
	struct server *s = arg;

	if (s->is_stopping) {
		end_loop(s);
		return;
	}
	s->is_stopping = true;
	log_info("server", "stopping");
	loop_notify("STOPPING=1");
	scheduler_stop(s->scheduler);
	http_server_stop_accepting(s->http);
	if (evtimer_add(s->deadline, &limit) != 0)
		end_loop(s);
	jobs_stop(s->jobs, end_loop, s);
}

static void reload(void *arg)
{
	struct server *s = arg;

	s->reload(s->reload_arg);
	http_server_reload(s->http);
}

static bool make_signals(struct server *s, struct err *e)
{
	static const struct loop_ops ops = {
		.terminate = terminate,
		.reload = reload,
	};

	s->deadline = evtimer_new(loop_base(s->loop), on_deadline, s);
	if (s->deadline == NULL)
		return err_nomem(e, "a timer");
	return loop_catch_signals(s->loop, &ops, s, e) &&
	       loop_start_watchdog(s->loop, e);
}

/* Before there are threads; config_load() has looked at the list. */
static bool limit_addresses(const struct server *s, struct err *e)
{
	return address_allow_only(s->config->allowed_addresses) ||
	       err_set(e, ERR_INVALID, "invalid_config",
		       "allowed_addresses is no list of networks: %s",
		       s->config->allowed_addresses);
}

static bool make_all(struct server *s, struct err *e)
{
	(void)umask(0077);
	memory_keep_reserve();
	json_set_alloc_funcs(memory_sure, free);
	event_set_mem_functions(memory_try, memory_resize, free);
	server_confine(s->config);
	return limit_addresses(s, e) &&
	       file_make_dirs(s->config->data_dir, e) && take_lock(s, e) &&
	       load_key(s, e) && make_loop(s, e) && make_helper(s, e) &&
	       make_catalog(s, e) && make_spool(s, e) && make_jobs(s, e) &&
	       make_scheduler(s, e) && make_http(s, e) && make_signals(s, e);
}

struct server *server_new(const struct config *c, void (*reload_cb)(void *arg),
			  void *arg, struct err *e)
{
	struct server *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		(void)err_nomem(e, "the server");
		return NULL;
	}
	s->config = c;
	s->lock = -1;
	s->reload = reload_cb;
	s->reload_arg = arg;
	if (!make_all(s, e) || !server_begin(s, e)) {
		server_free(s);
		return NULL;
	}
	return s;
}

bool server_run(struct server *s)
{
	loop_run(s->loop);
	return !s->has_failed;
}

static void leave(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

/* A look-up of a name or a disk may keep a worker for minutes. What was told
 * to anybody is on disk, so a stop does not wait for that. */
static void leave_in_time(const struct server *s)
{
	struct sigaction act = {.sa_handler = leave};

	if (!s->is_stopping || s->has_failed)
		return;
	if (sigaction(SIGALRM, &act, NULL) == 0)
		(void)alarm(LEAVE_SECONDS);
}

void server_free(struct server *s)
{
	if (s == NULL)
		return;
	leave_in_time(s);
	http_server_free(s->http);
	scheduler_free(s->scheduler);
	jobs_free(s->jobs);
	spool_free(s->spool);
	budget_free(s->budget);
	catalog_close(s->catalog);
	transfers_free(s->transfers);
	helper_free(s->helper);
	workers_free(s->cpu);
	workers_free(s->bulk);
	workers_free(s->blocking);
	if (s->deadline != NULL)
		event_free(s->deadline);
	loop_free(s->loop);
	signer_free(s->signer);
	secret_key_free(s->key);
	free(s->token_path);
	if (s->lock >= 0)
		(void)close(s->lock);
	free(s);
}
