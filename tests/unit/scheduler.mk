# Unit tests of the room scheduler.
check_PROGRAMS += tests/unit/test_scheduler_decide

tests_unit_test_scheduler_decide_SOURCES = tests/unit/test_scheduler_decide.c
tests_unit_test_scheduler_decide_LDADD = $(SCHEDULER_LIBS) $(TEST_LIBS)
