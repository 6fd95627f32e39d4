/* probe_int.h - the probe with its clock in the open, for tests. */
#ifndef COFFER_STORES_PROBE_INT_H
#define COFFER_STORES_PROBE_INT_H

#include "stores/probe.h"

/* Another limit than PROBE_STEP_MS, for each step that follows. */
void probe_set_step_ms(struct probe *p, unsigned ms);

#endif
