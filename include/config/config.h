/*
 * config.h - the settings of the server: flags, then the environment, then
 * the configuration file, then what is built in.
 *
 * One table says for each setting its key in the file; the flag is the same
 * with '-' for '_', the variable COFFER_ and the key in upper case.
 */
#ifndef COFFER_CONFIG_CONFIG_H
#define COFFER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"

/* Strings belong to the configuration. */
struct config {
	char *config; /* the file, or NULL */
	char *listen; /* "ADDR:PORT", "" for none */
	char *socket; /* path, "" for none; NULL: DATA_DIR/cofferd.sock */
	char *tls_cert, *tls_key; /* files; "": plain HTTP */
	char *tls_client_ca;	  /* file; "": clients need none */
	char *allow_plain_http;	  /* "on" or "off" */
	char *allowed_hosts;	  /* names, ',' between them; "": none */
	char *allowed_addresses;  /* networks, likewise; "": any */
	char *data_dir;		  /* NULL: /var/lib/coffer, or ~/.local/... */
	char *log_level, *log_format;
	char *spool_dir;      /* NULL: DATA_DIR/spool */
	char *helper_socket;  /* path of a coffer-helper that runs, "" for
			       * none: it is started as a child */
	char *helper_program; /* for that; its configuration */
	char *helper_config;
	char *restore_dirs; /* folders that files are restored into, with ':'
			     * between them; "": none */
	char *secrets_dir;  /* files of secrets that are told by name; "": none
			     */
	char *console;	    /* "on" or "off" */
	char *console_dir;  /* serves the console instead; "": none */
	uint64_t buffer_bytes, spool_bytes;
	uint64_t max_row_bytes;
	uint64_t max_jobs, manual_backups_max, max_tables;
	uint64_t retry_seconds, guard_seconds, stall_seconds;
	uint64_t snapshot_seconds;
	uint64_t puts_at_once, workers, probe_seconds;
	uint64_t shrink_percent;
};

/* What the command line asked for beside settings. */
enum config_action {
	CONFIG_RUN,
	CONFIG_CHECK,	/* --check-config */
	CONFIG_PRINT,	/* --print-config */
	CONFIG_VERSION, /* --version */
	CONFIG_HELP,	/* --help */
};

/*
 * Reads all four, in order of precedence, and checks every value. *c is to be
 * zeroed; config_fini() ends it, also after a failure. False with *e filled:
 * which setting, where it stands (flag, variable, file and line), what to do.
 */
bool config_load(struct config *c, int argc, char **argv,
		 enum config_action *action, struct err *e) MUST_CHECK;

/* Frees what it holds and zeroes it. */
void config_fini(struct config *c);

/* The settings in force, as a configuration file, to standard output. */
void config_print(const struct config *c);

/* What the flags mean, to standard output. */
void config_help(void);

/* Sets up the log as told. */
void config_setup_log(const struct config *c);

#endif
