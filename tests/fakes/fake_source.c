/* fake_source.c - dumps counted lines, loads them into a string. */
#include "fake_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/event.h>

#include "loop/loop.h"

static struct fake_script script;
static struct fake_facts facts;

struct fake_script *fake_source_script(void)
{
	return &script;
}

struct fake_facts *fake_source_facts(void)
{
	return &facts;
}

void fake_source_reset(void)
{
	text_free(&facts.loaded);
	memset(&facts, 0, sizeof(facts));
	memset(&script, 0, sizeof(script));
	script.tables = 2;
	script.frames = 3;
}

/* Every call that answers later. */
struct source_op {
	struct event *soon;
	source_probe_cb *probe;
	source_names_cb *names;
	load_done_cb *load;
	load_check_cb *check;
	void *arg;
	struct err err;
	bool of_database;
};

static void op_free(struct source_op *op)
{
	event_free(op->soon);
	free(op);
}

/* A refusal is something found; anything else means that nobody looked. What
 * does not block stands after what does. */
static void answer_check(const struct source_op *op)
{
	static const char *const created[] = {"db"};
	static const char *const replaced[] = {"old"};
	struct load_finding found[2] = {{.is_blocker = true}};
	struct load_report report = {
		.findings = found,
		.would_create = created,
		.would_replace = replaced,
		.ncreate = 1,
		.nreplace = 1,
	};
	struct load_finding *warning;

	if (err_is(&op->err) && op->err.code != ERR_CONFLICT) {
		op->check(op->arg, NULL, &op->err);
		return;
	}
	report.nfindings = err_is(&op->err) ? 1 : 0;
	(void)str_copy(found[0].code, sizeof(found[0].code), op->err.api);
	(void)str_copy(found[0].detail, sizeof(found[0].detail), op->err.msg);
	warning = &found[report.nfindings++];
	warning->is_blocker = false;
	(void)str_copy(warning->code, sizeof(warning->code), "definer_missing");
	(void)str_copy(warning->detail, sizeof(warning->detail),
		       "there is no \"app\xff\"");
	op->check(op->arg, &report, NULL);
}

static void answer(evutil_socket_t fd, short what, void *arg)
{
	static const struct source_name databases[] = {{"db", -1, -1}};
	static const struct source_name tables[] = {{"t0", -1, -1},
						    {"t1", -1, -1}};
	struct source_op *op = arg;
	static bool is_odd;
	struct source_op copy = *op;
	bool is_good = !err_is(&copy.err);
	/* Engines tell success both ways. */
	const struct err *e = is_good && is_odd ? NULL : &copy.err;
	struct source_info info = {.version = "10.11-fake", .cores = 2};

	(void)fd;
	(void)what;
	is_odd = !is_odd;
	op_free(op);
	(void)str_copy(info.role, sizeof(info.role),
		       script.role ? script.role : "primary");
	if (copy.probe != NULL)
		copy.probe(copy.arg, is_good ? &info : NULL, e);
	else if (copy.names != NULL)
		copy.names(copy.arg, copy.of_database ? tables : databases,
			   copy.of_database ? 2 : 1, e);
	else if (copy.check != NULL)
		answer_check(&copy);
	else
		copy.load(copy.arg, e);
}

/* It will answer with why. NULL with *e filled. */
static struct source_op *op_new(struct loop *l, const struct err *why,
				void *arg, struct err *e)
{
	static const struct timeval now = {0, 0};
	struct source_op *op = calloc(1, sizeof(*op));

	if (op == NULL) {
		(void)err_nomem(e, "a call of the fake engine");
		return NULL;
	}
	op->soon = evtimer_new(loop_base(l), answer, op);
	op->err = *why;
	op->arg = arg;
	if (op->soon == NULL || evtimer_add(op->soon, &now) != 0)
		abort();
	return op;
}

void source_op_cancel(struct source_op *op)
{
	if (op != NULL)
		op_free(op);
}

static struct source_op *fake_probe(const struct source_env *env,
				    const struct source_address *a,
				    source_probe_cb *done, void *arg,
				    struct err *e)
{
	struct source_op *op = op_new(env->loop, &script.probe_err, arg, e);

	(void)a;
	facts.probes++;
	if (op != NULL)
		op->probe = done;
	return op;
}

static struct source_op *fake_names(const struct source_env *env,
				    const struct source_address *a,
				    const struct source_names_query *q,
				    source_names_cb *done, void *arg,
				    struct err *e)
{
	static const struct err none;
	struct source_op *op = op_new(env->loop, &none, arg, e);

	(void)a;
	if (op == NULL)
		return NULL;
	op->names = done;
	op->of_database = q->database != NULL;
	return op;
}

struct fake_dump {
	struct dump base;
	struct dump_facts facts;
	unsigned phase;
	bool is_failing;
};

struct fake_reader {
	struct source base;
	struct fake_dump *dump;
	struct item *item;
	unsigned frame, frames;
	bool is_first;
};

static struct frame *make_frame(struct fake_reader *r, const char *line)
{
	struct frame *f = frame_new(256);
	const char *value = line;
	const unsigned long len = strlen(line);
	struct span *span;

