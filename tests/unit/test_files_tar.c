#include "test_files_tar.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512 };

void tar_record(struct text *records, const char *key, const char *value)
{
	size_t len = strlen(key) + strlen(value) + 3, digits = 1, n = 10;

	for (; len + digits >= n; n *= 10)
		digits++;
	text_printf(records, "%zu %s=%s\n", len + digits, key, value);
}

void tar_header(struct text *tar, char type, const char *path, const char *link,
		uint64_t size)
{
	char b[BLOCK] = {0};
	unsigned sum = 0;

	(void)snprintf(b, 100, "%s", path);
	memcpy(b + 100, "0000640\0000000000\0000000000", 24);
	if (type == '5')
		memcpy(b + 100, "0000750", 7);
	(void)snprintf(b + 124, 12, "%011" PRIo64, size);
	(void)snprintf(b + 136, 12, "%011o", 1000000000U);
	memset(b + 148, ' ', 8);
	b[156] = type;
	(void)snprintf(b + 157, 100, "%s", link != NULL ? link : "");
	memcpy(b + 257, "ustar\00000", 8);
	for (int i = 0; i < BLOCK; i++)
		sum += (unsigned char)b[i];
	(void)snprintf(b + 148, 8, "%06o", sum);
	text_add(tar, b, BLOCK);
}

void tar_pad(struct text *tar)
{
	while (tar->len % BLOCK != 0)
		text_char(tar, '\0');
}

void tar_extended(struct text *tar, struct text *records)
{
	tar_header(tar, 'x', "PaxHeader", NULL, records->len);
	text_add(tar, records->data, records->len);
	tar_pad(tar);
	text_free(records);
}

void tar_member(struct text *tar, char type, const char *path, const char *link,
		const char *contents)
{
	size_t len = contents != NULL ? strlen(contents) : 0;

	tar_header(tar, type, path, link, len);
	text_add(tar, contents != NULL ? contents : "", len);
	tar_pad(tar);
}

void tar_end(struct text *tar)
{
	char zeros[2 * BLOCK] = {0};

	text_add(tar, zeros, sizeof(zeros));
}
