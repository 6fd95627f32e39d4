/* fault.c - error numbers and their meaning, as one table. */
#include "sources/mysql/fault.h"

#include "sources/clean_int.h"

struct meaning {
	unsigned number;
	enum err_code code;
	const char *api;
	const char *hint; /* what to do */
};

#define CHECK_RIGHTS  "check the account's password and privileges"
#define CHECK_ADDRESS "check host, port and that the server runs"
#define TRY_AGAIN     "the connection broke; try again"
#define WAS_CHANGED   "it was changed meanwhile; try again"

static const struct meaning meanings[] = {
	{1040, ERR_CONNECT, "connection_failed", "raise max_connections"},
	{1044, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1045, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1049, ERR_NOT_FOUND, "invalid_scope", "choose another database"},
	{1053, ERR_CONNECT, "connection_failed", "the server is going down"},
	{1129, ERR_DENIED, "access_denied", "run FLUSH HOSTS on the server"},
	{1130, ERR_DENIED, "access_denied", "allow this host at the server"},
	{1142, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1143, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1146, ERR_CONFLICT, "source_changed", WAS_CHANGED},
	{1203, ERR_CONNECT, "connection_failed", "raise max_user_connections"},
	{1205, ERR_CONFLICT, "lock_not_obtained", "try again later"},
	{1213, ERR_CONFLICT, "lock_not_obtained", "try again later"},
	{1226, ERR_CONNECT, "connection_failed", "raise the account's limits"},
	{1227, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1305, ERR_CONFLICT, "source_changed", WAS_CHANGED},
	{1317, ERR_CONNECT, "connection_failed", "somebody stopped it there"},
	{1360, ERR_CONFLICT, "source_changed", WAS_CHANGED},
	{1370, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1412, ERR_CONFLICT, "source_changed", WAS_CHANGED},
	{1419, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1539, ERR_CONFLICT, "source_changed", WAS_CHANGED},
	{1698, ERR_DENIED, "access_denied", CHECK_RIGHTS},
	{1820, ERR_DENIED, "access_denied", "the password has expired: set it"},
	{1862, ERR_DENIED, "access_denied", "the password has expired: set it"},
	{1927, ERR_CONNECT, "connection_failed", "somebody ended it there"},
	{1969, ERR_CONFLICT, "lock_not_obtained", "it took too long there"},
	{2002, ERR_CONNECT, "connection_failed", CHECK_ADDRESS},
	{2003, ERR_CONNECT, "connection_failed", CHECK_ADDRESS},
	{2005, ERR_CONNECT, "connection_failed", "check the host's name"},
	{2006, ERR_CONNECT, "connection_failed", TRY_AGAIN},
	{2008, ERR_NOMEM, "internal", "give the server more memory"},
	{2012, ERR_CONNECT, "connection_failed", CHECK_ADDRESS},
	{2013, ERR_CONNECT, "connection_failed", TRY_AGAIN},
	{2020, ERR_REMOTE, "source_failed", "raise max_row_bytes"},
	{2026, ERR_CONNECT, "connection_failed", "check the TLS settings"},
	{2027, ERR_CONNECT, "connection_failed", TRY_AGAIN},
	{3024, ERR_CONFLICT, "lock_not_obtained", "it took too long there"},
	{3118, ERR_DENIED, "access_denied", "unlock the account"},
	{3159, ERR_DENIED, "access_denied", "the server wants TLS: set tls"},
	{4031, ERR_CONNECT, "connection_failed", TRY_AGAIN},
	{4151, ERR_DENIED, "access_denied", "unlock the account"},
};

static const struct meaning *meaning_of(unsigned number)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].number == number)
			return &meanings[i];
	return NULL;
}

char *my_clean(char *out, size_t cap, const char *in)
{
	return source_clean(out, cap, in);
}

bool my_fault(struct err *e, unsigned number, const char *text,
	      const char *doing)
{
	const struct meaning *m = meaning_of(number);
	char clean[MY_TEXT_MAX];

	(void)my_clean(clean, sizeof(clean), text);
	if (m != NULL)
		return err_set(e, m->code, m->api, "%s: %s (%u); %s", doing,
			       clean, number, m->hint);
	if (my_is_broken(number))
		return err_set(e, ERR_CONNECT, "connection_failed",
			       "%s: %s (%u)", doing, clean, number);
	return err_set(e, ERR_REMOTE, "source_failed", "%s: %s (%u)", doing,
		       clean, number);
}

bool my_is_denial(unsigned number)
{
	const struct meaning *m = meaning_of(number);

	return m != NULL && m->code == ERR_DENIED;
}

bool my_is_full(unsigned number)
{
	return number == MY_ERR_CONNECTIONS ||
	       number == MY_ERR_USER_CONNECTIONS || number == MY_ERR_USER_LIMIT;
}

bool my_is_broken(unsigned number)
{
	return (number >= MY_CLIENT_MIN && number <= MY_CLIENT_MAX) ||
	       number == 1053 || number == 1927 || number == 4031;
}
