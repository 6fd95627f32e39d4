#!/bin/sh
# Seals with ours and opens with the program age, and the other way round: at
# every edge of the chunks, for one recipient and for several.
if ! command -v age >/dev/null || ! command -v age-keygen >/dev/null; then
	echo "skipped: there is no program age"
	exit 77
fi
set -eu
tool=tests/unit/test_base_age
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for k in 1 2 3; do
	age-keygen -o "$dir/k$k" 2>/dev/null
	age-keygen -y "$dir/k$k" >"$dir/r$k"
done
r1=$(cat "$dir/r1") r2=$(cat "$dir/r2")
seq 1 40000 >"$dir/all"
for n in 0 1 65535 65536 65537 131071 131072 131073 200000; do
	head -c "$n" "$dir/all" >"$dir/plain"
	"$tool" seal "$r1" "$r2" <"$dir/plain" >"$dir/ours"
	age -r "$r1" -r "$r2" <"$dir/plain" >"$dir/theirs"
	for k in 1 2; do
		age -d -i "$dir/k$k" <"$dir/ours" | cmp - "$dir/plain"
		"$tool" open "$(cat "$dir/k$k")" <"$dir/theirs" |
			cmp - "$dir/plain"
	done
	# The lengths are the same: offsets can be told from them.
	test "$(wc -c <"$dir/ours")" = "$(wc -c <"$dir/theirs")"
	for file in ours theirs; do
		if "$tool" open "$(cat "$dir/k3")" <"$dir/$file" \
			>"$dir/none" 2>"$dir/why"; then
			echo "a key that is for something else opened $file"
			exit 1
		fi
		grep -q ^identity_missing: "$dir/why"
		test ! -s "$dir/none"
	done
done
# Stanzas of other kinds are skipped, but not taken out of the MAC.
echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHyTKxzFdcL5Oj7CQRL0J9e3n7/jR01VQmV3aDA/oDqQ nobody" >"$dir/ssh.pub"
age -R "$dir/ssh.pub" -r "$r1" -R "$dir/ssh.pub" <"$dir/plain" >"$dir/mixed"
"$tool" open "$(cat "$dir/k1")" <"$dir/mixed" | cmp - "$dir/plain"
LC_ALL=C sed '0,/ssh-ed25519/s//ssh-ed25518/' "$dir/mixed" >"$dir/twisted"
if "$tool" open "$(cat "$dir/k1")" <"$dir/twisted" 2>"$dir/why"; then
	echo "a header that was changed is taken"
	exit 1
fi
grep -q ^damaged_backup: "$dir/why"
echo "both ways: the same"
