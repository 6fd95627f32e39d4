/* timer_int.h - what the files about timers share. */
#ifndef COFFER_MODEL_TIMER_INT_H
#define COFFER_MODEL_TIMER_INT_H

#include "model/timer.h"

enum {
	TIMER_MONTHS = 12,
	TIMER_WEEKDAYS = 7,
	TIMER_DAY_MINUTES = 1440,
	TIMER_YEAR_MIN = 1970,
	TIMER_YEAR_MAX = 9999, /* RFC 3339 tells no other */
};

/* "once" and so on; cycle is one. */
const char *timer_cycle_name(int cycle);

/* "sun", 0, to "sat", 6. */
const char *timer_weekday_name(int weekday);

#endif
