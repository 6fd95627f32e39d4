/* plan_refs_int.h - the plans of a source or a pool, as one column. */
#ifndef COFFER_CATALOG_PLAN_REFS_INT_H
#define COFFER_CATALOG_PLAN_REFS_INT_H

/* JSON, [{"id","name"}...], the oldest first as their index has them; NULL when
 * there is none. Bounded, since a pool may have 100,000; the list of plans has
 * them all. */
#define PLAN_REFS(column, id)                                                  \
	"(SELECT nullif(json_group_array(json_object('id', one.id,"            \
	" 'name', one.name)), '[]') FROM (SELECT q.id, q.name FROM plans q"    \
	" WHERE q." column " = " id " ORDER BY q.created_at LIMIT 500) one)"

#endif
