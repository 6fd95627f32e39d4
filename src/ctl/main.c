/* main.c - cofferctl: finds the command, reads its arguments, runs it. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/log.h"
#include "base/memory.h"
#include "ctl/command.h"
#include "ctl/help.h"
#include "ctl/session.h"

/* What does not fit the command; false with *e filled. */
static bool check_words(const struct command *c, const struct arguments *a,
			struct err *e)
{
	if (a->nwords >= c->min_words && a->nwords <= c->max_words)
		return true;
	return err_set(e, ERR_INVALID, "usage",
		       "%s arguments: see cofferctl %s --help",
		       a->nwords < c->min_words ? "too few" : "too many",
		       c->name);
}

/* What could not be written has not been said. */
static enum ctl_status finish(enum ctl_status status)
{
	if (fflush(stdout) == 0 && ferror(stdout) == 0)
		return status;
	if (errno != EPIPE)
		(void)fprintf(stderr, "cofferctl: cannot write: %s\n",
			      strerror(errno));
	return status == CTL_OK ? CTL_FAILED : status;
}

static enum ctl_status run(const struct command *c, const struct arguments *a)
{
	enum ctl_status status;
	struct session s = {0};
	struct err e = {0};

	if (session_init(&s, a, c->is_local, &e) && check_words(c, a, &e)) {
		status = c->run(&s, a);
	} else {
		status = session_fail(&s, &e);
	}
	session_fini(&s);
	if (c->is_monitor && err_is(&e))
		status = CTL_UNREACHABLE;
	return finish(status);
}

static enum ctl_status complain(const struct arguments *a, const struct err *e)
{
	const struct session s = {.is_json = arguments_get(a, "json") != NULL};

	return session_fail(&s, e);
}

/* The command and what stands behind it. */
static enum ctl_status run_named(struct arguments *a, int argc,
				 const char *const *argv)
{
	const struct command *c = command_find(argv[0]);
	const struct option_spec *tables[] = {session_options(), NULL, NULL};
	struct err e = {0};

	if (strcmp(argv[0], "help") == 0)
		return help_show(argc > 1 ? argv[1] : NULL);
	if (c == NULL) {
		(void)err_set(&e, ERR_INVALID, "usage",
			      "there is no command %.80s: cofferctl --help "
			      "lists them",
			      argv[0]);
		return complain(a, &e);
	}
	tables[1] = c->options;
	if (arguments_read(a, tables, argc - 1, argv + 1, false, &e) < 0) {
		(void)complain(a, &e);
		return c->is_monitor ? CTL_UNREACHABLE : CTL_USAGE;
	}
	if (arguments_get(a, "help") != NULL)
		return help_show(c->name);
	return run(c, a);
}

int main(int argc, char **argv)
{
	const char *const *words;
	const struct option_spec *tables[] = {session_options(), NULL};
	struct arguments a = {0};
	struct err e = {0};
	int at;

	words = (const char *const *)argv;
	(void)signal(SIGPIPE, SIG_IGN);
	json_set_alloc_funcs(memory_sure, free);
	log_setup(LOG_ERROR, LOG_TEXT);
	at = arguments_read(&a, tables, argc - 1, words + 1, true, &e);
	if (at < 0)
		return (int)complain(&a, &e);
	if (arguments_get(&a, "version") != NULL) {
		(void)printf("cofferctl %s\n", PACKAGE_VERSION);
		return (int)finish(CTL_OK);
	}
	if (at + 1 < argc)
		return (int)run_named(&a, argc - 1 - at, words + 1 + at);
	if (arguments_get(&a, "help") != NULL)
		return (int)finish(help_show(NULL));
	(void)help_show(NULL);
	return CTL_USAGE;
}
