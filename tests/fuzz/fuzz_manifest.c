/*
 * fuzz_manifest.c - manifests and part lists that others may have written: as
 * they are, and, so that the readers behind digest and signature see them too,
 * sealed anew. What is taken is written as it was read.
 *
 * make check runs it over tests/data/manifest (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/manifest_int.h"
#include "manifest/parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct signer *signer_of_test(void)
{
	static const unsigned char seed[SIGNER_SEED_LEN] = {42};
	struct err e = {0};
	struct signer *s = signer_new(seed, &e);

	if (s == NULL)
		abort();
	return s;
}

static void check_objects(const struct manifest_objects *os)
{
	for (size_t i = 1; i < os->n; i++) {
		if (os->list[i].number <= os->list[i - 1].number)
			abort();
	}
}

/* Parses a copy of its own: reading over its end is seen. */
static void parse(const char *bytes, size_t len, const struct signer *s)
{
	struct manifest m = {0};
	struct err e = {0};
	char *copy = malloc(len + (len == 0));

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, len);
	if (manifest_parse(&m, copy, len, NULL, s, &e)) {
		check_objects(&m.parts);
		check_objects(&m.index);
		check_objects(&m.part_lists);
		if (m.digest[0] == '\0' || m.public_key[0] == '\0')
			abort();
	} else if (e.api[0] == '\0' || e.msg[0] == '\0') {
		abort();
	}
	manifest_fini(&m);
	free(copy);
}

/* The object as this server would have sealed it. */
static void parse_sealed(const char *bytes, size_t len, const struct signer *s)
{
	char digest[SHA256_HEX_MAX], *text = NULL;
	struct err e = {0};
	json_t *doc = manifest_load(bytes, len, "the manifest", &e);

	if (doc == NULL)
		return;
	(void)json_object_del(doc, "digest");
	(void)json_object_del(doc, "signature");
	if (json_object_set_new(doc, "public_key",
				json_string(signer_public(s))) == 0 &&
	    manifest_seal(doc, s, digest, &e))
		text = manifest_canonical(doc);
	if (text != NULL)
		parse(text, strlen(text), s);
	free(text);
	json_decref(doc);
}

static void parse_list(const char *bytes, size_t len)
{
	struct manifest m = {0};
	struct err e = {0};
	char *text;

	if (manifest_parts_parse(&m, bytes, len, &e) && m.parts.n > 0) {
		text = manifest_parts_format(m.parts.list, m.parts.n, &e);
		if (text == NULL)
			abort();
		free(text);
	}
	manifest_fini(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct signer *s = signer_of_test();

	parse((const char *)data, len, s);
	parse_sealed((const char *)data, len, s);
	parse_list((const char *)data, len);
	signer_free(s);
	return 0;
}
