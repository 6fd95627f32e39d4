/*
 * fuzz_helper.c - what coffer-helper is asked, by whoever may ask it, up to the
 * program that would be run: its arguments and its option file keep the form
 * that they have whatever is asked.
 *
 * make check runs it over tests/data/helper (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "helper/command.h"
#include "helper/request.h"
#include "helper/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char config[] = "[helper]\ninstances = /i\nsnapshots = /s\n"
			     "[provisioner local]\nprogram = /p\n"
			     "[hook btrfs]\nprogram = /h\narguments = x\n";

/* A line each: "[mariadb-backup]", "word", "word=number" or "word=\"...\"". */
static void check_options(const struct text *t)
{
	size_t quotes = 0, lines = 0;

	for (size_t i = 0; i < t->len; i++) {
		if (t->data[i] == '\\' && quotes % 2 == 1)
			i++;
		else if (t->data[i] == '"')
			quotes++;
		else if (t->data[i] == '\n' && quotes % 2 == 1)
			abort();
		else if (t->data[i] == '\n')
			lines++;
	}
	if (quotes % 2 != 0 || lines > 12 || strlen(t->data) != t->len)
		abort();
}

static void check(const struct command *c, const struct request *r)
{
	if (c->argc == 0 || c->argv[0][0] != '/' || c->argv[c->argc] != NULL)
		abort();
	for (size_t i = 1; i < c->argc; i++) {
		if (strchr(c->argv[i], '\n') != NULL)
			abort();
	}
	if (c->option_file.len > 0)
		check_options(&c->option_file);
	if (c->directory != NULL &&
	    (c->directory[0] != '/' || strstr(c->directory, "/../") != NULL))
		abort();
	if ((r->verb == VERB_PROVISION || r->verb == VERB_HOOK) &&
	    c->argv[c->argc - 1][0] == '-')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct settings s = {0};
	struct request r = {0};
	struct command c = {0};
	struct err e = {0};
	char *copy = malloc(len + 1);

	if (copy == NULL)
		return 0;
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (!settings_parse(&s, config, "config", &e))
		abort();
	if (request_parse(&r, copy, len, &e) && r.verb != VERB_LIST &&
	    r.verb != VERB_REMOVE && command_build(&c, &s, &r, &e))
		check(&c, &r);
	if (err_is(&e) && (e.api[0] == '\0' || e.msg[0] == '\0'))
		abort();
	command_fini(&c);
	request_fini(&r);
	settings_fini(&s);
	/* The same as a configuration. */
	err_clear(&e);
	if (strlen(copy) == len && !settings_parse(&s, copy, "config", &e) &&
	    !err_is(&e))
		abort();
	settings_fini(&s);
	free(copy);
	return 0;
}
