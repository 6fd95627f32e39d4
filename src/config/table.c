/* table.c - every setting, once: key, type, bounds, what is built in. */
#include "config/config_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostname.h"
#include "base/nets.h"
#include "base/text.h"

static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const switches[] = {"on", "off", NULL};
static const char *const formats[] = {"text", "json", NULL};

#define TEXT(k, def, words_, arg, help_)                                       \
	{                                                                      \
		.key = #k, .type = SETTING_TEXT,                               \
		.offset = offsetof(struct config, k), .built_in = (def),       \
		.words = (words_), .argument = (arg), .help = (help_)          \
	}
#define NUMBER(k, def, min_, max_, help_)                                      \
	{                                                                      \
		.key = #k, .type = SETTING_NUMBER,                             \
		.offset = offsetof(struct config, k), .built_in = (def),       \
		.min = (min_), .max = (max_), .argument = "N", .help = (help_) \
	}

/* "ADDR:PORT" or nothing; whether it can be bound is seen at the start. */
static bool is_address(const char *value)
{
	const char *colon = strrchr(value, ':');
	unsigned long long port;

	if (value[0] == '\0')
		return true;
	return colon != NULL && colon != value &&
	       str_to_u64(colon + 1, &port) && port <= UINT16_MAX;
}

/* Absolute paths with ':' between them, or nothing. */
static bool is_folders(const char *value)
{
	for (const char *at = value; *at != '\0';) {
		size_t n = strcspn(at, ":");

		if (at[0] != '/' || n < 2 || at[n - 1] == '/')
			return false;
		at += n;
		if (*at == ':' && *++at == '\0')
			return false;
	}
	return true;
}

/* One absolute path, or nothing. */
static bool is_folder(const char *value)
{
	return value[0] == '\0' || value[0] == '/';
}

static const struct setting settings[] = {
	TEXT(config, NULL, NULL, "FILE", "read settings from FILE"),
	{
		.key = "listen",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config, listen),
		.built_in = "127.0.0.1:7420",
		.is_right = is_address,
		.argument = "ADDR:PORT",
		.help = "where the API listens; empty for the socket alone",
	},
	TEXT(socket, NULL, NULL, "PATH",
	     "unix socket of the API (DATA_DIR/cofferd.sock)"),
	TEXT(tls_cert, "", NULL, "FILE",
	     "certificate of the API, with its chain (PEM); empty: plain HTTP"),
	TEXT(tls_key, "", NULL, "FILE", "its key (PEM), not open to others"),
	TEXT(tls_client_ca, "", NULL, "FILE",
	     "clients need a certificate of these authorities; empty: none"),
	TEXT(allow_plain_http, "off", switches, "on|off",
	     "on or off: listen beyond this machine without TLS"),
	{
		.key = "allowed_hosts",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config, allowed_hosts),
		.built_in = "",
		.is_right = hostname_list_is_right,
		.argument = "NAME[,NAME...]",
		.help = "names of this server that clients may ask for over "
			"TCP; its addresses, localhost and those of "
			"tls_cert always",
	},
	{
		.key = "allowed_addresses",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config, allowed_addresses),
		.built_in = "",
		.is_right = nets_are_right,
		.argument = "CIDR[,CIDR...]",
		.help = "networks that sources and stores may be in; empty: "
			"any",
	},
	TEXT(data_dir, NULL, NULL, "DIR",
	     "catalog, keys and tokens (/var/lib/coffer as root)"),
	TEXT(log_level, "info", levels, "LEVEL", "debug, info, warn, error"),
	TEXT(log_format, "text", formats, "FORMAT", "text or json"),
	NUMBER(buffer_bytes, "100663296", 24UL << 20, UINT64_C(1) << 40,
	       "memory of all buffers of the server together"),
	NUMBER(max_row_bytes, "268435456", 1UL << 20, UINT64_C(1) << 30,
	       "longest row of a table that is backed up"),
	NUMBER(max_jobs, "4", 1, 64, "backups and restores that run at once"),
	NUMBER(manual_backups_max, "50", 1, 1000000,
	       "live manual backups of the whole server"),
	NUMBER(max_tables, "500000", 1, 500000,
	       "tables that a source may have"),
	NUMBER(retry_seconds, "60", 0, 3600,
	       "before the one retry when DDL or a lock is in the way"),
	NUMBER(guard_seconds, "3600", 0, 86400,
	       "schema changes on a source are held off at most; 0: never"),
	NUMBER(snapshot_seconds, "10", 1, 300,
	       "commits on a source are held up at most, for a snapshot"),
	NUMBER(stall_seconds, "900", 5, 86400,
	       "a stream in which nothing moves for so long has failed"),
	NUMBER(spool_bytes, "2147483648", 0, UINT64_C(1) << 50,
	       "room on disk for what a stalled store does not take; 0: none"),
	TEXT(spool_dir, NULL, NULL, "DIR", "where that is (DATA_DIR/spool)"),
	TEXT(helper_socket, "", NULL, "PATH",
	     "of a coffer-helper that runs; empty: start one when needed"),
	TEXT(helper_program, LIBEXECDIR "/coffer-helper", NULL, "FILE",
	     "what is started then"),
	TEXT(helper_config, SYSCONFDIR "/coffer/helper.conf", NULL, "FILE",
	     "and its list of what it may run"),
	{
		.key = "restore_dirs",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config, restore_dirs),
		.built_in = "",
		.is_right = is_folders,
		.argument = "DIR[:DIR...]",
		.help = "files may be restored into folders in these; empty: "
			"none",
	},
	{
		.key = "secrets_dir",
		.type = SETTING_TEXT,
		.offset = offsetof(struct config, secrets_dir),
		.built_in = "",
		.is_right = is_folder,
		.argument = "DIR",
		.help = "files whose names secrets may be given as; empty: "
			"systemd's credentials",
	},
	TEXT(console, "on", switches, "on|off",
	     "on or off: whether / is the console"),
	TEXT(console_dir, "", NULL, "DIR",
	     "serve the console's files from DIR, to work on them; empty: "
	     "those "
	     "that are built in"),
	NUMBER(probe_seconds, "30", 1, 3600,
	       "between looks at whether pools and sources answer"),
	NUMBER(puts_at_once, "4", 1, 32, "uploads of one backup at once"),
	NUMBER(workers, "0", 0, 256,
	       "threads that compress; 0: as many as cores"),
	NUMBER(shrink_percent, "50", 1, 100,
	       "a backup that shrank by more stops the expiry of its plan"),
	{.key = NULL},
};

