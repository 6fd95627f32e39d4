/* settings.c - reads helper.conf: three kinds of sections and [helper]. */
#include "settings.h"

#include <errno.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ini.h>

#include "base/text.h"
#include "trust.h"

enum { FILE_MAX = 64 * 1024, LINE_BYTES_MAX = 190 /* of INI_MAX_LINE */ };

static const char *const kind_names[] = {"provisioner", "hook", "tool"};
_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == PROGRAM_KIND_COUNT,
	       "one name per kind");

static const char *const tools[] = {"mariadb-backup", "mbstream", "tar", "cat",
				    NULL};

const char *program_kind_name(enum program_kind kind)
{
	return kind_names[kind];
}

const char *const *settings_tools(void)
{
	return tools;
}

struct reading {
	struct settings *s;
	const char *path;
	struct err *e;
};

static bool wrong(struct reading *r, const char *what, const char *value)
{
	return err_set(r->e, ERR_INVALID, "helper_failed", "%s: %s: \"%.100s\"",
		       r->path, what, value);
}

static bool is_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz"
			     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return n > 0 && n <= SETTINGS_NAME_MAX && s[n] == '\0' && s[0] != '.' &&
	       s[0] != '-';
}

static char *copy_of(struct reading *r, const char *s)
{
	char *copy = strdup(s);

	if (copy == NULL)
		(void)err_nomem(r->e, "the configuration");
	return copy;
}

static bool wrong_user(struct reading *r, const char *key, const char *what,
		       const char *value)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s %s", key, what);
	return wrong(r, text, value);
}

static bool add_user(struct reading *r, struct user_list *l, const char *key,
		     const char *value)
{
	const struct passwd *pw;
	unsigned long long uid;

	if (l->n == SETTINGS_USERS_MAX)
		return wrong_user(r, key, "has too many users", value);
	if (!str_to_u64(value, &uid)) {
		pw = getpwnam(value);
		if (pw == NULL)
			return wrong_user(r, key, "names no user of this host",
					  value);
		uid = pw->pw_uid;
	}
	if (uid >= UINT32_MAX)
		return wrong_user(r, key, "is no user", value);
	l->uids[l->n++] = (uid_t)uid;
	return true;
}

static bool add_root(struct reading *r, struct folder_list *l,
		     const char *value)
{
	size_t len = strlen(value);

	if (value[0] != '/' || len < 2)
		return wrong(r, "not the absolute path of a folder", value);
	if (l->n == SETTINGS_ROOTS_MAX)
		return wrong(r, "too many folders", value);
	l->paths[l->n] = copy_of(r, value);
	if (l->paths[l->n] == NULL)
		return false;
	while (len > 1 && l->paths[l->n][len - 1] == '/')
		l->paths[l->n][--len] = '\0';
	l->n++;
	return true;
}

static bool set_helper(struct reading *r, const char *key, const char *value)
{
	if (strcmp(key, "allow") == 0)
		return add_user(r, &r->s->users, key, value);
	if (strcmp(key, "servers") == 0)
		return add_user(r, &r->s->servers, key, value);
	if (strcmp(key, "instances") == 0)
		return add_root(r, &r->s->instances, value);
	if (strcmp(key, "snapshots") == 0)
		return add_root(r, &r->s->snapshots, value);
	return wrong(r, "[helper] has no such key", key);
}

static bool is_tool(const char *name)
{
	for (size_t i = 0; tools[i] != NULL; i++) {
		if (strcmp(tools[i], name) == 0)
			return true;
	}
	return false;
}

/* The section's place, a new one if need be. NULL with r->e filled. */
static struct program_setting *
place_of(struct reading *r, enum program_kind kind, const char *name)
{
	struct settings *s = r->s;
	struct program_setting *p;

	for (size_t i = 0; i < s->nprograms; i++) {
		p = &s->programs[i];
		if (p->kind == kind && strcmp(p->name, name) == 0)
			return p;
	}
	if (!is_name(name) || (kind == PROGRAM_TOOL && !is_tool(name))) {
		(void)wrong(r, "no name of a program", name);
		return NULL;
	}
	if (s->nprograms == SETTINGS_PROGRAMS_MAX) {
		(void)wrong(r, "too many sections", name);
		return NULL;
	}
	p = &s->programs[s->nprograms];
	p->kind = kind;
	p->name = copy_of(r, name);
	if (p->name == NULL)
		return NULL;
	s->nprograms++;
	return p;
}

/* Words between blanks; there is no quoting. */
static bool add_arguments(struct reading *r, struct program_setting *p,
			  const char *value)
{
	char *copy = copy_of(r, value), *rest = copy, *word;
	bool ok = copy != NULL;

	while (ok && (word = strtok_r(rest, " \t", &rest)) != NULL) {
		if (p->narguments == SETTINGS_ARGUMENTS_MAX) {
			ok = wrong(r, "too many arguments", value);
			break;
		}
		p->arguments[p->narguments] = copy_of(r, word);
		ok = p->arguments[p->narguments] != NULL;
		p->narguments += ok ? 1 : 0;
	}
	free(copy);
	return ok;
}