	if (f == NULL)
		return NULL;
	memcpy(f->data, line, len);
	f->len = len;
	span = frame_add_span(f, r->item);
	if (span == NULL) {
		frame_free(f);
		return NULL;
	}
	span->plain_len = len;
	if (r->item->kind == ITEM_DATA) {
		span->rows = 1;
		digest_add_row(&span->digest, &value, &len, 1);
		r->dump->facts.rows++;
	}
	span->ends_run = r->frame == r->frames;
	r->dump->facts.plain_bytes += len;
	return f;
}

static enum flow reader_read(struct source *s, struct link *out, struct err *e)
{
	struct fake_reader *r = (struct fake_reader *)(void *)s;
	struct frame *f;
	char line[128];

	if (r->is_first && script.is_hanging)
		return FLOW_WAIT;
	if (r->frame == r->frames)
		return FLOW_END;
	r->frame++;
	if (r->is_first && r->dump->is_failing &&
	    r->frame == script.fail_at_frame) {
		*e = script.dump_err;
		return FLOW_FAIL;
	}
	(void)snprintf(line, sizeof(line), "%s/%s %u;\n", r->item->group,
		       r->item->name, r->frame);
	f = make_frame(r, line);
	if (f == NULL) {
		(void)err_nomem(e, "a frame");
		return FLOW_FAIL;
	}
	link_push(out, f);
	return FLOW_MORE;
}

static void reader_destroy(struct source *s)
{
	struct fake_reader *r = (struct fake_reader *)(void *)s;

	item_unref(r->item);
	free(r);
}

static const struct source_ops reader_ops = {
	.name = "fake",
	.read = reader_read,
	.destroy = reader_destroy,
};

/* Takes item; NULL without memory. */
static struct source *reader_new(struct fake_dump *d, struct item *item,
				 unsigned frames, bool is_first)
{
	struct fake_reader *r = calloc(1, sizeof(*r));

	if (r == NULL || item == NULL) {
		free(r);
		item_unref(item);
		return NULL;
	}
	r->base.ops = &reader_ops;
	r->dump = d;
	r->item = item;
	r->frames = frames;
	r->is_first = is_first;
	return &r->base;
}

static struct source *table_new(struct fake_dump *d, unsigned i)
{
	char name[16];

	(void)snprintf(name, sizeof(name), "t%u", i);
	d->facts.tables++;
	return reader_new(d, item_new(i + 1, ITEM_DATA, "table", "db", name),
			  script.frames, i == 0);
}

static struct source *schema_new(struct fake_dump *d)
{
	return reader_new(d, item_new(0, ITEM_SCHEMA, "database", "db", ""), 1,
			  false);
}

static bool dump_next(struct dump *base, struct source *out[DUMP_SOURCES_MAX],
		      size_t *n, struct err *e)
{
	struct fake_dump *d = (struct fake_dump *)(void *)base;
	bool is_schema = ++d->phase == 1;
	unsigned wanted = is_schema ? 1 : d->phase == 2 ? script.tables : 0;

	(void)str_copy(d->facts.phase, sizeof(d->facts.phase),
		       is_schema ? "schema" : "data");
	d->facts.section = is_schema	   ? ITEM_SCHEMA
			   : d->phase == 2 ? ITEM_DATA
					   : ITEM_KIND_COUNT;
	for (*n = 0; *n < wanted; (*n)++) {
		out[*n] =
			is_schema ? schema_new(d) : table_new(d, (unsigned)*n);
		if (out[*n] == NULL)
			break;
	}
	if (*n == wanted)
		return true;
	while (*n > 0)
		reader_destroy(out[--*n]);
	return err_nomem(e, "a source");
}

static const struct dump_facts *dump_told(const struct dump *d)
{
	return &((const struct fake_dump *)(const void *)d)->facts;
}

static void dump_destroy(struct dump *base)
{
	facts.alive--;
	free(base);
}

static const struct dump_ops dump_ops = {
	.next_phase = dump_next,
	.facts = dump_told,
	.destroy = dump_destroy,
};

static struct dump *fake_dump_new(const struct source_env *env,
				  const struct dump_config *c, struct err *e)
{
	struct fake_dump *d = calloc(1, sizeof(*d));

	(void)env;
	(void)c;
	if (d == NULL) {
		(void)err_nomem(e, "a dump");
		return NULL;
	}
	d->base.ops = &dump_ops;
	d->is_failing = script.failures > 0;
	if (script.failures > 0)
		script.failures--;
	(void)str_copy(d->facts.version, sizeof(d->facts.version),
		       "10.11-fake");
	(void)str_copy(d->facts.consistency, sizeof(d->facts.consistency),
		       "consistent");
	facts.dumps++;
	facts.alive++;
	return &d->base;
}

struct fake_load {
	struct load base;
	struct loop *loop;
	struct load_facts facts;
};

