/*
 * post.c - phase "post": routines, views, triggers, events.
 *
 * Routines come first, since a view may call them and their own bodies are
 * not looked into when they are made. Views follow in the order in which they
 * read from each other. Triggers come when the rows are in, events last.
 * All texts are read in the character set that they were written in.
 */
#include "sources/mysql/dump/dump_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "sources/mysql/fault.h"
#include "sources/mysql/dump/order.h"
#include "sources/mysql/dump/program.h"
#include "sources/mysql/dump/programs.h"
#include "sources/mysql/quote.h"

enum post_state {
	POST_ROLLBACK, /* the view on the data is not needed any more */
	POST_NAMES,    /* names in statements are utf8mb4 */
	POST_RESULTS,  /* texts come as they were written */
	POST_SEQUENCE, /* where the next one stands by now */
	POST_ROUTINES, /* all routines of the server */
	POST_TRIGGERS, /* one database after the other */
	POST_EVENTS,   /* all events of the server */
	POST_AWAY,     /* no database of ours in use: names come in full */
	POST_VIEW,     /* what the next view reads from */
	POST_WARNINGS, /* whether it works */
	POST_USE,      /* the next object's database, if it is another */
	POST_OBJECT,   /* the next object */
	POST_DONE,
	POST_STATE_COUNT,
};

static const char *const state_names[] = {
	"rollback", "names",  "results", "sequence", "routines",
	"triggers", "events", "away",	 "view",     "warnings",
	"use",	    "object", "done",
};
_Static_assert(sizeof(state_names) / sizeof(state_names[0]) == POST_STATE_COUNT,
	       "one name per state");

enum { INVALID_VIEW = 1356 };

struct post {
	struct my_part part; /* comes first */
	enum post_state state;
	struct my_programs programs; /* in the order of their making */
	struct my_cursor sequences;  /* the next one */
	size_t at;		     /* database, view or object at hand */
	size_t first_view, nviews;
	struct my_edges edges; /* among the views, by their place */
	uint32_t view;	       /* whose references are read */
	const char *in_use;    /* database of the session, or NULL */
	bool is_among_events;
	struct text text;
	struct text broken_views;
};

static struct post *post_of(void *part)
{
	return part;
}

static struct my_objects *objects_of(struct post *p)
{
	return &p->part.dump->objects;
}

static void set_state(struct post *p, enum post_state next)
{
	if (p->state < POST_VIEW || next == POST_DONE)
		log_debug("sources", "mysql post: %s -> %s",
			  state_names[p->state], state_names[next]);
	p->state = next;
}

static bool go_on(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	(void)c;
	(void)e;
	set_state(p, p->state + 1);
	return true;
}

static bool ask_rollback(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "ROLLBACK");
	return true;
}

static bool ask_names(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SET NAMES utf8mb4");
	return true;
}

static bool ask_results(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SET character_set_results = NULL");
	return true;
}

/* Rows of the view on the data may hold values that a sequence gave after its
 * definition was read: it must not give them again. */
static bool ask_sequence(void *arg, struct text *sql, struct err *e)
{
	struct post *p = post_of(arg);

	(void)e;
	if (my_cursor_find(objects_of(p), &p->sequences, MY_SEQUENCES))
		my_sequence_ask(
			sql,
			my_cursor_database(objects_of(p), &p->sequences)->name,
			my_cursor_table(objects_of(p), &p->sequences)->name);
	return true;
}

static bool take_sequence(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);
	const char *group, *name;
	struct item *item;

	if (!my_cursor_find(objects_of(p), &p->sequences, MY_SEQUENCES))
		return go_on(arg, c, e);
	group = my_cursor_database(objects_of(p), &p->sequences)->name;
	name = my_cursor_table(objects_of(p), &p->sequences)->name;
	text_reset(&p->text);
	text_str(&p->text, "SET NAMES utf8mb4;\n");
	if (!my_sequence_write(&p->text, name, c, e))
		return false;
	item = my_part_item(&p->part, ITEM_POST, "sequence", group, name);
	p->sequences.table++;
	p->part.dump->facts.items_total++;
	return my_part_emit(&p->part, item, group, &p->text, e);
}

