# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# knot, an authoritative name server, and in front of it dnsdist, which adds
# what such a server does not do on demand: names below $domain that are
# answered late, wrongly or not at all.

names_serve() {
	mkdir names
	names_zone >"names/$domain.zone"
	names_reverse 4 >names/reverse4.zone
	names_reverse 6 >names/reverse6.zone
	names_knot >names/knot.conf
	names_dnsdist >names/dnsdist.conf
	serve knot 5353 knotd -c names/knot.conf
	serve dnsdist 53 dnsdist --supervised --disable-syslog \
	    -C names/dnsdist.conf
	names_etc
}

# What /etc says, to clients and servers alike.
names_etc() {
	rm -f /etc/hosts /etc/resolv.conf # which may be links
	cat >/etc/hosts <<-END
	127.0.0.1 localhost
	::1 localhost
	$v4.1 hosts.$domain
	${v6}1 hosts.$domain
	END
	cat >/etc/resolv.conf <<-END
	nameserver $v4.1
	search $domain
	options timeout:2 attempts:2
	END
	echo 'hosts: files dns' >/etc/nsswitch.conf
}

names_soa() {
	echo "\$TTL 60"
	echo "@ SOA ns.$domain. hostmaster.$domain. 1 3600 600 86400 5"
	echo "@ NS ns.$domain."
}

names_zone() {
	names_soa
	cat <<-END
	@ A $v4.1
	@ AAAA ${v6}1
	@ MX 10 mail
	@ MX 20 mail2
	@ TXT "v=spf1 -all" "second string"
	control TXT "\\027[31mred\\007"
	ns A $v4.1
	ns AAAA ${v6}1
	mail A $v4.1
	mail AAAA ${v6}1
	mail2 A $v4.9
	v4 A $v4.1
	v6 AAAA ${v6}1
	www CNAME @
	nodata TXT "no address here"
	*.wild A $v4.1
	chain CNAME chain2
	chain2 CNAME chain3
	chain3 CNAME chain4
	chain4 CNAME chain5
	chain5 CNAME @
	loop CNAME loop2
	loop2 CNAME loop
	dangling CNAME nowhere
	longest CNAME $(names_longest)
	$(names_longest) A $v4.1
	$(names_many)
	; addresses that misbehave, before or after one that works
	he-silent A $v4.1
	he-silent AAAA ${v6}10
	he-rst A $v4.1
	he-rst AAAA ${v6}9
	he-prohibited A $v4.1
	he-prohibited AAAA ${v6}11
	he-lossy A $v4.1
	he-lossy AAAA ${v6}12
	he-unreachable A $v4.1
	he-unreachable AAAA 2001:db8:78::1
	he-blackhole A $v4.1
	he-blackhole AAAA 2001:db8:79::1
	he-noroute A $v4.1
	he-noroute AAAA 2001:db8:99::1
	he-v4silent A $v4.10
	he-v4silent AAAA ${v6}1
	he-many A $v4.10
	he-many A $v4.9
	he-many A $v4.1
	he-many AAAA ${v6}10
	he-many AAAA ${v6}9
	all-silent A $v4.10
	all-silent AAAA ${v6}10
	all-rst A $v4.9
	all-rst AAAA ${v6}9
	mtu A $v4.13
	mtu AAAA ${v6}13
	; of these dnsdist answers a part by itself
	slow A $v4.1
	late-a A $v4.1
	late-a AAAA ${v6}1
	late-aaaa A $v4.1
	late-aaaa AAAA ${v6}1
	late-silent A $v4.1
	late-silent AAAA ${v6}10
	drop-aaaa A $v4.1
	servfail-aaaa A $v4.1
	nxdomain-aaaa A $v4.1
	truncated A $v4.1
	; services
	_http._tcp SRV 0 5 80 @
	_domain._udp SRV 0 0 53 ns
	_pick._tcp SRV 10 75 80 v4
	_pick._tcp SRV 10 25 80 v6
	_pick._tcp SRV 20 0 9 @
	_fallback._tcp SRV 10 0 80 all-rst
	_fallback._tcp SRV 20 0 80 @
	_silent._tcp SRV 10 0 80 all-silent
	_silent._tcp SRV 20 0 80 @
	_dangling._tcp SRV 10 0 80 nowhere
	_dangling._tcp SRV 20 0 80 @
	_none._tcp SRV 0 0 0 .
	END
}

