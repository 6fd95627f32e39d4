#include "config.h" /* for nftw() */

#include "test_base_folder.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

int enter_folder(void **state)
{
	char *folder = strdup("/tmp/test_base.XXXXXX");

	*state = folder;
	return folder && mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int leave_folder(void **state)
{
	char *folder = *state;
	int rc = chdir("/");

	if (rc == 0)
		rc = nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return rc;
}

unsigned count_entries(const char *path)
{
	DIR *dir = opendir(path);
	unsigned count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2; /* "." and ".." */
}
