/*
 * settings.h - helper.conf: what may be run, where, and for whom. It is read
 * anew for every request, so a change needs no restart.
 */
#ifndef COFFER_HELPER_SETTINGS_H
#define COFFER_HELPER_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

enum program_kind {
	PROGRAM_PROVISIONER,
	PROGRAM_HOOK,
	PROGRAM_TOOL,
	PROGRAM_KIND_COUNT,
};

enum {
	SETTINGS_PROGRAMS_MAX = 64,
	SETTINGS_ROOTS_MAX = 16,
	SETTINGS_USERS_MAX = 16,
	SETTINGS_ARGUMENTS_MAX = 32,
	SETTINGS_NAME_MAX = 64,
};

struct program_setting {
	enum program_kind kind;
	char *name;
	char *program; /* absolute path */
	char *arguments[SETTINGS_ARGUMENTS_MAX];
	size_t narguments;
};

struct folder_list {
	char *paths[SETTINGS_ROOTS_MAX];
	size_t n;
};

struct user_list {
	uid_t uids[SETTINGS_USERS_MAX];
	size_t n;
};

/* Zero it to begin with; settings_fini() ends it, also after a failure. */
struct settings {
	struct user_list users, servers;
	struct folder_list instances, snapshots;
	struct program_setting programs[SETTINGS_PROGRAMS_MAX];
	size_t nprograms;
};

/*
 * Reads the file after trust_check() of it. False with *e filled:
 * "not_configured" when there is none (what to write where), "helper_failed"
 * when it cannot be trusted or a line is wrong.
 */
bool settings_load(struct settings *s, const char *path,
		   struct err *e) MUST_CHECK;

/* The same of a text, which settings_load() does with the file's; path is for
 * the errors' text. */
bool settings_parse(struct settings *s, const char *text, const char *path,
		    struct err *e) MUST_CHECK;

void settings_fini(struct settings *s);

/* Root, who runs the helper, and those that are listed. */
bool settings_allow(const struct settings *s, uid_t uid);

/* Whether a database server of that user may be backed up: those that are
 * listed; if none is, all but root, whose rights would be those of whatever the
 * server says. */
bool settings_serves(const struct settings *s, uid_t uid);

/* The section of that name, or NULL. */
const struct program_setting *settings_program(const struct settings *s,
					       enum program_kind kind,
					       const char *name);

/* "provisioner" "hook" "tool": the first word of its section. */
const char *program_kind_name(enum program_kind kind);

/* The tools that there are: a list that ends with NULL. */
const char *const *settings_tools(void);

/* Where a tool is: its section's program, or /usr/bin/NAME in path[cap]. */
const char *settings_tool(const struct settings *s, const char *name,
			  char *path, size_t cap);

#endif
