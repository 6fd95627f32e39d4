/* definition.c - what a table's definition tells. */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump/definition.h"

#include <string.h>

#include <xxhash.h>

/* The table's options stand behind the last line that begins so. */
const char *my_table_engine(const char *create, size_t len)
{
	static const char mark[] = "\n) ENGINE=";
	const char *found = NULL, *at = create, *end = create + len;

	while ((at = memmem(at, (size_t)(end - at), mark, sizeof(mark) - 1)) !=
	       NULL) {
		at += sizeof(mark) - 1;
		found = at;
	}
	return found;
}

uint64_t my_fingerprint(const char *create, size_t len)
{
	static const char counter[] = " AUTO_INCREMENT=";
	const char *options = my_table_engine(create, len);
	const char *end = create + len, *from, *to;
	uint64_t head;

	from = options == NULL ? NULL
			       : memmem(options, (size_t)(end - options),
					counter, sizeof(counter) - 1);
	if (from == NULL)
		return XXH3_64bits(create, len);
	to = from + sizeof(counter) - 1;
	while (to < end && *to >= '0' && *to <= '9')
		to++;
	head = XXH3_64bits(create, (size_t)(from - create));
	return XXH3_64bits_withSeed(to, (size_t)(end - to), head);
}
