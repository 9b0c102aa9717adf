# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2094,SC2154 # rig.sh sets them
#
# An authority that everybody in the rig trusts, and what it and others signed:
# certificates/NAME.pem (with those between it and the root) and KEY.key.

certificates_make() {
	mkdir certificates
	export ISSUER=none
	certificates_config >certificates/config
	for key in root:ec inter:ec elsewhere:ec leaf:ec rsa:rsa:2048 \
	    rsa512:rsa:512 rsa1024:rsa:1024 ed:ed25519; do
		certificates_key "${key%%:*}" "${key#*:}"
	done
	certificates_issue
	certificates_chain
	certificates_revoke
	certificates_trust
}

certificates_config() {
	names="DNS:$domain,DNS:*.$domain,IP:$v4.1,IP:${v6}1"
	signs='keyUsage = critical,keyCertSign,cRLSign'
	authority="basicConstraints = critical,CA:TRUE
	$signs"
	leaf='basicConstraints = critical,CA:FALSE
	keyUsage = critical,digitalSignature,keyEncipherment'
	server="$leaf
	extendedKeyUsage = serverAuth"
	# rig.test, 0, .evil.example
	nul=72:69:67:2e:74:65:73:74:00:2e:65:76:69:6c:2e:65:78:61:6d:70:6c:65
	cat <<-END
	[ca]
	default_ca = one
	[one]
	database = certificates/index.\$ENV::ISSUER
	new_certs_dir = certificates
	crlnumber = certificates/number.\$ENV::ISSUER
	rand_serial = yes
	unique_subject = no
	policy = any
	default_md = sha256
	default_crl_days = 30
	[any]
	organizationName = optional
	commonName = optional
	[req]
	distinguished_name = nobody
	[nobody]
	[authority]
	$authority
	[pathlen]
	basicConstraints = critical,CA:TRUE,pathlen:0
	$signs
	[constrained]
	$authority
	nameConstraints = critical,permitted;DNS:example
	[signing-leaf]
	basicConstraints = critical,CA:FALSE
	$signs
	[server]
	$server
	subjectAltName = $names
	[of-another]
	$server
	subjectAltName = DNS:wrong.example
	[without-names]
	$server
	[for-clients]
	$leaf
	extendedKeyUsage = clientAuth
	subjectAltName = $names
	[critical]
	$server
	subjectAltName = $names
	1.3.6.1.4.1.55555.1 = critical,DER:05:00
	[nul]
	$server
	subjectAltName = DER:30:18:82:16:$nul
	[wild]
	$server
	subjectAltName = DNS:*.test,DNS:*
	END
}

# openssl, whose words are of interest only if it fails.
certificates_openssl() {
	if ! openssl "$@" >log/openssl 2>&1; then
		echo "openssl $*:"
		cat log/openssl
		exit 1
	fi
}

# certificates_key NAME KIND: a key, and the request for whatever it gets.
certificates_key() {
	[ "$2" != ec ] || set -- "$1" 'ec -pkeyopt ec_paramgen_curve:P-256'
	# shellcheck disable=SC2086 # a kind has options
	certificates_openssl req -config certificates/config -new -nodes \
	    -newkey $2 -keyout "certificates/$1.key" \
	    -out "certificates/$1.request" -subj "/CN=$1"
}

# Who signs what: name, key, issuer, its key, extensions, from which day on, to
# which, by which digest.
certificates_table() {
	cat <<-END
	root root - - authority
	inter inter root root authority
	good-ec leaf inter inter server
	good-rsa rsa inter inter server
	good-ed ed inter inter server
	client leaf inter inter for-clients
	client-revoked leaf inter inter for-clients
	client-expired leaf inter inter for-clients -30 -1
	expired leaf inter inter server -30 -1
	not-yet leaf inter inter server +30 +300
	wrong-host leaf inter inter of-another
	self-signed leaf - - server
	elsewhere elsewhere - - authority
	untrusted leaf elsewhere elsewhere server
	revoked leaf inter inter server
	rsa-inter rsa root root authority
	sha1 rsa rsa-inter rsa server -2 +300 sha1
	md5 rsa rsa-inter rsa server -2 +300 md5
	rsa512 rsa512 inter inter server
	rsa1024 rsa1024 inter inter server
	no-chain leaf inter inter server
	cn-only leaf inter inter without-names
	wrong-usage leaf inter inter for-clients
	leaf-ca leaf inter inter signing-leaf
	not-ca leaf leaf-ca leaf server
	of-example inter root root constrained
	constrained leaf of-example inter server
	old-inter inter root root authority -30 -1
	old-chain leaf old-inter inter server
	shallow inter root root pathlen
	deeper inter shallow inter authority
	too-deep leaf deeper inter server
	critical leaf inter inter critical
	nul-name leaf inter inter nul
	wild-name leaf inter inter wild
	END
}

certificates_issue() {
	certificates_table >certificates/table
	while read -r name key issuer by kind from to digest; do
		sign="-cert certificates/$issuer.crt"
		if [ "$issuer" = - ]; then
			sign=-selfsign
			by=$key
		fi
		subject="/CN=rig $name"
		[ "$name" != cn-only ] || subject="/CN=$domain"
		: >>"certificates/index.$issuer"
		ISSUER=$issuer
		# shellcheck disable=SC2086 # two words
		certificates_openssl ca -batch -notext -config \
		    certificates/config $sign -keyfile "certificates/$by.key" \
		    -in "certificates/$key.request" -subj "$subject" \
		    -extensions "$kind" -md "${digest:-sha256}" \
		    -startdate "$(certificates_day "${from:--2}")" \
		    -enddate "$(certificates_day "${to:-+300}")" \
		    -out "certificates/$name.crt"
	done <certificates/table
}

certificates_day() {
	date -u -d "$1 days" +%Y%m%d%H%M%SZ
}

# A server sends the certificates up to the root, without it.
certificates_chain() {
	while read -r name _ issuer _; do
		chain=certificates/$name.crt
		[ "$name" != no-chain ] || issuer=root
		until [ "$issuer" = root ] || [ "$issuer" = - ]; do
			chain="$chain certificates/$issuer.crt"
			issuer=$(awk -v name="$issuer" \
			    '$1 == name { print $3 }' certificates/table)
		done
		# shellcheck disable=SC2086 # several
		cat $chain >"certificates/$name.pem"
	done <certificates/table
}

# revoked.pem: the lists of both issuers.
certificates_revoke() {
	for issuer in root inter; do
		ISSUER=$issuer
		echo 01 >"certificates/number.$issuer"
		set -- -config certificates/config \
		    -cert "certificates/$issuer.crt" \
		    -keyfile "certificates/$issuer.key"
		if [ $issuer = inter ]; then
			certificates_openssl ca "$@" \
			    -revoke certificates/revoked.crt
			certificates_openssl ca "$@" \
			    -revoke certificates/client-revoked.crt
		fi
		certificates_openssl ca "$@" -gencrl -out certificates/list
		cat certificates/list >>certificates/revoked.pem
	done
}

# The machine's own trust, for as long as the rig is up: its root alone.
certificates_trust() {
	rm -rf /etc/ssl/certs
	mkdir /etc/ssl/certs
	cp certificates/root.crt /etc/ssl/certs/ca-certificates.crt
	cp certificates/root.crt /etc/ssl/certs/rig.pem
	certificates_openssl rehash /etc/ssl/certs
	chmod 644 certificates/*.key # servers that are not root read them
}
