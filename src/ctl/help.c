/* help.c - see help.h. All of it is made of the tables. */
#include "ctl/help.h"

#include <stdio.h>
#include <string.h>

#include "ctl/session.h"

enum { LEFT_MAX = 64 };

static void show_options(const struct option_spec *o)
{
	char left[LEFT_MAX];

	for (; o->name != NULL; o++) {
		char letter[8] = "    ";

		if (o->letter != 0)
			(void)snprintf(letter, sizeof(letter), "-%c, ",
				       o->letter);
		(void)snprintf(left, sizeof(left), "%s--%s%s%s", letter,
			       o->name, o->argument != NULL ? " " : "",
			       o->argument != NULL ? o->argument : "");
		(void)printf("  %-28s %s\n", left, o->help);
	}
}

/* A line for each way in which it is called. */
static void show_synopsis(const struct command *c)
{
	const char *at = c->synopsis;
	const char *before = "usage:";

	for (;;) {
		size_t n = strcspn(at, "\n");

		(void)printf("%-6s cofferctl %s %.*s\n", before, c->name,
			     (int)n, at);
		if (at[n] == '\0')
			return;
		before = "";
		at += n + 1;
	}
}

static void show_all(void)
{
	(void)printf("usage: cofferctl [OPTION]... COMMAND [ARGUMENT]...\n\n"
		     "commands:\n");
	for (const struct command *const *c = commands_all(); *c; c++)
		(void)printf("  %-10s %s\n", (*c)->name, (*c)->summary);
	(void)printf("\noptions, before or behind the command:\n");
	show_options(session_options());
	(void)printf("\ncofferctl COMMAND --help tells those of a command.\n");
}

enum ctl_status help_show(const char *name)
{
	const struct command *c;

	if (name == NULL) {
		show_all();
		return CTL_OK;
	}
	c = command_find(name);
	if (c == NULL) {
		(void)fprintf(stderr, "cofferctl: there is no command %s\n",
			      name);
		return CTL_USAGE;
	}
	show_synopsis(c);
	(void)printf("\n%s\n\noptions:\n", c->summary);
	show_options(c->options);
	show_options(session_options());
	return CTL_OK;
}
