# Unit tests of cofferctl; its commands are tested by
# tests/integration/test_ctl*.py.
check_PROGRAMS += tests/unit/test_ctl_chain tests/unit/test_ctl_declared \
	tests/unit/test_ctl_options tests/unit/test_ctl_pool \
	tests/unit/test_ctl_progress tests/unit/test_ctl_table \
	tests/unit/test_ctl_verdict tests/unit/test_ctl_words
tests_unit_test_ctl_chain_SOURCES = tests/unit/test_ctl_chain.c
tests_unit_test_ctl_chain_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_options_SOURCES = tests/unit/test_ctl_options.c
tests_unit_test_ctl_options_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_table_SOURCES = tests/unit/test_ctl_table.c
tests_unit_test_ctl_table_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_words_SOURCES = tests/unit/test_ctl_words.c
tests_unit_test_ctl_words_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_progress_SOURCES = tests/unit/test_ctl_progress.c
tests_unit_test_ctl_progress_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_verdict_SOURCES = tests/unit/test_ctl_verdict.c
tests_unit_test_ctl_verdict_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_pool_SOURCES = tests/unit/test_ctl_pool.c
tests_unit_test_ctl_pool_LDADD = $(CTL_LIBS) $(TEST_LIBS)
tests_unit_test_ctl_declared_SOURCES = tests/unit/test_ctl_declared.c
tests_unit_test_ctl_declared_LDADD = $(CTL_LIBS) $(TEST_LIBS)