# A name of 253 bytes.
names_longest() {
	label=$(printf '%063d' 0)
	room=$((253 - 3 * 64 - ${#domain} - 1))
	echo "$label.$label.$label.$(printf "%0${room}d" 0)"
}

# More addresses and text than a datagram holds.
names_many() {
	for i in $(seq 101 140); do
		echo "many A $v4.$i"
		echo "long TXT \"$(printf '%0200d' "$i")\""
	done
}

names_reverse() {
	names_soa
	case $1 in
	4) zeros= ;;
	6) zeros=.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0 ;;
	esac
	echo "1$zeros PTR $domain."
	echo "2$zeros PTR client.$domain."
}

names_knot() {
	cat <<-END
	server:
	  rundir: $PWD/names
	  user: root
	  listen: [ 127.0.0.1@5353, $v4.1@5353, ${v6}1@5353 ]
	  udp-workers: 1
	  tcp-workers: 1
	  background-workers: 1
	log:
	  - target: stderr
	    any: info
	database:
	  storage: $PWD/names
	template:
	  - id: default
	    storage: $PWD/names
	    zonefile-sync: -1
	zone:
	  - domain: $domain
	    file: $domain.zone
	  - domain: 0.77.10.in-addr.arpa
	    file: reverse4.zone
	  - domain: 0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2.ip6.arpa
	    file: reverse6.zone
	END
}

names_dnsdist() {
	cat <<-END
	setSecurityPollSuffix("")
	setLocal("$v4.1:53")
	addLocal("[${v6}1]:53")
	setACL({"0.0.0.0/0", "::/0"})
	newServer({address="127.0.0.1:5353"})
	getServer(0):setUp()
	-- A line for each question, at once.
	addAction(AllRule(), LogAction("names/asked", false, true, false, false))
	local function on(name, type, action, udponly)
	  local rules = { makeRule(name .. ".$domain") }
	  if type then rules[#rules + 1] = QTypeRule(type) end
	  if udponly then rules[#rules + 1] = TCPRule(false) end
	  addAction(AndRule(rules), action)
	end
	on("servfail", nil, RCodeAction(DNSRCode.SERVFAIL))
	on("refused", nil, RCodeAction(DNSRCode.REFUSED))
	on("notimp", nil, RCodeAction(DNSRCode.NOTIMP))
	on("formerr", nil, RCodeAction(DNSRCode.FORMERR))
	on("drop", nil, DropAction())  -- and every name below it
	on("drop-aaaa", DNSQType.AAAA, DropAction())
	on("servfail-aaaa", DNSQType.AAAA, RCodeAction(DNSRCode.SERVFAIL))
	on("nxdomain-aaaa", DNSQType.AAAA, RCodeAction(DNSRCode.NXDOMAIN))
	-- It delays no TCP.
	on("slow", nil, DelayAction(1500), true)
	on("late-a", DNSQType.A, DelayAction(400), true)
	on("late-aaaa", DNSQType.AAAA, DelayAction(400), true)
	on("late-silent", DNSQType.AAAA, DelayAction(400), true)
	on("truncated", nil, TCAction(), true)
	-- A name that no terminal should see.
	addAction(AndRule({ QNameRule("66.0.77.10.in-addr.arpa"),
	  QTypeRule(DNSQType.PTR) }),
	  SpoofRawAction("\010a\027[31mred\007\003rig\004test\000"))
	END
}
