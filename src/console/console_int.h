/* console_int.h - what the files of this room share. */
#ifndef COFFER_CONSOLE_CONSOLE_INT_H
#define COFFER_CONSOLE_CONSOLE_INT_H

/* The type by the end of a name; NULL: it is none that a console has. */
const char *console_known_type(const char *path);

#endif
