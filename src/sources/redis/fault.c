/* fault.c - the words that error replies begin with, and their meaning. */
#include "sources/redis/fault.h"

#include <stddef.h>
#include <string.h>

#include "sources/clean_int.h"

enum { WORDS_MAX = 200 };

struct meaning {
	const char *begins;
	enum err_code code;
	const char *api;
	const char *hint; /* what to do */
};

static const struct meaning meanings[] = {
	{"NOAUTH", ERR_DENIED, "access_denied",
	 "the server wants a password: set it, and the user if it has one"},
	{"WRONGPASS", ERR_DENIED, "access_denied", "check user and password"},
	{"ERR invalid password", ERR_DENIED, "access_denied",
	 "check the password"},
	{"ERR AUTH ", ERR_DENIED, "access_denied",
	 "the server has no password: leave it out"},
	{"ERR Client sent AUTH", ERR_DENIED, "access_denied",
	 "the server has no password: leave it out"},
	{"ERR wrong number of arguments for 'auth'", ERR_DENIED,
	 "access_denied", "the server is too old to know users: leave it out"},
	{"DENIED", ERR_DENIED, "access_denied",
	 "the server takes only local connections until it has a password"},
	{"ERR max number of clients", ERR_CONNECT, "connection_failed",
	 "raise maxclients"},
	{"LOADING", ERR_CONFLICT, "source_unavailable",
	 "try again when it has loaded its data"},
	{"MASTERDOWN", ERR_CONFLICT, "source_unavailable",
	 "the replica's link to its primary is down: repair it"},
	{"NOMASTERLINK", ERR_CONFLICT, "source_unavailable",
	 "the replica's link to its primary is down: repair it"},
	{"MISCONF", ERR_CONFLICT, "source_unavailable",
	 "its last snapshot to disk failed: look into the server's log"},
	{"BUSY", ERR_CONFLICT, "source_unavailable",
	 "a script runs there: try again when it is over"},
	{"ERR BGSAVE failed", ERR_REMOTE, "source_failed",
	 "its log tells if there was no room for a fork, or on its disk"},
	{"OOM", ERR_REMOTE, "source_failed", "raise the server's maxmemory"},
};

static bool begins_with(const char *words, const char *with)
{
	return strncmp(words, with, strlen(with)) == 0;
}

static const struct meaning *meaning_of(const char *words)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (begins_with(words, meanings[i].begins))
			return &meanings[i];
	return NULL;
}

bool redis_is_denial(const char *words)
{
	return begins_with(words, "NOPERM");
}

bool redis_is_unknown(const char *words)
{
	return begins_with(words, "ERR unknown") ||
	       begins_with(words, "ERR Unknown");
}

bool redis_fault(struct err *e, const char *words, const char *doing,
		 const char *right)
{
	const struct meaning *m = meaning_of(words);
	char clean[WORDS_MAX];

	(void)source_clean(clean, sizeof(clean), words);
	if (redis_is_denial(words))
		return err_set(e, ERR_DENIED, "access_denied",
			       "%s: %s; give the user the right: ACL SETUSER "
			       "... %s",
			       doing, clean,
			       right != NULL ? right : REDIS_BACKUP_RIGHTS);
	if (m != NULL)
		return err_set(e, m->code, m->api, "%s: %s; %s", doing, clean,
			       m->hint);
	return err_set(e, ERR_REMOTE, "source_failed", "%s: %s", doing, clean);
}
