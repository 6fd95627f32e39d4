/* open.c - opening, closing, and who this server is. */
#include "catalog/open_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/encode.h"
#include "base/file.h"
#include "base/text.h"
#include "catalog/call_int.h"
#include "catalog/claims_int.h"
#include "catalog/events_int.h"
#include "catalog/lines_int.h"
#include "catalog/secrets_int.h"

enum { SEED_HEX_MAX = 2 * CATALOG_SEED_LEN + 1 };

static bool fail_path(const char *act, const char *path, struct err *e)
{
	return err_set(e, ERR_IO, "internal", "cannot %s %s: %s", act, path,
		       strerror(errno));
}

/* SQLite gives the log and its index the mode of the database; made first,
 * none of them is ever open to others, whatever the umask. */
static bool make_private(const char *path, struct err *e)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool ok;

	if (fd < 0)
		return fail_path("open", path, e);
	ok = fchmod(fd, 0600) == 0 || fail_path("protect", path, e);
	(void)close(fd);
	return ok;
}

/*
 * Two servers on one catalog would each take the other's jobs for its own.
 * A file of its own, since closing any descriptor of the database would drop
 * SQLite's locks.
 */
static bool lock(struct catalog *c, const char *path, struct err *e)
{
	struct text name = {0};
	bool ok = true;

	text_printf(&name, "%s.lock", path);
	if (name.is_broken)
		return err_nomem(e, "a path");
	c->lock_fd = open(name.data, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (c->lock_fd < 0)
		ok = fail_path("open", name.data, e);
	else if (flock(c->lock_fd, LOCK_EX | LOCK_NB) != 0)
		ok = err_set(e, ERR_CONFLICT, "internal",
			     "%s is in use by another server; stop that one "
			     "or choose another data directory",
			     path);
	text_free(&name);
	return ok;
}

static bool make_identity(struct catalog *c, struct err *e)
{
	struct catalog_identity *id = &c->identity;
	char hex[SEED_HEX_MAX];
	char *sealed;
	bool ok;

	id_new(id->server_id, "srv");
	secret_random(id->seed, sizeof(id->seed));
	(void)hex_encode(id->seed, sizeof(id->seed), hex);
	sealed = secrets_seal(c, id->server_id, hex, e);
	secret_wipe(hex, sizeof(hex));
	ok = sealed != NULL &&
	     db_run(&c->db,
		    "INSERT INTO server (one, server_id, seed)"
		    " VALUES (1, ?, ?)",
		    ARGS(arg_text(id->server_id), arg_text(sealed)), e);
	free(sealed);
	return ok;
}

static bool open_seed(struct catalog *c, struct err *e)
{
	struct catalog_identity *id = &c->identity;
	char *hex = NULL;
	bool ok;

	if (!secrets_read(c, "SELECT seed FROM server WHERE server_id = ?",
			  id->server_id, &hex, e)) {
		err_prefix(e, "the catalog does not fit the key file beside "
			      "it; put the right secret.key back");
		return false;
	}
	ok = hex != NULL && hex_decode(hex, id->seed, sizeof(id->seed));
	secret_free(hex);
	return ok || err_set(e, ERR_DAMAGED, "internal",
			     "the catalog has lost the server's own key");
}

static bool load_identity(struct catalog *c, struct err *e)
{
	char *server_id = NULL;
	bool is_known;

	if (!db_text(&c->db, "SELECT server_id FROM server", NULL, &server_id,
		     e))
		return false;
	is_known = server_id != NULL;
	if (is_known)
		(void)str_copy(c->identity.server_id, ID_MAX, server_id);
	free(server_id);
	return is_known ? open_seed(c, e) : make_identity(c, e);
}

/* A catalog of an older version, which only tests open, has no starts. */
static bool begin_start(struct catalog *c, struct schema s, struct err *e)
{
	return s.version < schema_current().version || claims_begin(c, e);
}

/* The same machine since it was started, and the same file: what a copy never
 * has. Without a boot id every start counts as one from elsewhere. */
static void find_place(struct catalog *c, const char *path)
{
	struct err e = {0};
	struct stat sb;
	size_t len = 0;
	char *boot = file_read("/proc/sys/kernel/random/boot_id", 64, &len, &e);

	if (boot != NULL && stat(path, &sb) == 0)
		(void)snprintf(c->place, sizeof(c->place), "%.36s %llx %llx",
			       boot, (unsigned long long)sb.st_dev,
			       (unsigned long long)sb.st_ino);
	else
		id_new(c->place, "nul");
	free(boot);
}

static bool open_all(struct catalog *c, struct loop *l, const char *path,
		     struct schema s, struct err *e)
{
	if (!lock(c, path, e) || !make_private(path, e) ||
	    !db_open(&c->db, path, e))
		return false;
	if (!migrate(&c->db, path, s, e) || !load_identity(c, e) ||
	    !begin_start(c, s, e)) {
		err_prefix(e, "%s", path);
		return false;
	}
	if (!db_open_lists(&c->lists, path, e))
		return false;
	find_place(c, path);
	c->thread = workers_new(l, "catalog", 1, e);
	if (c->thread != NULL)
		c->reader = workers_new(l, "catalog lists", 1, e);
	return c->reader != NULL;
}

struct catalog *catalog_open_schema(struct loop *l,
				    const struct catalog_config *config,
				    struct schema s, struct err *e)
{
	struct catalog *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)err_nomem(e, "the catalog");
		return NULL;
	}
	c->lock_fd = -1;
	c->key = config->key;
	c->manual_backups_max = config->manual_backups_max;
	c->shrink_percent =
		config->shrink_percent != 0 ? config->shrink_percent : 50;
	TAILQ_INIT(&c->calls);
	TAILQ_INIT(&c->lines);
	TAILQ_INIT(&c->events);
	if (open_all(c, l, config->path, s, e))
		return c;
	catalog_close(c);
	return NULL;
}

struct catalog *catalog_open(struct loop *l,
			     const struct catalog_config *config, struct err *e)
{
	return catalog_open_schema(l, config, schema_current(), e);
}

/* The threads are gone: what they did not come to is done here, in order. */
static void finish_calls(struct catalog *c)
{
	struct catalog_op *op;

	while ((op = TAILQ_FIRST(&c->calls)) != NULL) {
		TAILQ_REMOVE(&c->calls, op, entry);
		if (!op->has_run)
			call_run(op);
		call_free(op);
	}
}

void catalog_close(struct catalog *c)
{
	if (c == NULL)
		return;
	lines_flush(c);
	events_flush(c);
	workers_free(c->thread);
	workers_free(c->reader);
	finish_calls(c);
	lines_drop(c);
	events_drop(&c->events);
	/* Who closes last moves the log, or leaves it alone. */
	if (c->lists.sq != NULL)
		db_close(&c->lists);
	if (c->db.sq != NULL)
		db_close(&c->db);
	if (c->lock_fd >= 0)
		(void)close(c->lock_fd);
	secret_wipe(&c->identity, sizeof(c->identity));
	free(c);
}

bool catalog_is_dead(const struct catalog *c)
{
	return c->is_dead;
}

const struct catalog_identity *catalog_identity(const struct catalog *c)
{
	return &c->identity;
}
