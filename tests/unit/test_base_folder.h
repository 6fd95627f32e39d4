/* test_base_folder.h - a folder of its own for each test. */
#ifndef COFFER_TESTS_UNIT_TEST_BASE_FOLDER_H
#define COFFER_TESTS_UNIT_TEST_BASE_FOLDER_H

/* cmocka's setup: makes a folder, goes there; *state is its path. */
int enter_folder(void **state);

/* cmocka's teardown: removes the folder with all that is in it. */
int leave_folder(void **state);

/* How many names are in a folder; fails the test when there is none. */
unsigned count_entries(const char *path);

#endif