static bool ask_routines(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_programs_ask_routines(sql);
	return true;
}

static bool take_routines(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	return my_programs_take_routines(&p->programs, p->part.dump, c, e) &&
	       go_on(arg, c, e);
}

static bool ask_triggers(void *arg, struct text *sql, struct err *e)
{
	struct post *p = post_of(arg);

	(void)e;
	if (p->at < objects_of(p)->n)
		my_programs_ask_triggers(sql, p->part.dump, p->at);
	return true;
}

static bool take_triggers(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	if (p->at == objects_of(p)->n)
		return go_on(arg, c, e);
	return my_programs_take_triggers(&p->programs, p->part.dump, p->at++, c,
					 e);
}

static bool ask_events(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	my_programs_ask_events(sql);
	return true;
}

static bool take_events(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	if (!my_programs_take_events(&p->programs, p->part.dump, c, e) ||
	    !my_programs_take_views(&p->programs, p->part.dump, e))
		return false;
	if (!my_programs_sort(&p->programs))
		return err_nomem(e, "the list of routines");
	p->first_view =
		my_programs_range(&p->programs, MY_PROGRAM_VIEW, &p->nviews);
	p->at = p->first_view;
	return go_on(arg, c, e);
}

static bool ask_away(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	if (post_of(arg)->nviews > 0)
		text_str(sql, "USE information_schema");
	return true;
}

static const struct my_program *program_of(const struct post *p)
{
	return &p->programs.list[p->at];
}

static bool ask_view(void *arg, struct text *sql, struct err *e)
{
	struct post *p = post_of(arg);

	(void)e;
	if (p->at == p->first_view + p->nviews)
		return true;
	text_str(sql, "SHOW CREATE VIEW ");
	my_quote_names(sql,
		       objects_of(p)->databases[program_of(p)->database].name,
		       program_of(p)->name);
	return true;
}

/* Views stand in the order of (database, name). */
static int order_of(const struct my_program *v, uint32_t database,
		    const char *name)
{
	if (v->database != database)
		return v->database < database ? -1 : 1;
	return strcmp(v->name, name);
}

/* The place of a view among the views; nviews: it is none of ours. */
static size_t find_view(const struct post *p, uint32_t database,
			const char *name)
{
	size_t low = 0, high = p->nviews;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = order_of(&p->programs.list[p->first_view + middle],
				     database, name);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return p->nviews;
}

static bool take_reference(void *arg, const char *group, const char *name)
{
	struct post *p = post_of(arg);
	const struct my_database *db = my_objects_find(objects_of(p), group);
	size_t view = p->nviews;

	if (db != NULL)
		view = find_view(p, (uint32_t)(db - objects_of(p)->databases),
				 name);
	if (view == p->nviews || view == p->view)
		return true;
	return my_edges_add(&p->edges, (uint32_t)view, p->view);
}

/* All references are known: the views change places. */
static bool sort_views(struct post *p, struct err *e)
{
	struct my_program *views = p->programs.list + p->first_view;
	uint32_t *order = calloc(p->nviews + 1, sizeof(*order));
	struct my_program *copy = calloc(p->nviews + 1, sizeof(*copy));
	bool ok = order != NULL && copy != NULL &&
		  my_order(&p->edges, order, (uint32_t)p->nviews);

	if (ok) {
		memcpy(copy, views, p->nviews * sizeof(*copy));
		for (size_t i = 0; i < p->nviews; i++)
			views[i] = copy[order[i]];
	}
	free(order);
	free(copy);
	return ok || err_nomem(e, "the order of views");
}

/* To the next object that is there, or the end. */
static void next_object(struct post *p)
{
	while (p->at < p->programs.n && program_of(p)->is_left_out)
		p->at++;
	set_state(p, p->at < p->programs.n ? POST_USE : POST_DONE);
}

