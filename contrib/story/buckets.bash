# shellcheck shell=bash
# shellcheck disable=SC2154 # what contrib/demo has set
# The part of contrib/demo with a bucket.

# register_bucket NAME: as a source.
register_bucket() {
	show 201 POST /v1/sources "$(jq -n --arg name "$1" '{
		name: $name, engine: "objects", connection: {
			endpoint: env.S3_ENDPOINT, region: env.S3_REGION,
			bucket: $name, path_style: true,
			access_key: env.S3_ACCESS_KEY,
			secret_key: env.S3_SECRET_KEY}}')" \
		'{id, name, engine, status, methods}'
}

buckets_too() {
	step "Buckets too: one with objects of odd keys, metadata and tags"
	"$here/testbed/s3" make-bucket uploads
	"$here/testbed/s3" make-bucket uploads-again
	"$here/testbed/s3" fill uploads
	"$here/testbed/s3" tell uploads >"$work/objects.before"
	"$here/testbed/s3" list uploads | tail -n 6 | indent
	register_bucket uploads
	register_bucket uploads-again
	step "A backup of it"
	show 202 POST /v1/backups "$(jq -n '{source: "uploads", pool: "bucket",
		method: "snapshot", name: "uploads-1"}')" \
		'{id, name, type, trigger, method, status, job_id}'
	watch_job "$(field .job_id)"
	show 200 GET /v1/backups/uploads-1 '' '{name, status, row_count,
		source_bytes, stored_bytes, counts: (.counts | {objects})}'
	step "Restoring into another bucket, which is empty"
	show 202 POST /v1/restores "$(jq -n '{
		backup: "uploads-1", target: {source: "uploads-again"}}')" \
		'{id, backup, target: .target_source.name, status, job_id}'
	watch_job "$(field .job_id)"
	"$here/testbed/s3" tell uploads-again >"$work/objects.after"
	cmp "$work/objects.before" "$work/objects.after" >&2 ||
		fail "the restored objects differ"
	good "equal: $(wc -l <"$work/objects.after") keys with size, SHA-256," \
		"content type, metadata and tags"
}
