# Unit tests of coffer-helper; what it does as a whole is tested with the room
# programs and by tests/integration/test_helper.py.
check_PROGRAMS += tests/unit/test_helper_command \
	tests/unit/test_helper_request tests/unit/test_helper_settings
tests_unit_test_helper_command_SOURCES = tests/unit/test_helper_command.c
tests_unit_test_helper_command_LDADD = $(HELPER_LIBS) $(TEST_LIBS)
tests_unit_test_helper_request_SOURCES = tests/unit/test_helper_request.c
tests_unit_test_helper_request_LDADD = $(HELPER_LIBS) $(TEST_LIBS)
tests_unit_test_helper_settings_SOURCES = tests/unit/test_helper_settings.c \
	tests/unit/test_base_folder.c tests/unit/test_base_folder.h
tests_unit_test_helper_settings_LDADD = $(HELPER_LIBS) $(TEST_LIBS)
check_PROGRAMS += tests/fuzz/fuzz_helper
tests_fuzz_fuzz_helper_SOURCES = tests/fuzz/fuzz_helper.c \
	tests/fuzz/run_files.c
tests_fuzz_fuzz_helper_LDADD = $(HELPER_LIBS) $(TEST_LIBS)
tests_fuzz_fuzz_helper_CPPFLAGS = $(AM_CPPFLAGS) -DDATA='"helper"'