const struct setting *config_settings(void)
{
	return settings;
}

const struct setting *config_setting(const char *key)
{
	for (const struct setting *s = settings; s->key != NULL; s++) {
		if (strcmp(s->key, key) == 0)
			return s;
	}
	return NULL;
}

char **setting_text(const struct setting *s, struct config *c)
{
	return (char **)(void *)((char *)c + s->offset);
}

uint64_t *setting_number(const struct setting *s, struct config *c)
{
	return (uint64_t *)(void *)((char *)c + s->offset);
}

static bool is_word(const char *const *words, const char *value)
{
	for (; *words != NULL; words++) {
		if (strcmp(*words, value) == 0)
			return true;
	}
	return false;
}

static bool set_text(const struct setting *s, struct config *c,
		     const char *value, const char *where, struct err *e)
{
	char **to = setting_text(s, c);
	char *copy;

	if (s->words != NULL && !is_word(s->words, value))
		return err_set(e, ERR_INVALID, "invalid_config",
			       "%s: %s is \"%s\", but must be one of: %s",
			       where, s->key, value, s->help);
	if (s->is_right != NULL && !s->is_right(value))
		return err_set(e, ERR_INVALID, "invalid_config",
			       "%s: %s is \"%s\", but must be %s", where,
			       s->key, value, s->argument);
	copy = strdup(value);
	if (copy == NULL)
		return err_nomem(e, "a setting");
	free(*to);
	*to = copy;
	return true;
}

static bool set_number(const struct setting *s, struct config *c,
		       const char *value, const char *where, struct err *e)
{
	unsigned long long n;

	if (!str_to_u64(value, &n) || n < s->min || n > s->max)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "%s: %s is \"%s\", but must be a number from "
			       "%" PRIu64 " to %" PRIu64,
			       where, s->key, value, s->min, s->max);
	*setting_number(s, c) = n;
	return true;
}

bool setting_set(const struct setting *s, struct config *c, const char *value,
		 const char *where, struct err *e)
{
	if (s->type == SETTING_NUMBER)
		return set_number(s, c, value, where, e);
	return set_text(s, c, value, where, e);
}
