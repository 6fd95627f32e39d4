/* test_files_tar.h - makes archives, also such as no honest program makes. */
#ifndef COFFER_TEST_FILES_TAR_H
#define COFFER_TEST_FILES_TAR_H

#include <stdint.h>

#include "base/text.h"

/* "LENGTH KEY=VALUE\n" into the records of the member that follows. */
void tar_record(struct text *records, const char *key, const char *value);

/* An extended header with those records, which are forgotten. */
void tar_extended(struct text *tar, struct text *records);

/* A header alone, its checksum right. link may be NULL. */
void tar_header(struct text *tar, char type, const char *path, const char *link,
		uint64_t size);

/* A header with mode 0640 (a folder 0750) and time 1000000000, the contents,
 * the padding. */
void tar_member(struct text *tar, char type, const char *path, const char *link,
		const char *contents);

/* Zeros to the end of a block; two blocks of zeros. */
void tar_pad(struct text *tar);
void tar_end(struct text *tar);

#endif
