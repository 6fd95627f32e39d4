/* pack.c - phase "data": the files of the snapshot as one tar archive, which
 * is looked through while it passes. */
#include "programs/stream.h"
#include "sources/mysql/snapshot/snap_int.h"

static bool on_bytes(void *arg, const unsigned char *bytes, size_t n,
		     struct err *e)
{
	struct my_snap *d = arg;

	return my_proof_feed(&d->proof, bytes, n, e);
}

static void on_line(void *arg, const char *text)
{
	const struct my_snap *d = arg;

	if (d->hooked.line != NULL)
		d->hooked.line(d->hooked.line_arg, text);
}

static bool on_end(void *arg, const struct program_end *end, struct err *e)
{
	struct my_snap *d = arg;

	if (err_is(&end->err))
		return true;
	d->facts.items_done = d->facts.items_total;
	return my_proof_check(&d->proof, e);
}

struct source *my_snap_pack_new(struct my_snap *d, struct err *e)
{
	json_t *fields = json_pack("{s:s}", "directory",
				   snapshot_directory(d->hooked.snapshot));
	struct item *item =
		item_new(0, ITEM_DATA, "files", "", "data directory");
	struct program_stream_config c = {
		.helper = d->env->helper,
		.loop = d->env->loop,
		.request = {.verb = "pack", .name = "tar", .fields = fields},
		.bytes = on_bytes,
		.line = on_line,
		.end = on_end,
		.arg = d,
		.fail_api =
			d->clone != NULL ? "source_failed" : "snapshot_failed",
	};
	struct source *source = NULL;

	if (fields == NULL || item == NULL)
		(void)err_nomem(e, "a phase of a dump");
	else
		source = program_source_new(&c, item, &d->facts.plain_bytes, e);
	item_unref(item);
	json_decref(fields);
	return source;
}
