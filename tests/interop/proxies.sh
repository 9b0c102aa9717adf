# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# dante (SOCKS without a password) and microsocks (with one), tinyproxy (HTTP
# CONNECT, both ways).

proxies_serve() {
	mkdir proxies
	proxies_dante >proxies/danted.conf
	serve danted 1080 danted -f proxies/danted.conf \
	    -p proxies/danted.pid
	serve microsocks 1081 microsocks -i :: -p 1081 -u "$user" \
	    -P "$password"
	proxies_tinyproxy 8888 >proxies/8888.conf
	proxies_tinyproxy 8889 "BasicAuth $user $password" >proxies/8889.conf
	serve tinyproxy 8888 tinyproxy -d -c proxies/8888.conf
	serve tinyproxy-basic 8889 tinyproxy -d -c proxies/8889.conf
}

proxies_dante() {
	cat <<-END
	logoutput: stderr
	errorlog: stderr
	internal: $v4.1 port = 1080
	internal: ${v6}1 port = 1080
	external.protocol: ipv4 ipv6
	external: $v4.1
	external: ${v6}1
	clientmethod: none
	socksmethod: none
	user.privileged: root
	user.unprivileged: nobody
	client pass { from: 0/0 to: 0/0 }
	socks pass { from: 0/0 to: 0/0 command: connect }
	END
}

proxies_tinyproxy() {
	cat <<-END
	Port $1
	Listen $v4.1
	Listen ${v6}1
	Timeout 60
	MaxClients 100
	LogLevel Connect
	${2-}
	END
}
