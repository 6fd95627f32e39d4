/* dump.c - one backup of one server: its phases and what they share. */
#include "config.h" /* for memmem() */
#include "sources/mysql/dump_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/mysql.h"

enum {
	ROW_SLACK = 64 * 1024, /* a packet's own bytes beside the values */
	SILENCE_SECONDS = 900, /* a full scan may find its first row late */
};

static const char *const phase_names[] = {
	"connect", "schema", "lock", "data", "post", "check", "done",
};
_Static_assert(sizeof(phase_names) / sizeof(phase_names[0]) == PHASE_COUNT,
	       "one name per phase");

static struct my_dump *dump_of(struct dump *d)
{
	return (struct my_dump *)(void *)d;
}

static void set_phase(struct my_dump *d, enum dump_phase next)
{
	log_debug("sources", "mysql dump: %s -> %s", phase_names[d->phase],
		  phase_names[next]);
	d->phase = next;
}

static struct source *phase_source(struct my_dump *d, unsigned lane,
				   struct err *e)
{
	switch (d->phase) {
	case PHASE_CONNECT:
		return my_prepare_new(d, e);
	case PHASE_SCHEMA:
		return my_schema_new(d, e);
	case PHASE_LOCK:
		return my_snapshot_new(d, e);
	case PHASE_DATA:
		return my_data_new(d, lane, e);
	case PHASE_POST:
		return my_post_new(d, e);
	case PHASE_CHECK:
		return my_recheck_new(d, e);
	case PHASE_DONE:
	case PHASE_COUNT:
		break;
	}
	(void)err_bug(e, "a dump has no phase %d", (int)d->phase);
	return NULL;
}

/* How many lanes share the phase. */
static unsigned phase_width(const struct my_dump *d)
{
	return d->phase == PHASE_DATA ? d->nconns : 1;
}

static bool dump_next_phase(struct dump *base,
			    struct source *out[DUMP_SOURCES_MAX], size_t *n,
			    struct err *e)
{
	struct my_dump *d = dump_of(base);

	*n = 0;
	if (d->phase == PHASE_DONE)
		return true;
	for (; *n < phase_width(d); (*n)++) {
		out[*n] = phase_source(d, (unsigned)*n, e);
		if (out[*n] == NULL)
			return false;
	}
	(void)str_copy(d->facts.phase, sizeof(d->facts.phase),
		       phase_names[d->phase]);
	set_phase(d, d->phase + 1);
	return true;
}

static const struct dump_facts *dump_facts(const struct dump *base)
{
	/* base comes first */
	return &((const struct my_dump *)(const void *)base)->facts;
}

static void dump_destroy(struct dump *base)
{
	struct my_dump *d = dump_of(base);

	for (unsigned i = 0; i < d->nconns; i++)
		my_conn_free(d->conns[i]);
	my_objects_fini(&d->objects);
	my_grants_fini(&d->grants);
	free(d->facts.session_json);
	free(d);
}

static const struct dump_ops ops = {
	.next_phase = dump_next_phase,
	.facts = dump_facts,
	.destroy = dump_destroy,
};

struct dump *my_dump_new(const struct source_env *env,
			 const struct dump_config *c, struct err *e)
{
	struct my_dump *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &ops;
	d->max_tables = c->max_tables;
	d->max_row_bytes = c->max_row_bytes;
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	d->conns[0] = my_conn_new(
		env, &c->address,
		c->max_row_bytes != 0 ? c->max_row_bytes + ROW_SLACK : 0, e);
	d->nconns = d->conns[0] != NULL ? 1 : 0;
	if (d->nconns == 0 || !my_objects_init(&d->objects, &c->scope, e)) {
		dump_destroy(&d->base);
		return NULL;
	}
	my_conn_limit(d->conns[0], SILENCE_SECONDS);
	return &d->base;
}

static void on_wake(void *arg)
{
	struct my_part *p = arg;

	wake(&p->source.waker);
}

void my_part_init(struct my_part *p, const struct source_ops *source_ops,
		  struct my_dump *d, unsigned lane, const char *preamble)
{
	p->source.ops = source_ops;
	p->dump = d;
	p->out.preamble = preamble;
	p->out.plain_bytes = &d->facts.plain_bytes;
	my_dialog_init(&p->dialog, d->conns[lane], p);
	my_conn_on_wake(d->conns[lane], on_wake, p);
}

void my_part_fini(struct my_part *p)
{
	my_conn_on_wake(p->dialog.conn, NULL, NULL);
	my_dialog_fini(&p->dialog);
	my_out_fini(&p->out);
}

struct item *my_part_item(struct my_part *p, enum item_kind kind,
			  const char *type, const char *group, const char *name)
{
	return item_new(p->dump->next_number++, kind, type, group, name);
}

enum flow my_part_flow(enum my_flow f)
{
	switch (f) {
	case MY_DONE:
		return FLOW_MORE;
	case MY_WAIT:
		return FLOW_WAIT;
	case MY_FAIL:
		return FLOW_FAIL;
	}
	return FLOW_FAIL;
}

bool my_part_emit(struct my_part *p, struct item *item, const char *database,
		  const struct text *text, struct err *e)
{
	if (text->is_broken) {
		item_unref(item);
		return err_nomem(e, "an item");
	}
	if (!my_out_begin(&p->out, item, database, e) ||
	    !my_out_add(&p->out, text->data, text->len, e))
		return false;
	p->dump->facts.items_done++;
	return my_out_end(&p->out, e);
}

void my_dump_warn(struct my_dump *d, const char *code, const char *fmt, ...)
{
	struct source_warning *w = &d->facts.warnings[d->facts.nwarnings];
	va_list ap;

	if (d->facts.nwarnings == SOURCE_WARNINGS_MAX)
		return;
	d->facts.nwarnings++;
	(void)str_copy(w->code, sizeof(w->code), code);
	va_start(ap, fmt);
	(void)vsnprintf(w->detail, sizeof(w->detail), fmt, ap);
	va_end(ap);
}

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

bool my_changed(struct err *e, const struct my_database *db, const char *table,
		const char *how)
{
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	return err_set(e, ERR_CONFLICT, "source_changed",
		       "table %s.%s was %s during the backup; back up again "
		       "when no schema change runs",
		       my_clean(group, sizeof(group), db->name),
		       my_clean(name, sizeof(name), table), how);
}
