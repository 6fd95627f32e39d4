/* places.c - where a server keeps things. */
#include "sources/mysql/snapshot/places.h"

#include <string.h>

#include "base/text.h"
#include "sources/mysql/fault.h"

/* Of which each tells a directory, or how the paths of files begin. */
static const char *const directories[] = {
	"innodb_data_home_dir",	 "innodb_log_group_home_dir",
	"innodb_undo_directory", "innodb_doublewrite_dir",
	"aria_log_dir_path",	 "log_bin_basename",
	"log_bin_index",	 "rocksdb_datadir",
	"rocksdb_wal_dir",
};

/* A component ".." */
static bool climbs(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, "..")) != NULL) {
		if ((at == path || at[-1] == '/') &&
		    (at[2] == '/' || at[2] == '\0'))
			return true;
		at += 2;
	}
	return false;
}

const char *my_place_in(const char *datadir, const char *path)
{
	size_t n = strlen(datadir);

	if (climbs(path))
		return NULL;
	if (path[0] == '/') {
		if (strncmp(path, datadir, n) != 0 ||
		    (path[n] != '/' && path[n] != '\0'))
			return NULL;
		path += n;
		while (*path == '/')
			path++;
	}
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return strcmp(path, ".") == 0 ? "" : path;
}

static bool outside(const char *name, const char *value, const char *datadir,
		    struct err *e)
{
	char place[MY_TEXT_MAX], dir[MY_TEXT_MAX];

	return err_set(e, ERR_CONFLICT, "snapshot_refused",
		       "%s is %.120s, outside of the data directory %.120s, "
		       "and a snapshot of that alone would miss it: move it "
		       "there, or use another method",
		       name, my_clean(place, sizeof(place), value),
		       my_clean(dir, sizeof(dir), datadir));
}

/* "ibdata1:12M;/other/ibdata2:1G:autoextend"; a drive's colon is none here. */
static bool check_files(const char *datadir, const char *value, struct err *e)
{
	char file[MY_TEXT_MAX];
	const char *at = value;

	while (*at != '\0') {
		size_t n = strcspn(at, ":;");
		size_t copy = n < sizeof(file) - 1 ? n : sizeof(file) - 1;

		memcpy(file, at, copy);
		file[copy] = '\0';
		if (my_place_in(datadir, file) == NULL)
			return outside("innodb_data_file_path", file, datadir,
				       e);
		at += strcspn(at, ";");
		at += *at == ';';
	}
	return true;
}

bool my_place_check(const char *datadir, const char *name, const char *value,
		    struct err *e)
{
	if (strcmp(name, "innodb_data_file_path") == 0)
		return check_files(datadir, value, e);
	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]);
	     i++) {
		if (strcmp(name, directories[i]) == 0 &&
		    my_place_in(datadir, value) == NULL)
			return outside(directories[i], value, datadir, e);
	}
	return true;
}

bool my_place_system(const char *datadir, const char *value, char *out,
		     size_t cap)
{
	char file[MY_TEXT_MAX];
	size_t n = strcspn(value, ":;");
	const char *inside;

	if (n >= sizeof(file))
		return false;
	memcpy(file, value, n);
	file[n] = '\0';
	inside = my_place_in(datadir, file);
	return inside != NULL && inside[0] != '\0' &&
	       str_copy(out, cap, inside);
}
