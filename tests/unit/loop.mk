# Unit tests of the room loop.
check_PROGRAMS += tests/unit/test_loop_signals tests/unit/test_loop_notify \
	tests/unit/test_workers tests/unit/test_transfers

tests_unit_test_loop_signals_SOURCES = tests/unit/test_loop_signals.c
tests_unit_test_loop_signals_LDADD = $(LOOP_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_loop_holds
tests_unit_test_loop_holds_SOURCES = tests/unit/test_loop_holds.c
tests_unit_test_loop_holds_LDADD = $(LOOP_LIBS) $(TEST_LIBS)

tests_unit_test_loop_notify_SOURCES = tests/unit/test_loop_notify.c
tests_unit_test_loop_notify_LDADD = $(LOOP_LIBS) $(TEST_LIBS)

tests_unit_test_workers_SOURCES = tests/unit/test_workers.c
tests_unit_test_workers_LDADD = $(LOOP_LIBS) $(TEST_LIBS)
tests_unit_test_workers_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_join

tests_unit_test_transfers_SOURCES = tests/unit/test_transfers.c
tests_unit_test_transfers_LDADD = $(LOOP_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_loop_slices
tests_unit_test_loop_slices_SOURCES = tests/unit/test_loop_slices.c
tests_unit_test_loop_slices_LDADD = $(LOOP_LIBS) $(TEST_LIBS)
