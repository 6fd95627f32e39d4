/* pool_form.h - what clients say of a pool, checked. */
#ifndef COFFER_HTTP_POOL_FORM_H
#define COFFER_HTTP_POOL_FORM_H

#include "http/body.h"
#include "model/records.h"

/* Reads a whole pool into a zeroed record; see source_form_read(). */
void pool_form_read(struct form *f, const struct pool_record *old,
		    struct pool_record *r);

/* Faults for what cannot be changed once backups may lie there. */
void pool_form_check_place(struct form *f, const struct pool_record *old,
			   const struct pool_record *r);

/* Both reach the same store in the same way. */
bool pool_form_is_same(const struct pool_record *a,
		       const struct pool_record *b);

#endif
