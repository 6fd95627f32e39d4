/*
 * proof.c - what is looked for in the archive of a data directory: the system
 * tablespace, as many definitions as tables were listed, the binary log with
 * the length that it had, and nothing that points out of the directory.
 */
#include "sources/mysql/snapshot/proof.h"

#include <inttypes.h>
#include <string.h>

#include "sources/mysql/fault.h"
#include "sources/mysql/server.h"

static bool ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n >= m && strcmp(name + n - m, suffix) == 0;
}

static bool is_elsewhere(struct err *e, const char *name)
{
	char clean[MY_TEXT_MAX];

	return err_set(e, ERR_CONFLICT, "snapshot_refused",
		       "\"%.160s\" in the data directory points to a place "
		       "outside of it, which no snapshot of it holds: move the "
		       "data there, or use another method",
		       my_clean(clean, sizeof(clean), name));
}

/* "shop/orders.frm", but not those of system databases, nor what an ALTER has
 * not finished. */
static bool is_definition(const char *name)
{
	const char *slash = strchr(name, '/');
	char database[MY_TEXT_MAX];
	size_t n;

	if (slash == NULL || !ends(name, ".frm") || slash[1] == '#')
		return false;
	n = (size_t)(slash - name);
	if (n >= sizeof(database))
		return true;
	memcpy(database, name, n);
	database[n] = '\0';
	return !my_is_system_database(database);
}

static bool take_member(void *arg, const char *name, char type, uint64_t bytes,
			struct err *e)
{
	struct my_proof *p = arg;

	if (strncmp(name, "./", 2) == 0)
		name += 2;
	if (type == '2' || ends(name, ".isl"))
		return is_elsewhere(e, name);
	p->has_system = p->has_system || strcmp(name, p->system) == 0;
	p->found += is_definition(name);
	if (p->log[0] != '\0' && strcmp(name, p->log) == 0) {
		p->has_log = true;
		p->log_found = bytes;
	}
	return true;
}

void my_proof_init(struct my_proof *p)
{
	memset(p, 0, sizeof(*p));
	p->log = p->system = "";
	p->tar.member = take_member;
	p->tar.arg = p;
}

bool my_proof_feed(struct my_proof *p, const unsigned char *bytes, size_t n,
		   struct err *e)
{
	return my_tar_feed(&p->tar, bytes, n, e);
}

static bool no_moment(const struct my_proof *p, struct err *e)
{
	char clean[MY_TEXT_MAX];

	(void)my_clean(clean, sizeof(clean), p->log);
	if (!p->has_log)
		return err_set(e, ERR_DAMAGED, "snapshot_failed",
			       "the snapshot lacks the binary log \"%.120s\": "
			       "it is not of the moment at which the locks "
			       "were held; look at the hook",
			       clean);
	return err_set(e, ERR_DAMAGED, "snapshot_failed",
		       "in the snapshot the binary log \"%.120s\" has %" PRIu64
		       " bytes instead of %" PRIu64 ": it is not of the moment "
		       "at which the locks were held; look at the hook",
		       clean, p->log_found, p->log_bytes);
}

bool my_proof_check(const struct my_proof *p, struct err *e)
{
	if (!my_tar_is_over(&p->tar))
		return err_set(e, ERR_DAMAGED, "snapshot_failed",
			       "the archive of the snapshot has no end; look "
			       "at the tool \"tar\" of the helper");
	if (p->system[0] != '\0' && !p->has_system)
		return err_set(e, ERR_DAMAGED, "snapshot_failed",
			       "the snapshot holds no %.120s, so it is not "
			       "the data directory; look at the hook",
			       p->system);
	if (p->has_definitions && p->found < p->definitions)
		return err_set(
			e, ERR_DAMAGED, "snapshot_failed",
			"the snapshot holds the definitions of %" PRIu64
			" tables and views, while the server has %" PRIu64
			": look at the hook",
			p->found, p->definitions);
	if (p->log[0] != '\0' && (!p->has_log || p->log_found != p->log_bytes))
		return no_moment(p, e);
	return true;
}
