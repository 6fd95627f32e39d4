/*
 * fuzz_index.c - lines of the index that others may have written: what is taken
 * keeps its bounds, and facts that were read are written as they were.
 *
 * make check runs it over tests/data/index (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "manifest/index.h"
#include "manifest/layout.h"
#include "sources/file_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static char *facts_again(const struct file_facts *f)
{
	struct text t = {0};
	char *json;

	file_facts_format(f, false, &t);
	json = text_take(&t);
	if (json == NULL)
		abort();
	return json;
}

static void check_facts(const char *json)
{
	struct file_facts f, g;
	struct err e = {0};
	char *once, *twice;

	if (!file_facts_parse(&f, json, &e))
		return;
	once = facts_again(&f);
	if (f.mode > 07777 || f.mtime.nanoseconds >= 1000000000 ||
	    !file_facts_parse(&g, once, &e))
		abort();
	twice = facts_again(&g);
	if (strcmp(once, twice) != 0)
		abort();
	free(once);
	free(twice);
	file_facts_fini(&f);
	file_facts_fini(&g);
}

static void check_extents(const struct index_line *l)
{
	for (size_t i = 0; i < l->nextents; i++) {
		const struct index_extent *x = &l->extents[i];

		if (x->part == 0 || x->part > LAYOUT_NUMBER_MAX ||
		    x->length == 0 ||
		    x->offset + x->length > LAYOUT_OBJECT_MAX_BYTES ||
		    (i > 0 && x->part < x[-1].part))
			abort();
	}
}

static void check_line(const char *line, size_t len)
{
	struct index_line l;
	struct err e = {0};

	if (!index_line_parse(&l, line, len, &e)) {
		if (strcmp(e.api, "damaged_backup") != 0)
			abort();
		return;
	}
	if (strlen(l.name) > INDEX_NAME_MAX || l.kind >= ITEM_KIND_COUNT)
		abort();
	check_extents(&l);
	if (l.facts != NULL)
		check_facts(l.facts);
	index_line_fini(&l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *at = (const char *)data, *end = at + len;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		size_t n = (size_t)((nl != NULL ? nl : end) - at);
		/* A copy of its own: reading over its end is seen. */
		char *line = malloc(n + (n == 0));

		if (line == NULL)
			abort();
		memcpy(line, at, n);
		check_line(line, n);
		free(line);
		at += n + 1;
	}
	return 0;
}
