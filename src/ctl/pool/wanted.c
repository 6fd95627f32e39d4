/* wanted.c - see wanted.h. */
#include "ctl/pool/wanted.h"

#include <string.h>

#include "base/glob.h"

static void add_name(struct text *out, const char *group, const char *name)
{
	text_str(out, group);
	if (*group != '\0' && *name != '\0')
		text_char(out, '/');
	text_str(out, name);
}

void wanted_name(struct text *out, const struct index_line *l)
{
	add_name(out, l->group, l->name);
}

static bool fits(const char *const *patterns, size_t n, const char *group,
		 const char *name, bool is_folder)
{
	const struct globs globs = {patterns, n};
	size_t len = strlen(group);
	struct text path = {0};
	bool is_wanted;

	text_str(&path, "");
	add_name(&path, group, name);
	is_wanted = path.data != NULL && !path.is_broken &&
		    globs_fit(&globs, path.data, is_folder);
	text_free(&path);
	for (size_t i = 0; !is_wanted && len > 0 && i < n; i++)
		is_wanted = strncmp(patterns[i], group, len) == 0 &&
			    patterns[i][len] == '.' &&
			    strcmp(patterns[i] + len + 1, name) == 0;
	return is_wanted;
}

bool wanted_fits(const char *const *patterns, size_t n,
		 const struct index_line *l)
{
	return n == 0 ||
	       fits(patterns, n, l->group, l->name,
		    strcmp(l->type, "directory") == 0 || *l->name == '\0') ||
	       (l->on != NULL && fits(patterns, n, l->group, l->on, false));
}
