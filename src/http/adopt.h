/* adopt.h - what binding a pool goes on with. */
#ifndef COFFER_HTTP_ADOPT_H
#define COFFER_HTTP_ADOPT_H

#include "http/pools_int.h"

/* The pool of the request's state is bound: its manifests are read (rule 17),
 * and the bind is answered when that is over, or after 2 s. */
void pool_adopt_bound(struct request *r);

#endif
