/* command.h - what a command of cofferctl is; each family has a file. */
#ifndef COFFER_CTL_COMMAND_H
#define COFFER_CTL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/options.h"

struct session;

/* What cofferctl ends with. */
enum ctl_status {
	CTL_OK,
	CTL_FAILED,	 /* the server said no, or a job has failed */
	CTL_USAGE,	 /* the command line is wrong */
	CTL_UNREACHABLE, /* no answer from the server, or from the store */
	CTL_INTERRUPTED = 130,
};

struct command {
	const char *name;
	const char *synopsis; /* what stands behind the name; lines of "\n" */
	const char *summary;
	const struct option_spec *options;
	size_t min_words, max_words;
	bool is_local;	 /* asks no server */
	bool is_monitor; /* whatever is wrong ends with 3, "unknown" */
	enum ctl_status (*run)(struct session *s, const struct arguments *a);
};

/* All of them, in the order in which they are told; NULL behind the last. */
const struct command *const *commands_all(void);

/* NULL: there is none of that name. */
const struct command *command_find(const char *name);

/* The families. */
const struct command *status_command(void);
const struct command *check_command(void);
const struct command *sources_command(void);
const struct command *pools_command(void);
const struct command *plans_command(void);
const struct command *backups_command(void);
const struct command *jobs_command(void);
const struct command *backup_command(void);
const struct command *run_command(void);
const struct command *restore_command(void);
const struct command *verify_command(void);
const struct command *cancel_command(void);
const struct command *logs_command(void);
const struct command *timers_command(void);
const struct command *token_command(void);
const struct command *audit_command(void);
const struct command *export_command(void);
const struct command *apply_command(void);
const struct command *api_command(void);
const struct command *ls_command(void);
const struct command *cat_command(void);

#endif
