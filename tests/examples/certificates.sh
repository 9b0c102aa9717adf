# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For tests of TLS: certificates, made for the moment.  certificate NAME SUBJECT
# SUBJECT-ALT-NAMES [OPTION...] makes $dir/NAME.pem and $dir/NAME.key, of the CA
# in $dir/ca.pem; revocations NAME... makes $dir/crl.pem, its list of those.

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

revocations() {
	: >"$dir/index"
	cat >"$dir/ca.conf" <<END
[ca]
default_ca = it
[it]
database = $dir/index
default_md = sha256
default_crl_days = 2
END
	for name; do
		openssl_quietly ca -config "$dir/ca.conf" -cert "$dir/ca.pem" \
		    -keyfile "$dir/ca.key" -revoke "$dir/$name.pem"
	done
	openssl_quietly ca -config "$dir/ca.conf" -cert "$dir/ca.pem" \
	    -keyfile "$dir/ca.key" -gencrl -out "$dir/crl.pem"
}
