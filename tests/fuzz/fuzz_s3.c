/*
 * fuzz_s3.c - what a store answers in XML: pages of a list, errors, tags. The
 * first byte says which is asked for first, since each takes another document.
 *
 * make check runs it over tests/data/s3 (run_files.c); tests/faults/fuzz
 * fuzzes.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "s3/fields.h"
#include "s3/page.h"
#include "s3/tags.h"
#include "s3/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static const char prefix[] = "p/";

static void check_page(const char *bytes, size_t len)
{
	struct s3_page p = {0};
	struct s3_fault f = {0};

	if (!s3_page_read(&p, prefix, bytes, len, &f)) {
		if (f.message[0] == '\0')
			abort();
		s3_page_fini(&p);
		return;
	}
	for (size_t i = 0; i < p.n; i++) {
		const struct s3_entry *x = &p.entries[i];

		if (x->key_at >= p.keys.len || x->etag_at > p.keys.len ||
		    strncmp(p.keys.data + x->key_at, prefix,
			    sizeof(prefix) - 1) != 0)
			abort();
	}
	if (p.is_truncated && p.token.len == 0)
		abort();
	s3_page_fini(&p);
}

static void check_clean(const char *text, size_t max)
{
	if (strnlen(text, max) == max)
		abort();
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text < ' ')
			abort();
	}
}

static void check_fault(const char *bytes, size_t len)
{
	struct s3_fault f;

	memset(&f, 'x', sizeof(f));
	(void)s3_fault_read(&f, bytes, len);
	check_clean(f.code, sizeof(f.code));
	check_clean(f.message, sizeof(f.message));
	check_clean(f.region, sizeof(f.region));
}

static void check_tags(const char *bytes, size_t len)
{
	struct s3_fields tags = {0};
	struct s3_fault f = {0};
	struct text t = {0};

	if (s3_tags_read(&tags, bytes, len, &f)) {
		if (!s3_tags_encode(&t, &tags))
			abort();
	} else if (f.message[0] == '\0') {
		abort();
	}
	text_free(&t);
	s3_fields_fini(&tags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + (len == 0));

	if (copy == NULL)
		abort();
	memcpy(copy, data, len);
	check_page(copy, len);
	check_fault(copy, len);
	check_tags(copy, len);
	free(copy);
	return 0;
}
