#!/bin/sh
# SPDX-License-Identifier: MIT
#
# rig.sh [WORD... | -- COMMAND...]: the first process of the rig, in the
# network of the clients; run is its caller.
set -u
here=$(dirname -- "$0")
PATH=$BIN:$PATH

# Nothing of what follows is seen outside of this mount namespace.
mount -t tmpfs tmpfs /run && mkdir -p /run/rig/log && cd /run/rig || exit 1
# A program's standard error may go anywhere: reports of sanitizers come here.
mkdir reports
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$PWD/reports/a"
export TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS:}log_path=$PWD/reports/t"
cp -a /etc etc && mount --bind etc /etc || exit 1

export domain=rig.test v4=10.77.0 v6=2001:db8:77::
export user=tester password=secret
export FTP_PASSWORD=$password TELNET_PASSWORD=$password MAIL_PASSWORD=$password
for part in network certificates names web proxies logins files mail tls \
    servers table; do
	# shellcheck source=/dev/null # each is checked by itself
	. "$here/$part.sh"
done

network_up
servers_up
if [ "${1-}" = -- ]; then
	shift
	"$@"
	exit
fi
table_begin "$@"
for topic in addresses names dialing web proxies logins files mail tls; do
	# shellcheck source=/dev/null
	. "$here/with_$topic.sh"
done
# shellcheck source=tests/interop/with_ours.sh
[ "${TLS-yes}" = no ] || . "$here/with_ours.sh"
table_end
