# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For tests of TLS: certificates, made for the moment.  certificate NAME SUBJECT
# SUBJECT-ALT-NAMES [OPTION...] makes $dir/NAME.pem and $dir/NAME.key, of the CA
# in $dir/ca.pem.

: "${dir:?}" # of the harness
command -v openssl >/dev/null || skip 'no openssl (apt-get install openssl)'

# openssl_quietly ARGUMENTS...: what it says only matters where it fails.
openssl_quietly() {
	openssl "$@" 2>"$dir/openssl" || { cat "$dir/openssl"; exit 1; }
}

openssl_quietly req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
    -nodes -keyout "$dir/ca.key" -out "$dir/ca.pem" -days 2 \
    -subj '/CN=An authority' -addext basicConstraints=critical,CA:TRUE

certificate() {
	name=$1 subject=$2 names=$3
	shift 3
	openssl_quietly req -x509 -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
	    -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
	    -keyout "$dir/$name.key" -out "$dir/$name.pem" -days 2 \
	    -subj "/CN=$subject" -addext "subjectAltName=$names" \
	    -addext basicConstraints=critical,CA:FALSE "$@"
}
