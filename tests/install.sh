#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sh tests/install.sh PACKAGE...: installs those that are missing.  None of
# them starts a service, until a machine with an init boots: Debian enables
# them.
#
# Exits with 0: all are there, 3: some are not, and cannot be installed.
set -u

missing=
for package in "$@"; do
	dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null |
	    grep -qx installed || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "missing; as root: apt-get install -y$missing" >&2
	exit 3
fi

# Of several that install side by side, the first would take away what holds
# the services of the others back.
exec 9</usr/sbin
flock 9
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi
"$policy" nginx start >/dev/null 2>&1
if [ $? -ne 101 ]; then
	echo "$policy would let services start; missing:$missing" >&2
	exit 3
fi
# shellcheck disable=SC2086 # several words
{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get \
    -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $missing
} >&2 || { echo "apt-get install -y$missing: failed" >&2; exit 3; }
