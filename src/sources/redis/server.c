/* server.c - what a server says of itself. */
#include "sources/redis/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <hiredis/hiredis.h>

#include "base/text.h"
#include "sources/clean_int.h"
#include "sources/redis/conn.h"
#include "sources/redis/fault.h"
#include "sources/redis/rdb/keys.h"

enum { VALUE_MAX = 128, MIB = 1024 * 1024 };

static const char *find_line(const char *info, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = info; at != NULL && *at != '\0';) {
		if (strncmp(at, name, len) == 0 && at[len] == ':')
			return at + len + 1;
		at = strchr(at, '\n');
		if (at != NULL)
			at++;
	}
	return NULL;
}

bool redis_info_text(const char *info, const char *name, char *out, size_t cap)
{
	const char *line = find_line(info, name);
	char value[VALUE_MAX];
	size_t len;

	out[0] = '\0';
	if (line == NULL)
		return false;
	len = strcspn(line, "\r\n");
	if (len >= sizeof(value))
		len = sizeof(value) - 1;
	memcpy(value, line, len);
	value[len] = '\0';
	(void)source_clean(out, cap, value);
	return true;
}

uint64_t redis_info_number(const char *info, const char *name)
{
	char value[VALUE_MAX];
	unsigned long long n = 0;

	if (!redis_info_text(info, name, value, sizeof(value)) ||
	    !str_to_u64(value, &n))
		return 0;
	return n;
}

/* "db0:keys=1,expires=0,avg_ttl=0" */
static bool read_database(const char *line, uint32_t *number, uint64_t *keys)
{
	static const char field[] = ":keys=";
	unsigned long n;
	char *end;

	if (strncmp(line, "db", 2) != 0 || line[2] < '0' || line[2] > '9')
		return false;
	n = strtoul(line + 2, &end, 10);
	if (n > UINT32_MAX || strncmp(end, field, strlen(field)) != 0)
		return false;
	*number = (uint32_t)n;
	if (keys != NULL)
		*keys = strtoull(end + strlen(field), NULL, 10);
	return true;
}

bool redis_info_next_database(const char **at, uint32_t *number, uint64_t *keys)
{
	bool is_one = false;

	while (!is_one && **at != '\0') {
		is_one = read_database(*at, number, keys);
		*at += strcspn(*at, "\n");
		*at += **at == '\n';
	}
	return is_one;
}

const char *redis_role_name(enum redis_role role)
{
	switch (role) {
	case REDIS_PRIMARY:
		return "primary";
	case REDIS_REPLICA:
		return "replica";
	case REDIS_ROLE_UNKNOWN:
		break;
	}
	return "";
}

static void set_role(struct redis_server *s, const char *word)
{
	if (strcmp(word, "master") == 0)
		s->role = REDIS_PRIMARY;
	else if (strcmp(word, "slave") == 0)
		s->role = REDIS_REPLICA;
}

/* A Valkey tells a version of Redis that it is compatible with, too. */
static void read_version(struct redis_server *s, const char *info)
{
	char value[VALUE_MAX];

	s->is_valkey =
		redis_info_text(info, "valkey_version", value, sizeof(value));
	if (s->is_valkey)
		(void)snprintf(s->version, sizeof(s->version), "%.40s-Valkey",
			       value);
	else
		(void)redis_info_text(info, "redis_version", s->version,
				      sizeof(s->version));
}

static void read_link(struct redis_server *s, const char *info)
{
	char value[VALUE_MAX];

	(void)redis_info_text(info, "role", value, sizeof(value));
	set_role(s, value);
	s->is_link_up = redis_info_text(info, "master_link_status", value,
					sizeof(value)) &&
			strcmp(value, "up") == 0;
	s->link_down_seconds =
		redis_info_number(info, "master_link_down_since_seconds");
}

static void read_memory(struct redis_server *s, const char *info)
{
	s->resident_bytes = redis_info_number(info, "used_memory_rss");
	if (s->resident_bytes == 0)
		s->resident_bytes = redis_info_number(info, "used_memory");
	s->machine_bytes = redis_info_number(info, "total_system_memory");
	s->most_bytes = redis_info_number(info, "maxmemory");
}

static void count_keys(struct redis_server *s, const char *info)
{
	uint64_t keys = 0;
	uint32_t number;

	s->keys = 0;
	while (redis_info_next_database(&info, &number, &keys))
		if (redis_scope_has_database(s->scope, number) &&
		    keys <= UINT64_MAX - s->keys)
			s->keys += keys;
}

