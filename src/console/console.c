/* console.c - finds an embedded file, and says of what kind a file is. */
#include "console/console.h"

#include <string.h>

#include "console/console_int.h"

static const struct {
	const char *suffix, *type;
} types[] = {
	{".html", "text/html; charset=utf-8"},
	{".css", "text/css; charset=utf-8"},
	{".js", "text/javascript; charset=utf-8"},
	{".svg", "image/svg+xml"},
	{".png", "image/png"},
	{".txt", "text/plain; charset=utf-8"},
};

static bool ends_with(const char *s, const char *suffix)
{
	size_t len = strlen(s), n = strlen(suffix);

	return len > n && strcmp(s + len - n, suffix) == 0;
}

const char *console_known_type(const char *path)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (ends_with(path, types[i].suffix))
			return types[i].type;
	}
	return NULL;
}

const char *console_type(const char *path)
{
	const char *type = console_known_type(path);

	return type != NULL ? type : "text/plain; charset=utf-8";
}

const struct console_file *console_find(const char *path)
{
	size_t n;
	const struct console_file *all = console_files(&n);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(all[i].path, path) == 0)
			return &all[i];
	}
	return NULL;
}
