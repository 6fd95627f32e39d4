/* commands.c - the one table of commands. */
#include "ctl/command.h"

#include <string.h>

enum { COMMANDS_MAX = 32 };

static const struct command *(*const makers[])(void) = {
	status_command, check_command,	 sources_command, pools_command,
	plans_command,	backups_command, jobs_command,	  backup_command,
	run_command,	restore_command, verify_command,  cancel_command,
	logs_command,	timers_command,	 token_command,	  audit_command,
	export_command, apply_command,	 api_command,	  ls_command,
	cat_command,
};

const struct command *const *commands_all(void)
{
	static const struct command *all[COMMANDS_MAX];

	_Static_assert(sizeof(makers) / sizeof(*makers) < COMMANDS_MAX,
		       "room for all commands");
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++)
		all[i] = makers[i]();
	return all;
}

const struct command *command_find(const char *name)
{
	for (const struct command *const *c = commands_all(); *c != NULL; c++) {
		if (strcmp((*c)->name, name) == 0)
			return *c;
	}
	return NULL;
}
