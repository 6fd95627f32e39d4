/*
 * config.c - reads the settings from four places. What stands further down
 * in precedence is read first and overwritten; the file's name is looked for
 * in flags and environment before that.
 */
#include "config/config_int.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "base/text.h"

enum { KEY_MAX = 64 };

static const struct {
	const char *flag;
	enum config_action action;
} actions[] = {
	{"--check-config", CONFIG_CHECK},
	{"--print-config", CONFIG_PRINT},
	{"--version", CONFIG_VERSION},
	{"--help", CONFIG_HELP},
};

static void variable_name(const char *key, char out[KEY_MAX])
{
	size_t n;

	(void)snprintf(out, KEY_MAX, "COFFER_%s", key);
	n = strlen(out);
	for (size_t i = 0; i < n; i++)
		out[i] = (char)toupper((unsigned char)out[i]);
}

static void flag_name(const char *key, char out[KEY_MAX])
{
	(void)snprintf(out, KEY_MAX, "--%s", key);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '_')
			*p = '-';
	}
}

static bool load_built_in(struct config *c, struct err *e)
{
	for (const struct setting *s = config_settings(); s->key; s++) {
		if (s->built_in != NULL &&
		    !setting_set(s, c, s->built_in, "built in", e))
			return false;
	}
	return true;
}

static bool load_environment(struct config *c, struct err *e)
{
	char name[KEY_MAX];

	for (const struct setting *s = config_settings(); s->key; s++) {
		const char *value;

		variable_name(s->key, name);
		value = getenv(name);
		if (value != NULL && !setting_set(s, c, value, name, e))
			return false;
	}
	return true;
}

static const struct setting *setting_of_flag(const char *flag, size_t len)
{
	char name[KEY_MAX];

	for (const struct setting *s = config_settings(); s->key; s++) {
		flag_name(s->key, name);
		if (strlen(name) == len && strncmp(name, flag, len) == 0)
			return s;
	}
	return NULL;
}

static bool is_action(const char *arg, enum config_action *action)
{
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(actions[i].flag, arg) == 0) {
			*action = actions[i].action;
			return true;
		}
	}
	return false;
}

/* One flag at argv[*i], "--key value" or "--key=value". */
static bool load_flag(struct config *c, int argc, char **argv, int *i,
		      struct err *e)
{
	const char *arg = argv[*i];
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);
	const struct setting *s = setting_of_flag(arg, len);

	if (s == NULL)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "unknown argument \"%s\"; cofferd --help lists "
			       "what there is",
			       arg);
	if (equals != NULL)
		return setting_set(s, c, equals + 1, "command line", e);
	if (*i + 1 >= argc)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "%s wants a value: %s %s", arg, arg,
			       s->argument);
	*i += 1;
	return setting_set(s, c, argv[*i], "command line", e);
}

static bool load_flags(struct config *c, int argc, char **argv,
		       enum config_action *action, struct err *e)
{
	for (int i = 1; i < argc; i++) {
		if (is_action(argv[i], action))
			continue;
		if (!load_flag(c, argc, argv, &i, e))
			return false;
	}
	return true;
}

struct file_reading {
	struct config *c;
	const char *path;
	struct err *e;
};

/* inih's handler: 0 stops at this line. */
static int on_file_key(void *arg, const char *section, const char *key,
		       const char *value)
{
	struct file_reading *r = arg;
	const struct setting *s = config_setting(key);

	if (section[0] != '\0' && strcmp(section, "server") != 0) {
		(void)err_set(r->e, ERR_INVALID, "invalid_config",
			      "%s: unknown section [%s]", r->path, section);
		return 0;
	}
	if (s == NULL || strcmp(key, "config") == 0) {
		(void)err_set(r->e, ERR_INVALID, "invalid_config",
			      "%s: unknown setting \"%s\"", r->path, key);
		return 0;
	}
	return setting_set(s, r->c, value, r->path, r->e) ? 1 : 0;
}

