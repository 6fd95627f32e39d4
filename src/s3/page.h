/* page.h - reads one page of ListObjectsV2 (s3/pages.h). */
#ifndef COFFER_S3_PAGE_H
#define COFFER_S3_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "s3/pages.h"
#include "s3/xml.h"

/*
 * Reads a page, forgetting what p held. Every key must begin with prefix.
 * False, with f->message saying why, when it is no such page.
 */
bool s3_page_read(struct s3_page *p, const char *prefix, const char *bytes,
		  size_t len, struct s3_fault *f) MUST_CHECK;

/* Frees what p holds and zeroes it. */
void s3_page_fini(struct s3_page *p);

#endif
