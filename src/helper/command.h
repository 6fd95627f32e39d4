/* command.h - what a checked request runs: program, arguments, surroundings. */
#ifndef COFFER_HELPER_COMMAND_H
#define COFFER_HELPER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/text.h"
#include "owner.h"

struct request;
struct settings;

enum {
	COMMAND_ARGUMENTS_MAX = 64,
	COMMAND_EXTRA_FD = 3, /* in the program: option file or folder */
};

/* Where its working directory is. */
enum command_place {
	PLACE_ROOT,	 /* "/" */
	PLACE_SCRATCH,	 /* an empty folder of its own, removed afterwards */
	PLACE_INSTANCES, /* directory, beneath those folders */
	PLACE_SNAPSHOTS, /* likewise */
};

/* Zero it to begin with; command_fini() ends it. */
struct command {
	char *argv[COMMAND_ARGUMENTS_MAX + 1]; /* [0]: the program's path */
	size_t argc;
	enum command_place place;
	const char *directory;	     /* the request's, or NULL */
	bool makes_directory;	     /* if it is not there */
	const char *extra_directory; /* beneath instances; its descriptor is
				      * COMMAND_EXTRA_FD, or NULL */
	struct text option_file;     /* likewise; empty: none */
	/* It runs as the user of the server there; neither: as the helper. */
	struct owner_address server;
	const char *output_file; /* new in directory: takes its output; NULL */
};

/* Builds it. False with *e filled: "not_configured", "program_refused". The
 * request and settings are borrowed for the command's life. */
bool command_build(struct command *c, const struct settings *s,
		   const struct request *r, struct err *e) MUST_CHECK;

/* Wipes the option file and frees. */
void command_fini(struct command *c);

#endif
