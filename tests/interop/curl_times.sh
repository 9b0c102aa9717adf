# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# curl_times.sh ROUNDS URL: how long curl takes to connect, for the table.
set -u

for _ in $(seq "$1"); do
	curl -s -o /dev/null -w '%{time_connect}\n' "$2"
done | sort -n | awk '
{ took[NR] = 1000 * $1 }
END {
	printf "# (curl %.1f, most %.1f)\n", took[int(NR / 2) + 1], took[NR]
}'
