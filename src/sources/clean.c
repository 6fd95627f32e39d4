/* clean.c - foreign words, made fit for sentences and logs. */
#include "sources/clean_int.h"

#include <stdbool.h>
#include <string.h>

#include "base/text.h"

char *source_clean(char *out, size_t cap, const char *in)
{
	bool is_utf8;
	size_t n = 0;

	(void)str_copy(out, cap, in);
	/* The cut may have split the last character. */
	n = strlen(out);
	while (n > 0 && in[n] != '\0' && ((unsigned char)in[n] & 0xc0) == 0x80)
		n--;
	out[n] = '\0';
	is_utf8 = utf8_check(out, n, NULL);
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)out[i];

		if (c < 0x20 || c == 0x7f)
			out[i] = ' ';
		else if (c >= 0x80 && !is_utf8)
			out[i] = '?';
	}
	return out;
}