static bool check_loading(struct redis_server *s, const char *info,
			  struct err *e)
{
	s->is_loading = redis_info_number(info, "loading") != 0;
	if (!s->is_loading)
		return true;
	s->loading_bytes = redis_info_number(info, "loading_total_bytes");
	s->loaded_bytes = redis_info_number(info, "loading_loaded_bytes");
	s->loading_seconds = redis_info_number(info, "loading_eta_seconds");
	return err_set(e, ERR_CONFLICT, "source_unavailable",
		       "the server is loading its data: %llu of %llu MiB, "
		       "about %llu s to go; try again then",
		       (unsigned long long)(s->loaded_bytes / MIB),
		       (unsigned long long)(s->loading_bytes / MIB),
		       (unsigned long long)s->loading_seconds);
}

static bool check_mode(const char *info, struct err *e)
{
	char value[VALUE_MAX];

	if (!redis_info_text(info, "redis_mode", value, sizeof(value)) ||
	    strcmp(value, "sentinel") != 0)
		return true;
	return err_set(e, ERR_INVALID, "connection_failed",
		       "this is a sentinel, which holds no data: give the "
		       "address of the server that it watches");
}

static bool is_error(const redisReply *r)
{
	return r->type == REDIS_REPLY_ERROR;
}

static bool not_understood(struct err *e, const char *what)
{
	return err_set(e, ERR_CONNECT, "connection_failed",
		       "the answer to %s is not that of a Redis server: check "
		       "host and port",
		       what);
}

static bool take_user(struct redis_server *s, const redisReply *r,
		      struct err *e)
{
	(void)e;
	if (r->type == REDIS_REPLY_STRING)
		(void)source_clean(s->user, sizeof(s->user), r->str);
	return true;
}

/* While it loads INFO has the figures. */
static bool take_ping(struct redis_server *s, const redisReply *r,
		      struct err *e)
{
	(void)s;
	if (!is_error(r) || redis_is_denial(r->str) ||
	    strncmp(r->str, "LOADING", 7) == 0 ||
	    strncmp(r->str, "MASTERDOWN", 10) == 0)
		return true;
	return redis_fault(e, r->str, "ask for a sign of life", NULL);
}

static bool take_info(struct redis_server *s, const redisReply *r,
		      struct err *e)
{
	char doing[REDIS_USER_MAX + 32];

	(void)snprintf(doing, sizeof(doing), "ask for facts%s%s",
		       s->user[0] != '\0' ? " as user " : "", s->user);
	if (is_error(r))
		return redis_fault(e, r->str, doing, "+info");
	if (r->type != REDIS_REPLY_STRING)
		return not_understood(e, "INFO");
	read_version(s, r->str);
	if (s->version[0] == '\0')
		return not_understood(e, "INFO");
	read_link(s, r->str);
	read_memory(s, r->str);
	count_keys(s, r->str);
	s->has_failed_save =
		strstr(r->str, "rdb_last_bgsave_status:err") != NULL;
	return check_mode(r->str, e) && check_loading(s, r->str, e);
}

static bool take_role(struct redis_server *s, const redisReply *r,
		      struct err *e)
{
	(void)e;
	if (r->type == REDIS_REPLY_ARRAY && r->elements > 0 &&
	    r->element[0]->type == REDIS_REPLY_STRING)
		set_role(s, r->element[0]->str);
	return true;
}

static const struct look {
	size_t argc;
	const char *argv[2];
	bool (*take)(struct redis_server *s, const redisReply *r,
		     struct err *e);
} looks[] = {
	{2, {"ACL", "WHOAMI"}, take_user},
	{1, {"PING"}, take_ping},
	{1, {"INFO"}, take_info},
	{1, {"ROLE"}, take_role},
};

enum { LOOKS = sizeof(looks) / sizeof(looks[0]) };

bool redis_look_send(struct redis_conn *c, struct err *e)
{
	for (size_t i = 0; i < LOOKS; i++)
		if (!redis_conn_send(c, looks[i].argc, looks[i].argv, NULL, e))
			return false;
	return true;
}

bool redis_look_take(struct redis_server *s, const struct redisReply *r,
		     bool *is_over, struct err *e)
{
	const struct look *look = &looks[s->nreplies++];

	*is_over = s->nreplies == LOOKS;
	if (is_error(r) && strncmp(r->str, "NOAUTH", 6) == 0)
		return redis_fault(e, r->str, "log in", NULL);
	return look->take(s, r, e);
}
