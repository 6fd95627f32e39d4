# shellcheck shell=bash
# shellcheck disable=SC2154 # what contrib/demo has set
# The part of contrib/demo with a tree of files.

# What trees have: folders, links, odd names, holes, modes and times.
make_photos() {
	local year i
	for year in 2025 2026; do
		mkdir -p "$1/$year/small"
		for i in {1..40}; do
			head -c "$((i * 5000))" /dev/urandom >"$1/$year/img-$i.jpg"
			printf 'small %s of %s\n' "$i" "$year" \
				>"$1/$year/small/img-$i.txt"
		done
	done
	ln -s 2026/img-1.jpg "$1/newest"
	ln "$1/2025/img-7.jpg" "$1/best"
	printf 'odd\n' >"$1/a name"$'\n'"of two lines"
	truncate -s 8M "$1/hole"
	chmod 600 "$1/2025/img-1.jpg"
	touch -d '2001-02-03 04:05:06.789 UTC' "$1/2025/img-2.jpg"
}

# tree_fingerprint DIR: everything that a restore must bring back.
tree_fingerprint() (
	cd "$1" || exit
	find . -mindepth 1 -printf '%p %y %m %U:%G %n %l\0' | sort -z
	find . -mindepth 1 ! -type d -printf '%p %s %T@\0' | sort -z
	find . -type f -print0 | sort -z | xargs -0 sha256sum -z
)

# back_up_photos: one more by the plan.
back_up_photos() {
	show 202 POST /v1/plans/photos/execute '' \
		'{id, name, type, trigger, status, job_id}'
	photos=$(field .name)
	watch_job "$(field .job_id)"
	show 200 GET "/v1/backups/$photos" '' '{name, status, consistency:
		.consistency.state, row_count, source_bytes, stored_bytes,
		counts: (.counts | {files, directories, symlinks,
			hardlinks})}'
}

# restore_photos BACKUP NAME [SCOPE]: into a folder of its own.
restore_photos() {
	show 202 POST /v1/restores "$(jq -n --arg backup "$1" \
		--arg path "$work/restored/$2" --argjson scope "${3:-null}" '{
		backup: $backup, target: {path: $path}, scope: $scope}')" \
		'{id, backup, target_path, status, job_id}'
	watch_job "$(field .job_id)"
}

files_too() {
	local first
	step "Files too: a tree of photos"
	mkdir -p "$work/photos" "$work/restored"
	make_photos "$work/photos"
	tree_fingerprint "$work/photos" >"$work/tree.first"
	show 201 POST /v1/sources "$(jq -n --arg path "$work/photos" '{
		name: "photos", engine: "files",
		connection: {path: $path}}')" \
		'{id, name, engine, status, version, methods}'
	show 201 POST /v1/plans "$(jq -n '{name: "photos", source: "photos",
		pool: "bucket", strategy: "manual", method: "snapshot",
		options: {incremental: true}}')" '{id, name, status, options}'
	back_up_photos
	first=$photos
	step "One file changes, one goes: the second backup stores that alone"
	printf 'changed\n' >>"$work/photos/2026/small/img-3.txt"
	rm "$work/photos/2025/img-9.jpg"
	tree_fingerprint "$work/photos" >"$work/tree.second"
	back_up_photos
	step "A folder of the first backup, beside them"
	restore_photos "$first" album '{"include": ["2025/"]}'
	step "The accident: all photos are gone, and the first backup, too"
	rm -rf "$work/photos"
	mkdir "$work/photos"
	request DELETE "/v1/backups/$first"
	[[ $status == 202 ]] || fail "the backup is not deleted: $status"
	watch_job "$(field .job_id)"
	step "The second one comes back, whole, by itself"
	restore_photos "$photos" photos
	tree_fingerprint "$work/restored/photos" >"$work/tree.after"
	cmp "$work/tree.second" "$work/tree.after" >&2 ||
		fail "the restored tree differs"
	[[ -f $work/restored/album/2025/img-9.jpg ]] ||
		fail "the folder of the first backup was not restored"
	good "equal: names, types, modes, owners, links, times, and SHA-256" \
		"of every file"
}
