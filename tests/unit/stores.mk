# Unit tests of the room stores.
dist_check_SCRIPTS += tests/unit/s3_oracle.sh
EXTRA_DIST += tests/unit/s3_vectors.py tests/unit/s3_vectors.tsv
TESTS += tests/unit/s3_oracle.sh

check_PROGRAMS += tests/unit/test_s3_sign

tests_unit_test_s3_sign_SOURCES = tests/unit/test_s3_sign.c
tests_unit_test_s3_sign_LDADD = $(STORES_LIBS) $(TEST_LIBS)

# The oracle runs the program that compares.
tests/unit/s3_oracle.sh.log: tests/unit/test_s3_sign
