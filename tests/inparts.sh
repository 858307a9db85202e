#!/bin/sh
# The whole suite in parts that run side by side, and the recorded cases beside them; each part is
# printed when it has ended, the recorded cases last. The screens mostly wait: several parts of them
# take no longer than one. Usage: tests/inparts.sh PYTHON
set -u
python=$1
out=.venv/parts
rm -rf "$out"
mkdir -p "$out"
names=
pids=

part() {
	name=$1
	shift
	"$@" >"$out/$name" 2>&1 &
	pids="$pids $!"
	names="$names $name:$!"
}

# Pictures of the middle size are left to `make check`, which runs everything.
sizes='not 120x40 and not size1'
trap 'kill $pids 2>/dev/null' INT TERM
part screens-e "$python" -m pytest -k "$sizes" tests/tui/test_[eij]*.py
part screens-k "$python" -m pytest -k "$sizes" tests/tui/test_[k-q]*.py
part screens-r "$python" -m pytest -k "$sizes" tests/tui/test_r*.py
part screens-s "$python" -m pytest -k "$sizes" tests/tui/test_[s-z]*.py
part screens-a "$python" -m pytest -k "$sizes" tests/tui/test_[a-df-h]*.py
part commands "$python" -m pytest tests/cli
part laws "$python" -m pytest tests/prop
part others "$python" -m pytest --ignore=tests/tui --ignore=tests/cli --ignore=tests/prop
part cases "$python" tests/conformance/selected.py --jobs 2
status=0
for part in $names; do
	wait "${part#*:}" || status=1
	cat "$out/${part%:*}"
done
exit $status
