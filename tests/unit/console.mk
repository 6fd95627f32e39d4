# Unit tests of the room console.
dist_check_SCRIPTS += tests/console_files.py tests/console_texts.py \
	tests/console_shows.py
TESTS += tests/console_files.py tests/console_texts.py \
	tests/console_shows.py

check_PROGRAMS += tests/unit/test_console
tests_unit_test_console_SOURCES = tests/unit/test_console.c
tests_unit_test_console_LDADD = $(CONSOLE_LIBS) $(TEST_LIBS)
