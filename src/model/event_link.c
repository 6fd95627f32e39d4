/* event_link.c - see event_link.h. */
#include "model/event_link.h"

#include "base/text.h"

bool event_link_hash(const char *const lines[static EVENT_LINES],
		     char out[static SHA256_HEX_MAX])
{
	struct text t = {0};
	bool ok;

	for (size_t i = 0; i < EVENT_LINES; i++) {
		text_str(&t, lines[i]);
		text_char(&t, '\n');
	}
	ok = !t.is_broken;
	if (ok)
		(void)sha256_hex(t.data, t.len, out);
	text_free(&t);
	return ok;
}
