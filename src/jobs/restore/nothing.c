/* nothing.c - see nothing.h. */
#include "jobs/restore/nothing.h"

#include <stdlib.h>

static enum flow throw_away(struct sink *sink, struct link *in, struct err *e)
{
	struct frame *f = link_pop(in);

	(void)sink;
	(void)e;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	frame_free(f);
	return FLOW_MORE;
}

static void nothing_destroy(struct sink *sink)
{
	free(sink);
}

struct sink *nothing_sink_new(struct err *e)
{
	static const struct sink_ops ops = {
		.name = "nothing",
		.write = throw_away,
		.destroy = nothing_destroy,
	};
	struct sink *s = calloc(1, sizeof(*s));

	if (s != NULL)
		s->ops = &ops;
	else
		(void)err_nomem(e, "reading a backup");
	return s;
}
