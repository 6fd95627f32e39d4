/*
 * expire.h - retention (rule 14): the catalog decides and marks what is to go,
 * a sweep removes the objects. So a pass that is cut is finished by the next.
 */
#ifndef COFFER_JOBS_EXPIRE_H
#define COFFER_JOBS_EXPIRE_H

struct expirer;
struct jobs;

/* NULL: no memory. */
struct expirer *expirer_new(struct jobs *j);

/* A pass begins soon; several that are asked for meanwhile are one. */
void expirer_kick(struct expirer *x);

/* No more passes. */
void expirer_stop(struct expirer *x);

/* NULL is fine. */
void expirer_free(struct expirer *x);

#endif
