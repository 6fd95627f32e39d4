/* leftovers.h - what writers that were killed have left in a folder. */
#ifndef COFFER_STORES_DIR_LEFTOVERS_H
#define COFFER_STORES_DIR_LEFTOVERS_H

#include <stdbool.h>

/*
 * Removes unfinished files that nobody has written to for a while, and empty
 * folders, below the folder name of parent, if it holds nothing else at any
 * depth; else nothing is removed. True: the folder is empty now.
 */
bool dir_clear_leftovers(int parent, const char *name);

#endif
