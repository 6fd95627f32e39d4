# Programs of the fault tests: make check runs them with little to do;
# tests/faults/NAME with all.
check_PROGRAMS += tests/faults/power_catalog
tests_faults_power_catalog_SOURCES = tests/faults/power_catalog.c $(CATALOG_RIG)
tests_faults_power_catalog_LDADD = $(CATALOG_TEST_LIBS)

# What the store asks of the kernel is recorded.
check_PROGRAMS += tests/faults/power_dir
tests_faults_power_dir_SOURCES = tests/faults/power_dir.c $(STORES_RIG)
tests_faults_power_dir_LDADD = $(STORES_LIBS) $(TEST_LIBS)
tests_faults_power_dir_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=open64 \
	-Wl,--wrap=openat64 -Wl,--wrap=close -Wl,--wrap=mkdirat \
	-Wl,--wrap=write -Wl,--wrap=fsync -Wl,--wrap=renameat \
	-Wl,--wrap=renameat2 -Wl,--wrap=unlinkat
