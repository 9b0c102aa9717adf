# SPDX-License-Identifier: MIT
#
# bash completes the words of sock.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v bash >/dev/null || skip 'no bash'

# completes EXPECTED WORD...: the last word is completed to these.
completes() {
	expected=$1
	shift
	# shellcheck disable=SC2016 # bash expands it
	same "completion of: $*" "$expected" "$(bash -c '
	    compopt() { :; }
	    source "$1"
	    shift
	    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
	    _sock
	    echo "${COMPREPLY[*]}"' - "$ROOT/examples/tools/sock/sock.bash" "$@")"
}

completes 'port service addr resolve connect listen tls table' sock ''
completes resolve sock r
completes '--reverse' sock resolve --r
completes listen sock l
completes --keep sock listen --kee
completes --key sock connect --k
completes 'tcp: tls: udp: unix:' sock connect ''
completes --servername sock tls --ser
completes --key sock listen --key
completes '' sock listen --ins
completes --crl sock tls --cr
completes '--crlf --crl' sock connect --cr
completes '--crlf --crl' sock listen --cr
completes '' sock connect --alpn ''
completes '' sock connect --timeout ''
completes '--names' sock table --na
completes 'last-ack listen' sock table --state l
finish
