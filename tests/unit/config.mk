# Unit tests of the room config.
check_PROGRAMS += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c
tests_unit_test_config_LDADD = $(CONFIG_LIBS) $(TEST_LIBS)
