/*
 * fuzz_age.c - age files and key files of others: headers and chunks that are
 * damaged are refused and nothing else, and keys are read back as they were
 * written.
 *
 * make check runs it over tests/data/age (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Made for tests; nothing else is sealed to it. */
static const char identity[] =
	"AGE-SECRET-KEY-"
	"132M8P7VYLVSNJFVNVP3VUFH5XN4ME6K30M9L6M27FXH0WE9JZ6JQLMUFVD\n";

static void check_open(const uint8_t *data, size_t len)
{
	unsigned char *copy = malloc(len + (len == 0));
	struct age_identities ids = {0};
	struct age_payload p = {0};
	struct err e = {0};
	size_t plain = len;

	if (copy == NULL || !age_identities_read(&ids, identity, &e))
		abort();
	memcpy(copy, data, len);
	if (age_open_header(&ids, copy, len, &p, &e) == err_is(&e))
		abort();
	err_clear(&e);
	memcpy(copy, data, len);
	if (age_open(&ids, copy, &plain, &e) == err_is(&e) ||
	    (!err_is(&e) && plain > len))
		abort();
	free(copy);
	age_identities_wipe(&ids);
}

static void check_keys(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1), back[AGE_RECIPIENT_MAX];
	struct age_identities ids = {0};
	struct age_recipients r = {0};
	struct err e = {0};

	if (text == NULL)
		abort();
	memcpy(text, data, len);
	text[len] = '\0';
	if (age_identities_read(&ids, text, &e) == err_is(&e))
		abort();
	age_identities_wipe(&ids);
	err_clear(&e);
	if (age_recipients_add(&r, text, &e) == err_is(&e))
		abort();
	if (r.n == 1 &&
	    strcmp(age_recipient_format(r.keys[0], back), text) != 0)
		abort();
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_open(data, len);
	check_keys(data, len);
	return 0;
}