static bool views_known(struct post *p, struct err *e)
{
	if (!sort_views(p, e))
		return false;
	if (p->broken_views.len > 0)
		my_dump_warn(p->part.dump, "invalid_view",
			     "views that refer to what is not there any more "
			     "cannot be made anew and are left out: %s",
			     p->broken_views.data);
	p->in_use = NULL;
	p->at = 0;
	next_object(p);
	return true;
}

static bool take_view_definer(struct post *p, const char *create, size_t len)
{
	struct text definer = {0};

	my_view_definer(&definer, create, len);
	if (definer.is_broken)
		return false;
	p->programs.list[p->at].definer = definer.data; /* takes it */
	return true;
}

static bool take_view(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);
	const char *create;

	if (p->at == p->first_view + p->nviews)
		return views_known(p, e);
	create = my_next_row(c) ? my_value(c, 1) : NULL;
	if (create == NULL)
		return err_set(e, ERR_REMOTE, "source_failed",
			       "the server does not tell a view's definition");
	p->view = (uint32_t)(p->at - p->first_view);
	if (!take_view_definer(p, create, my_value_len(c, 1)))
		return err_nomem(e, "the list of views");
	if (!my_references(create, my_value_len(c, 1), take_reference, p))
		return err_nomem(e, "the order of views");
	if (my_conn_warnings(c) > 0)
		set_state(p, POST_WARNINGS);
	else
		p->at++;
	return true;
}

static bool ask_warnings(void *arg, struct text *sql, struct err *e)
{
	(void)arg;
	(void)e;
	text_str(sql, "SHOW WARNINGS");
	return true;
}

static void leave_out(struct post *p)
{
	struct my_program *v = &p->programs.list[p->at];
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	v->is_left_out = true;
	my_database_find(&objects_of(p)->databases[v->database], v->name)
		->is_left_out = true;
	text_printf(&p->broken_views, "%s%s.%s",
		    p->broken_views.len > 0 ? ", " : "",
		    my_clean(group, sizeof(group),
			     objects_of(p)->databases[v->database].name),
		    my_clean(name, sizeof(name), v->name));
	p->part.dump->facts.views--;
	p->part.dump->facts.items_total--;
}

static bool take_warnings(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	(void)e;
	while (my_next_row(c) && !program_of(p)->is_left_out)
		if (my_value(c, 1) != NULL &&
		    atoi(my_value(c, 1)) == INVALID_VIEW)
			leave_out(p);
	p->at++;
	set_state(p, POST_VIEW);
	return true;
}

static const struct my_database *object_database(struct post *p)
{
	return &objects_of(p)->databases[program_of(p)->database];
}

static bool ask_use(void *arg, struct text *sql, struct err *e)
{
	struct post *p = post_of(arg);

	(void)e;
	if (p->in_use == object_database(p)->name)
		return true;
	text_str(sql, "USE ");
	my_quote_name(sql, object_database(p)->name);
	return true;
}

static bool take_use(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);

	p->in_use = object_database(p)->name;
	return go_on(arg, c, e);
}

static bool ask_object(void *arg, struct text *sql, struct err *e)
{
	(void)e;
	my_program_ask(sql, program_of(post_of(arg)));
	return true;
}

/* The events' frames begin with their mark. */
static bool enter_events(struct post *p, struct err *e)
{
	if (p->is_among_events || program_of(p)->type != MY_EVENT)
		return true;
	p->is_among_events = true;
	if (!my_out_flush(&p->part.out, e))
		return false;
	p->part.out.preamble = my_events_mark();
	return true;
}

/* A NULL item is told of where it is used. */
static bool describe(struct item *item, const struct my_program *program)
{
	if (item == NULL)
		return true;
	return (program->definer == NULL ||
		item_set_definer(item, program->definer)) &&
	       (program->on == NULL || item_set_on(item, program->on));
}