static bool load_file(struct config *c, const char *path, struct err *e)
{
	struct file_reading r = {c, path, e};
	int line = ini_parse(path, on_file_key, &r);

	if (line == -1)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "cannot read the configuration file %s: %s",
			       path, strerror(errno));
	if (err_is(e) && line > 0)
		err_prefix(e, "line %d", line);
	if (err_is(e))
		return false;
	if (line != 0)
		return err_set(e, ERR_INVALID, "invalid_config",
			       "%s: line %d is not \"key = value\"", path,
			       line);
	return true;
}

/* Where nothing was set. */
static bool default_path(char **path, const char *data_dir, const char *name,
			 struct err *e)
{
	struct text t = {0};

	if (*path != NULL)
		return true;
	text_printf(&t, "%s/%s", data_dir, name);
	*path = text_take(&t);
	return *path != NULL || err_nomem(e, "a setting");
}

static bool default_paths(struct config *c, struct err *e)
{
	const char *home = getenv("HOME");
	struct text t = {0};

	if (c->data_dir == NULL) {
		if (geteuid() == 0 || home == NULL)
			text_str(&t, "/var/lib/coffer");
		else
			text_printf(&t, "%s/.local/share/coffer", home);
		c->data_dir = text_take(&t);
		if (c->data_dir == NULL)
			return err_nomem(e, "a setting");
	}
	return default_path(&c->socket, c->data_dir, "cofferd.sock", e) &&
	       default_path(&c->spool_dir, c->data_dir, "spool", e);
}

/* Where the file is: asked before anything else is kept. */
static bool find_file(char **path, int argc, char **argv, struct err *e)
{
	struct config first = {0};
	enum config_action ignored = CONFIG_RUN;
	bool ok = load_environment(&first, e) &&
		  load_flags(&first, argc, argv, &ignored, e);

	*path = first.config;
	first.config = NULL;
	config_fini(&first);
	return ok;
}

bool config_load(struct config *c, int argc, char **argv,
		 enum config_action *action, struct err *e)
{
	char *path = NULL;
	bool ok;

	*action = CONFIG_RUN;
	ok = find_file(&path, argc, argv, e) && load_built_in(c, e) &&
	     (path == NULL || path[0] == '\0' || load_file(c, path, e)) &&
	     load_environment(c, e) && load_flags(c, argc, argv, action, e) &&
	     default_paths(c, e);
	free(path);
	return ok;
}

void config_fini(struct config *c)
{
	for (const struct setting *s = config_settings(); s->key; s++) {
		if (s->type == SETTING_TEXT)
			free(*setting_text(s, c));
	}
	memset(c, 0, sizeof(*c));
}

void config_print(const struct config *c)
{
	struct config copy = *c;

	for (const struct setting *s = config_settings(); s->key; s++) {
		const char *text;

		if (strcmp(s->key, "config") == 0)
			continue;
		if (s->type == SETTING_NUMBER) {
			(void)printf("%s = %" PRIu64 "\n", s->key,
				     *setting_number(s, &copy));
			continue;
		}
		text = *setting_text(s, &copy);
		(void)printf("%s = %s\n", s->key, text ? text : "");
	}
}

void config_help(void)
{
	char name[KEY_MAX];

	(void)printf("usage: cofferd [--SETTING VALUE]...\n\n"
		     "Each setting is also a variable (COFFER_DATA_DIR) and a "
		     "key in the file (data_dir).\n\n");
	for (const struct setting *s = config_settings(); s->key; s++) {
		char left[KEY_MAX * 2];

		flag_name(s->key, name);
		(void)snprintf(left, sizeof(left), "%s %s", name, s->argument);
		(void)printf("  %-28s %s\n", left, s->help);
	}
	(void)printf("  %-28s %s\n  %-28s %s\n  %-28s %s\n", "--check-config",
		     "read the settings, say whether they are right",
		     "--print-config", "print the settings in force",
		     "--version", "print the version");
}

void config_setup_log(const struct config *c)
{
	enum log_level level = LOG_INFO;
	enum log_format format = LOG_TEXT;

	if (!log_level_parse(c->log_level, &level) ||
	    !log_format_parse(c->log_format, &format))
		return; /* checked when it was set: keep what is */
	log_setup(level, format);
}
