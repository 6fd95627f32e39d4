# Unit tests of the room catalog.
CATALOG_RIG = tests/unit/test_catalog_rig.c tests/unit/test_catalog_rig.h
CATALOG_TEST_LIBS = $(CATALOG_LIBS) $(TEST_LIBS)

check_PROGRAMS += tests/unit/test_catalog_backups \
	tests/unit/test_catalog_pools \
	tests/unit/test_catalog_restores \
	tests/unit/test_catalog_sources

tests_unit_test_catalog_backups_SOURCES = \
	tests/unit/test_catalog_backups.c $(CATALOG_RIG)
tests_unit_test_catalog_backups_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_pools_SOURCES = \
	tests/unit/test_catalog_pools.c $(CATALOG_RIG)
tests_unit_test_catalog_pools_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_restores_SOURCES = \
	tests/unit/test_catalog_restores.c $(CATALOG_RIG)
tests_unit_test_catalog_restores_LDADD = $(CATALOG_TEST_LIBS)

tests_unit_test_catalog_sources_SOURCES = \
	tests/unit/test_catalog_sources.c $(CATALOG_RIG)
tests_unit_test_catalog_sources_LDADD = $(CATALOG_TEST_LIBS)
