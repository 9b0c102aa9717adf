# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# fetch_cut.sh HOST [OPTION...]: fetches 100 MB, with those options of fetch;
# the server dies when a few megabytes are through; fetches the rest.
set -u

host=$1
shift
rm -f cut
fetch -q "$@" -o cut "http://$host/paced/100m" &
while [ "$(stat -c %s cut 2>/dev/null || echo 0)" -lt 4000000 ]; do
	kill -0 $! || exit
	sleep 0.05
done
master=$(cat web/pid)
read -r worker <"/proc/$master/task/$master/children"
kill -KILL "$worker"
wait $!
echo "cut: $?, at $(stat -c %s cut)"
fetch -q "$@" -c -o cut "http://$host/100m" && cmp cut web/files/100m &&
    echo 'then all of it'