static bool set_program(struct reading *r, struct program_setting *p,
			const char *key, const char *value)
{
	if (strcmp(key, "arguments") == 0 && p->kind != PROGRAM_TOOL)
		return add_arguments(r, p, value);
	if (strcmp(key, "program") != 0)
		return wrong(r, "a program's section has no such key", key);
	if (p->program != NULL)
		return wrong(r, "a second program", value);
	if (value[0] != '/')
		return wrong(r, "not the absolute path of a program", value);
	p->program = copy_of(r, value);
	return p->program != NULL;
}

/* inih's handler: 0 stops at this line. */
static int on_key(void *arg, const char *section, const char *key,
		  const char *value)
{
	struct reading *r = arg;

	if (strcmp(section, "helper") == 0)
		return set_helper(r, key, value) ? 1 : 0;
	for (int k = 0; k < PROGRAM_KIND_COUNT; k++) {
		size_t n = strlen(kind_names[k]);
		struct program_setting *p;

		if (strncmp(section, kind_names[k], n) != 0 ||
		    section[n] != ' ')
			continue;
		p = place_of(r, (enum program_kind)k, section + n + 1);
		return p != NULL && set_program(r, p, key, value) ? 1 : 0;
	}
	return wrong(r, "unknown section", section) ? 1 : 0;
}

/* inih would take the rest of a long line for another one. */
static bool check_lines(struct reading *r, const char *text)
{
	for (const char *line = text; *line != '\0';) {
		size_t n = strcspn(line, "\n");

		if (n > LINE_BYTES_MAX)
			return wrong(r, "a line is too long", line);
		line += n + (line[n] == '\n' ? 1 : 0);
	}
	return true;
}

static bool check_programs(struct reading *r)
{
	for (size_t i = 0; i < r->s->nprograms; i++) {
		if (r->s->programs[i].program == NULL)
			return wrong(r, "a section without program",
				     r->s->programs[i].name);
	}
	return true;
}

bool settings_parse(struct settings *s, const char *text, const char *path,
		    struct err *e)
{
	struct reading r = {s, path, e};
	int line;

	if (!check_lines(&r, text))
		return false;
	line = ini_parse_string(text, on_key, &r);
	if (err_is(e) && line > 0)
		err_prefix(e, "line %d", line);
	if (err_is(e))
		return false;
	if (line != 0)
		return err_set(e, ERR_INVALID, "helper_failed",
			       "%s: line %d is not \"key = value\"", path,
			       line);
	return check_programs(&r);
}

/* The whole file as a string, or NULL with *e filled. */
static char *read_all(int fd, const char *path, struct err *e)
{
	char *text = calloc(1, FILE_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (text == NULL) {
		(void)err_nomem(e, "the configuration");
		return NULL;
	}
	while (n > 0 && len < FILE_MAX) {
		n = read(fd, text + len, FILE_MAX - len);
		if (n < 0 && errno == EINTR)
			n = 1;
		else if (n > 0)
			len += (size_t)n;
	}
	if (n == 0 && strlen(text) == len)
		return text;
	(void)err_set(e, ERR_IO, "helper_failed",
		      "cannot read %s: it is no text of at most %d bytes", path,
		      FILE_MAX - 1);
	free(text);
	return NULL;
}

bool settings_load(struct settings *s, const char *path, struct err *e)
{
	int fd = trust_open(path, false, NULL, e);
	char *text;
	bool ok;

	if (fd < 0 && e->code == ERR_NOT_FOUND) {
		err_clear(e);
		return err_set(e, ERR_INVALID, "not_configured",
			       "there is no %s: coffer-helper runs only what "
			       "is listed there, a section for each program; "
			       "see doc/reference/helper.md",
			       path);
	}
	if (fd < 0)
		return false;
	text = read_all(fd, path, e);
	(void)close(fd);
	ok = text != NULL && settings_parse(s, text, path, e);
	free(text);
	return ok;
}

static void fini_list(struct folder_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->paths[i]);
}

void settings_fini(struct settings *s)
{
	for (size_t i = 0; i < s->nprograms; i++) {
		struct program_setting *p = &s->programs[i];

		for (size_t k = 0; k < p->narguments; k++)
			free(p->arguments[k]);
		free(p->program);
		free(p->name);
	}
	fini_list(&s->instances);
	fini_list(&s->snapshots);
	memset(s, 0, sizeof(*s));
}

static bool is_listed(const struct user_list *l, uid_t uid)
{
	for (size_t i = 0; i < l->n; i++) {
		if (l->uids[i] == uid)
			return true;
	}
	return false;
}

bool settings_allow(const struct settings *s, uid_t uid)
{
	if (uid == 0 || uid == geteuid())
		return true;
	return is_listed(&s->users, uid);
}

bool settings_serves(const struct settings *s, uid_t uid)
{
	return s->servers.n > 0 ? is_listed(&s->servers, uid) : uid != 0;
}

const struct program_setting *settings_program(const struct settings *s,
					       enum program_kind kind,
					       const char *name)
{
	for (size_t i = 0; i < s->nprograms; i++) {
		const struct program_setting *p = &s->programs[i];

		if (p->kind == kind && strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

const char *settings_tool(const struct settings *s, const char *name,
			  char *path, size_t cap)
{
	const struct program_setting *p =
		settings_program(s, PROGRAM_TOOL, name);

	if (p != NULL)
		return p->program;
	(void)snprintf(path, cap, "/usr/bin/%s", name);
	return path;
}
