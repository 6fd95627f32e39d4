/* part_sealed.c - see part_sealed.h. */
#include "manifest/part_sealed.h"

#include <string.h>

#include "manifest/manifest_int.h"
#include "manifest/parts.h"

static void plan_range(struct part_sealed *ps, bool is_known, uint64_t *offset,
		       size_t *length)
{
	*offset = ps->range.offset;
	*length = (size_t)ps->range.length;
	if (is_known)
		return;
	/* What lies at the beginning comes with the header. */
	ps->is_front = ps->range.first > 0;
	*length = ps->header + (ps->is_front ? 0 : *length);
	*offset = 0;
}

void part_sealed_plan(struct part_sealed *ps, const struct manifest *m,
		      const struct part_piece *piece,
		      const struct age_payload *known, uint64_t *offset,
		      size_t *length)
{
	const struct manifest_object *part = manifest_part(m, piece->part);

	ps->is_on = m->recipients.n > 0;
	ps->is_front = false;
	ps->header = 0;
	ps->length = piece->length;
	*offset = piece->offset;
	*length = piece->length;
	if (!ps->is_on || piece->length == 0)
		return;
	if (known != NULL)
		ps->payload = *known;
	else
		ps->header = age_header_bytes(m->recipients.n);
	ps->range = age_range(m->recipients.n, manifest_part_length(m, part),
			      piece->offset, piece->length);
	plan_range(ps, known != NULL, offset, length);
}

static bool open_range(struct part_sealed *ps, unsigned char *bytes,
		       size_t *len, struct err *e)
{
	size_t skip = (size_t)ps->range.skip;

	*len -= ps->header;
	memmove(bytes, bytes + ps->header, *len);
	if (!age_open_range(&ps->payload, &ps->range, bytes, len, e))
		return false;
	if (*len < skip + ps->length)
		return manifest_damaged(e, "it is shorter than the index says");
	memmove(bytes, bytes + skip, ps->length);
	*len = ps->length;
	return true;
}

bool part_sealed_open(struct part_sealed *ps, unsigned char *bytes, size_t *len,
		      struct err *e)
{
	if (!ps->is_on)
		return true;
	if (ps->identities.n == 0)
		return manifest_identity_missing(e);
	if (ps->length == 0)
		return age_open(&ps->identities, bytes, len, e);
	if (ps->header > 0 && !age_open_header(&ps->identities, bytes,
					       ps->header, &ps->payload, e))
		return false;
	return ps->is_front || open_range(ps, bytes, len, e);
}
