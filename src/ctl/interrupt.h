/* interrupt.h - Ctrl-C, for commands that have something to say then. */
#ifndef COFFER_CTL_INTERRUPT_H
#define COFFER_CTL_INTERRUPT_H

/* From now on SIGINT and SIGTERM do not end the program at once. */
void interrupt_catch(void);

/* Whether one came. */
int interrupt_came(void);

#endif
