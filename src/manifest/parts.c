/* parts.c - see parts.h. */
#include "manifest/parts.h"

#include <string.h>

#include "manifest/layout.h"

size_t manifest_part_from(const struct manifest *m, uint64_t number)
{
	const struct manifest_object *list = m->parts.list;
	size_t low = 0, high = m->parts.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (list[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

const struct manifest_object *manifest_part(const struct manifest *m,
					    uint64_t number)
{
	size_t at = manifest_part_from(m, number);

	return at < m->parts.n && m->parts.list[at].number == number
		       ? &m->parts.list[at]
		       : NULL;
}

uint32_t manifest_last_number(const struct manifest *m)
{
	return m->parts.n > 0 ? m->parts.list[m->parts.n - 1].number : 0;
}

static bool is_own(const struct manifest *m, const struct manifest_object *part)
{
	char writer[ID_MAX];

	return !layout_pack_parse(part->key, writer) ||
	       strcmp(writer, m->backup_id) == 0;
}

bool manifest_has_foreign_parts(const struct manifest *m)
{
	for (size_t i = 0; i < m->parts.n; i++)
		if (!is_own(m, &m->parts.list[i]))
			return true;
	return false;
}

uint64_t manifest_own_bytes(const struct manifest *m)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < m->parts.n; i++) {
		if (is_own(m, &m->parts.list[i]))
			sum += m->parts.list[i].stored_bytes;
	}
	return sum;
}

uint64_t manifest_part_length(const struct manifest *m,
			      const struct manifest_object *part)
{
	uint64_t plain;

	if (m->recipients.n == 0)
		return part->stored_bytes;
	return age_plain_bytes(m->recipients.n, part->stored_bytes, &plain)
		       ? plain
		       : 0;
}