static bool take_object(void *arg, struct my_conn *c, struct err *e)
{
	struct post *p = post_of(arg);
	const struct my_program *program = program_of(p);
	const struct my_database *db = object_database(p);
	struct item *item;

	text_reset(&p->text);
	if (!my_program_write(&p->text, program, db, c, e) ||
	    !enter_events(p, e))
		return false;
	item = my_part_item(
		&p->part, ITEM_POST,
		my_program_word((enum my_program_type)program->type), db->name,
		program->name);
	if (!describe(item, program)) {
		item_unref(item);
		return err_nomem(e, "an item");
	}
	if (!my_part_emit(&p->part, item, db->name, &p->text, e))
		return false;
	p->at++;
	next_object(p);
	return true;
}

static const struct my_ask asks[POST_STATE_COUNT] = {
	[POST_ROLLBACK] = {"end the snapshot", ask_rollback, go_on, NULL},
	[POST_NAMES] = {"set up the session", ask_names, go_on, NULL},
	[POST_RESULTS] = {"set up the session", ask_results, go_on, NULL},
	[POST_SEQUENCE] = {"read a sequence's state", ask_sequence,
			   take_sequence, NULL},
	[POST_ROUTINES] = {"list the routines", ask_routines, take_routines,
			   NULL},
	[POST_TRIGGERS] = {"list the triggers", ask_triggers, take_triggers,
			   NULL},
	[POST_EVENTS] = {"list the events", ask_events, take_events, NULL},
	[POST_AWAY] = {"use another database", ask_away, go_on, NULL},
	[POST_VIEW] = {"read a view's definition", ask_view, take_view, NULL},
	[POST_WARNINGS] = {"read warnings", ask_warnings, take_warnings, NULL},
	[POST_USE] = {"use a database", ask_use, take_use, NULL},
	[POST_OBJECT] = {"read a definition", ask_object, take_object, NULL},
};

/* The end of a dump without accounts. */
static enum flow finish(struct post *p, struct err *e)
{
	const char *end = my_events_end();

	if (p->is_among_events &&
	    !my_out_add(&p->part.out, end, strlen(end), e))
		return FLOW_FAIL;
	if (p->part.dump->has_accounts)
		return my_out_flush(&p->part.out, e) ? FLOW_END : FLOW_FAIL;
	return my_part_end_dump(&p->part, e) ? FLOW_END : FLOW_FAIL;
}

/* Names the object in whatever went wrong with it. */
static void say_where(struct my_part *part, struct err *e)
{
	struct post *p = post_of(part);
	char group[MY_TEXT_MAX], name[MY_TEXT_MAX];

	if (p->state != POST_VIEW && p->state != POST_OBJECT)
		return;
	if (p->at >= p->programs.n)
		return;
	err_prefix(e, "%s %s.%s",
		   my_program_word((enum my_program_type)program_of(p)->type),
		   my_clean(group, sizeof(group), object_database(p)->name),
		   my_clean(name, sizeof(name), program_of(p)->name));
}

static bool is_over(struct my_part *p)
{
	return post_of(p)->state == POST_DONE;
}

static enum my_flow step(struct my_part *p, struct err *e)
{
	return my_dialog_step(&p->dialog, &asks[post_of(p)->state], e);
}

static enum flow end(struct my_part *p, struct err *e)
{
	return finish(post_of(p), e);
}

static void post_destroy(struct source *source)
{
	struct post *p = post_of(source);

	my_part_fini(&p->part);
	my_programs_fini(&p->programs);
	my_edges_fini(&p->edges);
	text_free(&p->text);
	text_free(&p->broken_views);
	free(p);
}

static const struct source_ops post_ops = {
	.name = "mysql post",
	.read = my_part_read,
	.destroy = post_destroy,
};

static const struct my_walk walk = {
	.ops = &post_ops,
	.size = sizeof(struct post),
	.preamble = "",
	.is_over = is_over,
	.step = step,
	.explain = say_where,
	.finish = end,
};

struct source *my_post_new(struct my_dump *d, struct err *e)
{
	return my_part_new(&walk, d, 0, e);
}