static struct source_op *load_check(struct load *base, load_check_cb *done,
				    void *arg, struct err *e)
{
	struct fake_load *l = (struct fake_load *)(void *)base;
	struct source_op *op = op_new(l->loop, &script.check_err, arg, e);

	if (op != NULL)
		op->check = done;
	return op;
}

static unsigned load_width(const struct load *l, enum item_kind section)
{
	(void)l;
	return section == ITEM_DATA && script.width > 0 ? script.width : 1;
}

struct fake_sink {
	struct sink base; /* first */
	enum item_kind section;
};

static enum flow sink_write(struct sink *sk, struct link *in, struct err *e)
{
	struct frame *f = link_pop(in);

	(void)sk;
	if (f == NULL)
		return in->eof ? FLOW_END : FLOW_WAIT;
	text_add(&facts.loaded, f->data, f->len);
	facts.loaded_spans += f->nspans;
	frame_free(f);
	facts.frames_loaded++;
	if (err_is(&script.sink_err) &&
	    facts.frames_loaded >= script.sink_fails_at) {
		*e = script.sink_err;
		return FLOW_FAIL;
	}
	return FLOW_MORE;
}

static void sink_destroy(struct sink *sk)
{
	facts.sinks_now[((struct fake_sink *)(void *)sk)->section]--;
	free(sk);
}

static struct sink *load_sink(struct load *l, enum item_kind section,
			      struct err *e)
{
	static const struct sink_ops ops = {
		.name = "fake",
		.write = sink_write,
		.destroy = sink_destroy,
	};
	struct fake_sink *sk = calloc(1, sizeof(*sk));

	(void)l;
	if (sk == NULL) {
		(void)err_nomem(e, "a sink");
		return NULL;
	}
	sk->base.ops = &ops;
	sk->section = section;
	facts.sinks[section]++;
	facts.sinks_now[section]++;
	if (facts.sinks_now[section] > facts.most_sinks)
		facts.most_sinks = facts.sinks_now[section];
	for (unsigned i = 0; i < ITEM_KIND_COUNT; i++)
		facts.is_mixed |= i != section && facts.sinks_now[i] > 0;
	return &sk->base;
}

static struct source_op *load_verify(struct load *base, load_next_cb *next,
				     void *next_arg, load_done_cb *done,
				     void *arg, struct err *e)
{
	struct fake_load *l = (struct fake_load *)(void *)base;
	struct source_op *op = op_new(l->loop, &script.verify_err, arg, e);
	struct load_item item;

	if (op == NULL)
		return NULL;
	while (next(next_arg, &item)) {
		facts.tables_verified++;
		l->facts.rows_verified += item.rows;
	}
	op->load = done;
	return op;
}

static const struct load_facts *load_told(const struct load *l)
{
	return &((const struct fake_load *)(const void *)l)->facts;
}

static void load_destroy(struct load *base)
{
	facts.alive--;
	free(base);
}

static const struct load_ops load_ops = {
	.check = load_check,
	.width = load_width,
	.sink = load_sink,
	.verify = load_verify,
	.facts = load_told,
	.destroy = load_destroy,
};

static struct load *fake_load_new(const struct source_env *env,
				  const struct load_config *c, struct err *e)
{
	struct fake_load *l = calloc(1, sizeof(*l));

	facts.databases = (unsigned)c->ndatabases;
	facts.partial = (unsigned)c->npartial;
	facts.plain_bytes = c->plain_bytes;
	if (l == NULL) {
		(void)err_nomem(e, "a load");
		return NULL;
	}
	l->base.ops = &load_ops;
	l->loop = env->loop;
	facts.loads++;
	facts.alive++;
	return &l->base;
}

static const char *const methods[] = {"logical", NULL};

static const struct source_option options[] = {
	{"compression_level", {"logical"}},
	{"parallelism", {"logical"}},
	{"include_accounts", {"logical"}},
	{"lock_non_transactional", {"logical"}},
	{"incremental", {"physical"}},
	{"full_every", {"physical"}},
	{NULL, {NULL}},
};

static const struct source_kind named = {
	.engine = "mysql",
	.methods = methods,
	.options = options,
	.default_port = 3306,
	.part_suffix = ".sql",
	.needs_user = true,
	.probe = fake_probe,
	.names = fake_names,
	.dump_new = fake_dump_new,
	.load_new = fake_load_new,
};

static const struct source_option options_of_keys[] = {
	{"compression_level", {"logical"}},
	{NULL, {NULL}},
};

static const struct source_kind keyed = {
	.engine = "redis",
	.methods = methods,
	.options = options_of_keys,
	.default_port = 6379,
	.part_suffix = ".rdb",
	.is_by_key = true,
	.probe = fake_probe,
	.names = fake_names,
	.dump_new = fake_dump_new,
	.load_new = fake_load_new,
};

const struct source_kind *const *source_kinds(void)
{
	static const struct source_kind *const kinds[] = {&named, &keyed, NULL};

	return kinds;
}

const struct source_kind *source_kind_find(const char *engine)
{
	const struct source_kind *const *k = source_kinds();

	while (*k != NULL && strcmp((*k)->engine, engine) != 0)
		k++;
	return *k;
}
