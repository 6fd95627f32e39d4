/* timer_form.h - a timer in a body, checked. */
#ifndef COFFER_HTTP_TIMER_FORM_H
#define COFFER_HTTP_TIMER_FORM_H

#include <stdbool.h>

#include "http/body.h"
#include "model/timer.h"

struct zone;

/*
 * Reads the member "timer" and the file of its zone (blocking, some 10 us
 * from the page cache). True: *t is a timer whose zone is there; *z gets the
 * zone (caller: zone_free()), z NULL: nobody wants it. False: it is absent or
 * null, a fault if it is needed, or wrong; every fault is noted, with its
 * pointer ("/timer/at").
 */
bool timer_from_body(struct form *f, enum form_need need, struct timer *t,
		     struct zone **z) MUST_CHECK;

#endif
