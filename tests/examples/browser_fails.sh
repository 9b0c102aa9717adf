# SPDX-License-Identifier: MIT
#
# A browser that is slow has another chance, one that cannot run is skipped, and
# one that fails with a page fails the test.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# In their places: what does as the next line of plan says, and what notes how
# long it would wait.
mkdir "$dir/bin" "$dir/home"
cat >"$dir/bin/chromium" <<END
#!/bin/sh
read -r status <"$dir/plan"
sed -i 1d "$dir/plan"
echo "status \$status" >&2
exit "\$status"
END
cat >"$dir/bin/timeout" <<END
#!/bin/sh
echo "\$1" >>"$dir/waits"
shift
exec "\$@"
END
chmod +x "$dir/bin/chromium" "$dir/bin/timeout"
PATH=$dir/bin:$PATH
# shellcheck source=tests/examples/browser.sh
. "$(dirname "$0")/browser.sh"

# browses CODE WAITS STATUS...: of the browser, each time that it is asked.
browses() {
	expected=$1 waits=$2
	shift 2
	printf '%s\n' "$@" >"$dir/plan"
	: >"$dir/waits"
	(browse "$dir/home" http://localhost/ && exit 0) >"$dir/out"
	same "exit code for $*" "$expected" $?
	same "waits for $*" "$waits" "$(paste -sd' ' "$dir/waits")"
}

browses 0 50 0
browses 0 '50 100' 124 0
browses 1 '50 100' 124 124
grep -q '^http://localhost/: status 124$' "$dir/out" || out '...: status 124'
browses 1 '50 100' 1 0
browses 1 '50 100' 1 124
browses 77 '50 100' 1 2
out 'SKIP: chromium does not run here: status 1'
browses 77 '50 100 100' 124 1 1
finish
