/* age_tool.c - our own age as a filter, for age_oracle.sh. */
#include "age_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"

enum { INPUT_MAX = 16 * 1024 * 1024 };

static bool seal(int n, char **recipients, unsigned char **bytes, size_t *len,
		 struct err *e)
{
	struct age_recipients r = {0};
	size_t cap = INPUT_MAX;

	for (int i = 0; i < n; i++) {
		if (!age_recipients_add(&r, recipients[i], e))
			return false;
	}
	return age_seal(&r, bytes, len, &cap, e);
}

static bool open_it(const char *text, unsigned char *bytes, size_t *len,
		    struct err *e)
{
	struct age_identities ids;
	bool ok = age_identities_read(&ids, text, e) &&
		  age_open(&ids, bytes, len, e);

	age_identities_wipe(&ids);
	return ok;
}

int age_tool(int argc, char **argv)
{
	unsigned char *bytes = malloc(INPUT_MAX);
	struct err e = {0};
	size_t len;
	bool ok;

	if (argc < 3 || bytes == NULL)
		return EXIT_FAILURE;
	len = fread(bytes, 1, INPUT_MAX, stdin);
	if (strcmp(argv[1], "seal") == 0)
		ok = seal(argc - 2, argv + 2, &bytes, &len, &e);
	else
		ok = open_it(argv[2], bytes, &len, &e);
	if (ok)
		ok = fwrite(bytes, 1, len, stdout) == len;
	else
		(void)fprintf(stderr, "%s: %s\n", e.api, e.msg);
	free(bytes);
	return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
