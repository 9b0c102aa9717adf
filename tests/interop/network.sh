# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Two networks and the wire between them: ours, and that of the servers, whose
# addresses are
#
#   .1  ::1   the servers' (we are .2, ::2)
#   .9  ::9   RST to everything
#   .10 ::10  silence
#   .11 ::11  ICMP: administratively prohibited
#   .12 ::12  loses every fifth packet
#   .13 ::13  loses what is longer than 1000 bytes, and says nothing
#
# To some networks we have a route that leads nowhere: unreachable (10.78.0.0/24
# and 2001:db8:78::/48), blackhole (79), prohibit (80); to the others none.  The
# IPv6 addresses are no private ones (fd00::/8), which would come after IPv4.

at_servers() {
	nsenter --net=/run/netns/servers "$@"
}

network_up() {
	ip netns add servers &&
	    ip link add wire type veth peer name wire netns servers ||
	    exit 1
	network_addresses
	network_routes
	network_misbehaves
}

network_addresses() {
	# Addresses work at once, and ICMP is not rationed.
	at_servers sysctl -qw net.ipv6.conf.all.accept_dad=0 \
	    net.ipv6.conf.default.accept_dad=0 net.ipv4.icmp_ratelimit=0 \
	    net.ipv6.icmp.ratelimit=0
	ip link set lo up
	ip -n servers link set lo up
	for host in 1 9 10 11 12 13; do
		ip -n servers addr add "$v4.$host/24" dev wire
		# Without a preferred life it is no source of its own accord.
		life=0
		[ $host -ne 1 ] || life=forever
		ip -n servers addr add "$v6$host/64" dev wire nodad \
		    preferred_lft $life
	done
	ip addr add "$v4.2/24" dev wire
	ip addr add "${v6}2/64" dev wire nodad
	ip -n servers link set wire up
	ip link set wire up
}

network_routes() {
	ip route add unreachable 10.78.0.0/24
	ip route add blackhole 10.79.0.0/24
	ip route add prohibit 10.80.0.0/24
	ip route add unreachable 2001:db8:78::/48
	ip route add blackhole 2001:db8:79::/48
	ip route add prohibit 2001:db8:80::/48
}

network_misbehaves() {
	at_servers nft -f - <<-END || exit 1
	table inet rig {
		chain input {
			type filter hook input priority -10
			# Neighbours are found, whatever else is dropped.
			meta l4proto icmpv6 accept
			ip daddr $v4.9 meta l4proto tcp reject with tcp reset
			ip6 daddr ${v6}9 meta l4proto tcp reject with tcp reset
			ip daddr $v4.9 reject with icmp port-unreachable
			ip6 daddr ${v6}9 reject with icmpv6 port-unreachable
			ip daddr $v4.10 drop
			ip6 daddr ${v6}10 drop
			ip daddr $v4.11 reject with icmp admin-prohibited
			ip6 daddr ${v6}11 reject with icmpv6 admin-prohibited
			ip daddr $v4.12 numgen inc mod 5 2 drop
			ip6 daddr ${v6}12 numgen inc mod 5 2 drop
			ip daddr $v4.13 meta length > 1000 drop
			ip6 daddr ${v6}13 meta length > 1000 drop
		}
	}
	END
}
