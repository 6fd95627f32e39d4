/*
 * run_files.c - runs a fuzz target over files: those of the command line, or,
 * where there are none, those of $srcdir/tests/data/DATA.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef DATA
#define DATA "rdb"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#ifndef FUZZ_WITH_LIBFUZZER

static int run_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long len = -1;

	if (f && fseek(f, 0, SEEK_END) == 0)
		len = ftell(f);
	if (len >= 0)
		data = malloc((size_t)len + 1);
	if (data) {
		rewind(f);
		if (fread(data, 1, (size_t)len, f) == (size_t)len)
			(void)LLVMFuzzerTestOneInput(data, (size_t)len);
		else
			len = -1;
	}
	if (f)
		(void)fclose(f);
	free(data);
	if (len < 0)
		(void)fprintf(stderr, "%s cannot be read\n", path);
	return len >= 0;
}

static int run_folder(const char *folder)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	char path[8192];
	int n = 0, all = 0;

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			       entry->d_name);
		all++;
		n += run_file(path);
	}
	if (d)
		(void)closedir(d);
	return n > 0 && n == all;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char folder[4096];
	int is_good = 1;

	for (int i = 1; i < argc; i++)
		is_good = run_file(argv[i]) && is_good;
	if (argc == 1) {
		(void)snprintf(folder, sizeof(folder), "%s/tests/data/" DATA,
			       srcdir ? srcdir : ".");
		is_good = run_folder(folder);
	}
	return is_good ? 0 : 1;
}

#endif
