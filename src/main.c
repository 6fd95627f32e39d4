/* main.c - arguments, wiring, exit code; nothing else. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "config/config.h"
#include "server.h"

/* What a reload needs: the same four places, read again. */
struct invocation {
	int argc;
	char **argv;
};

static void complain(const struct err *e)
{
	(void)fprintf(stderr, "cofferd: %s\n", e->msg);
}

/* SIGHUP: the log's settings take effect at once, all others at a restart; the
 * server reads the files of its certificate again. */
static void reload(void *arg)
{
	const struct invocation *in = arg;
	enum config_action action;
	struct config c = {0};
	struct err e = {0};

	if (config_load(&c, in->argc, in->argv, &action, &e)) {
		config_setup_log(&c);
		log_info("server", "settings read again; what is not of the "
				   "log takes effect at the next start");
	} else {
		log_error("server", "settings stay as they are: %s", e.msg);
	}
	config_fini(&c);
}

static int serve(const struct config *c, struct invocation *in)
{
	struct err e = {0};
	struct server *s;
	bool ok;

	config_setup_log(c);
	s = server_new(c, reload, in, &e);
	if (s == NULL) {
		complain(&e);
		return 1;
	}
	ok = server_run(s);
	server_free(s);
	return ok ? 0 : 1;
}

static int act(enum config_action action, const struct config *c,
	       struct invocation *in)
{
	switch (action) {
	case CONFIG_RUN:
		return serve(c, in);
	case CONFIG_CHECK:
		(void)printf("the settings are right\n");
		return 0;
	case CONFIG_PRINT:
		config_print(c);
		return 0;
	case CONFIG_VERSION:
		(void)printf("cofferd %s\n", PACKAGE_VERSION);
		return 0;
	case CONFIG_HELP:
		config_help();
		return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct invocation in = {argc, argv};
	enum config_action action;
	struct config c = {0};
	struct err e = {0};
	int status = 2;

	if (config_load(&c, argc, argv, &action, &e))
		status = act(action, &c, &in);
	else
		complain(&e);
	config_fini(&c);
	return status;
}
