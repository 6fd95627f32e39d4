/* stream.c - see stream.h. Parts are read ahead and unpacked on workers; memory
 * is bounded by a few parts and frames. */
#include "ctl/pool/stream_int.h"

#include <errno.h>
#include <string.h>

#include "ctl/pool/backups.h"
#include "ctl/pool/output.h"
#include "loop/workers.h"
#include "manifest/layout.h"
#include "manifest/part_reader.h"
#include "manifest/parts.h"
#include "stages/zstd.h"

enum {
	FRAME_PLAIN_MAX = 64 * 1024 * 1024, /* more is damage */
	GETS_AT_ONCE = 2,
	/* Who reads may take its time: an index that a server builds, say. The
	 * store has limits of its own. */
	IDLE_SECONDS = 7 * 24 * 3600,
};

static struct sink *new_output(struct stream *s, bool is_selected,
			       struct err *e)
{
	const struct output_config c = {
		.blocking = s->reach->blocking,
		.fd = s->fd,
		.is_selected = is_selected,
		.written = &s->written,
	};

	return output_new(&c, e);
}

bool stream_feed(struct stream *s, struct part_feed *feed, bool is_selected,
		 struct err *e)
{
	struct reach *r = s->reach;
	const struct part_reader_config config = {
		.loop = r->loop,
		.store = r->store,
		.workers = r->cpu,
		.feed = feed,
		.gets_at_once = GETS_AT_ONCE,
		.identities = &r->identities,
	};
	struct pipeline_parts parts = {
		.nstages = 1,
		.link_bytes = FRAME_BYTES,
		.idle_seconds = IDLE_SECONDS,
	};

	parts.source = part_reader_new(&config, e);
	if (parts.source == NULL)
		return false;
	parts.stages[0] = zstd_unpack_new(r->cpu, FRAME_PLAIN_MAX,
					  workers_count(r->cpu) + 1, e);
	if (parts.stages[0] == NULL)
		goto no_stage;
	parts.sink = new_output(s, is_selected, e);
	if (parts.sink == NULL)
		goto no_sink;
	return reach_pump(r, &parts, e);
no_sink:
	parts.stages[0]->ops->destroy(parts.stages[0]);
no_stage:
	parts.source->ops->destroy(parts.source);
	return false;
}

bool stream_put(struct stream *s, const void *bytes, size_t len, struct err *e)
{
	if (!output_write(s->fd, bytes, len))
		return err_set(e, ERR_IO, "cannot_write",
			       "standard output takes no more: %s",
			       strerror(errno));
	s->written += len;
	return true;
}

static bool write_parts(struct stream *s, struct err *e)
{
	const struct manifest *m = s->manifest;
	struct part_feed feed = {0};
	bool ok = part_feed_parts(&feed, m, 1, manifest_last_number(m), e) &&
		  stream_feed(s, &feed, false, e);

	part_feed_fini(&feed);
	return ok;
}

/* Packs hold what is of other backups, too, or was superseded. */
static bool has_packs(const struct manifest *m)
{
	char ignored[ID_MAX];

	for (size_t i = 0; i < m->parts.n; i++) {
		if (layout_pack_parse(m->parts.list[i].key, ignored))
			return true;
	}
	return false;
}

bool stream_write(struct stream *s, struct err *e)
{
	char form[16];

	(void)pool_backup_form(s->manifest, form);
	if (s->npatterns == 0 && !has_packs(s->manifest))
		return write_parts(s, e);
	if (s->npatterns > 0 && strcmp(form, "sql") != 0 &&
	    strcmp(form, "tar") != 0)
		return err_set(e, ERR_INVALID, "usage",
			       "of a backup of this kind (.%s) no items can be "
			       "read alone: leave them out",
			       form);
	return stream_items(s, strcmp(form, "sql") == 0, e);
}
