/* interrupt.c - see interrupt.h. */
#include "ctl/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t has_come;

static void on_signal(int number)
{
	(void)number;
	has_come = 1;
}

void interrupt_catch(void)
{
	/* Without SA_RESTART: it ends what waits. */
	struct sigaction a = {.sa_handler = on_signal};

	(void)sigaction(SIGINT, &a, NULL);
	(void)sigaction(SIGTERM, &a, NULL);
}

int interrupt_came(void)
{
	return has_come != 0;
}
