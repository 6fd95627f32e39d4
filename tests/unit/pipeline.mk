# Unit tests of the room pipeline.
check_PROGRAMS += tests/unit/test_frame tests/unit/test_budget

tests_unit_test_frame_SOURCES = tests/unit/test_frame.c
tests_unit_test_frame_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)

tests_unit_test_budget_SOURCES = tests/unit/test_budget.c
tests_unit_test_budget_LDADD = $(PIPELINE_LIBS) $(TEST_LIBS)
