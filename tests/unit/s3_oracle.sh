#!/bin/sh
# Signs awkward requests with botocore and with ours, and compares: the fixed
# ones of the table anew, and random ones. SEED=... repeats a run that failed.
python=/usr/bin/python3
$python -c 'import botocore' 2>/dev/null || {
	echo "skipped: $python has no botocore (python3-botocore)"
	exit 77
}
dir=$(dirname "$0")
seed=${SEED:-$(date +%s).$$}
vectors=$(mktemp) || exit 1
trap 'rm -f "$vectors"' EXIT
echo "seed $seed"
COFFER_S3_VECTORS=$vectors
export COFFER_S3_VECTORS
$python "$dir/s3_vectors.py" >"$vectors" && tests/unit/test_s3_sign &&
	$python "$dir/s3_vectors.py" "$seed" >"$vectors" &&
	tests/unit/test_s3_sign
