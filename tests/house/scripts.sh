# SPDX-License-Identifier: MIT
#
# scripts.sh ROOT: our shell scripts are POSIX and clean.
set -eu
cd "$1"

if ! command -v shellcheck >/dev/null; then
	echo 'SKIP: no shellcheck (apt-get install shellcheck)'
	exit 77
fi
find tests examples .ci -type f \( -name "*.sh" -o -name run \) \
    -exec shellcheck -s sh {} +
