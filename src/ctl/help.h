/* help.h - what --help says. */
#ifndef COFFER_CTL_HELP_H
#define COFFER_CTL_HELP_H

#include "ctl/command.h"

/* The list of commands, or of one its options. An unknown name is CTL_USAGE. */
enum ctl_status help_show(const char *name);

#endif
