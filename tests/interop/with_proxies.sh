# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The proxies: what curl gets through them, and what fetch gets.

page=http://$domain/

# through FAMILY OF-CURL PROXY: curl's options, and the proxy for fetch.
through() {
	try "$1" 'curl: a page' 'rig</title' "curl -sS $2 $page"
	try "$1" 'fetch: a page' 'rig</title' "fetch -q -p '$3' $page"
	try "$1" 'fetch: 100 MB' same \
	    "fetch -q -p '$3' ${page}100m | cmp - web/files/100m && echo same"
	[ "$1" = ipv6 ] || try "$1" 'fetch: 100 MB, cut, and the rest of it' \
	    'then all' "sh $here/fetch_cut.sh $domain -p '$3'"
}

# failing WHAT PATTERN PROXY URL
failing() {
	try ipv4 "fetch: $1" "$2" "fetch -q -t 0.5 -p '$3' '$4'"
}

for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with socks 1080 dante-server
	through $family "--socks5-hostname '$host:1080'" "socks5:$host:1080"
	with socks 1081 microsocks
	through $family "--socks5-hostname '$user:$password@$host:1081'" \
	    "socks5:$user:$password@$host:1081"
	with connect 8888 tinyproxy
	through $family "-p -x 'http://$host:8888'" "connect:$host:8888"
	with connect 8889 tinyproxy
	through $family "-p -x 'http://$user:$password@$host:8889'" \
	    "connect:$user:$password@$host:8889"
done

with socks 1080 dante-server
here_socks=socks5:$v4.1:1080
asking 'a name that the proxy looks up' '' "fetch -q -p $here_socks $page"
failing 'the target refuses' 'connection refused: says the proxy' \
    "$here_socks" "http://$v4.9/"
failing 'no such name' 'says the proxy' "$here_socks" "http://nowhere.$domain/"
failing 'a silent target, until a deadline' 'timed out: ' \
    "$here_socks" "http://$v4.10/"
with socks 1081 microsocks
failing 'a wrong password' 'refuses the user or the password' \
    "socks5:$user:wrong@$v4.1:1081" "$page"
failing 'no password' 'wants a user and a password' "socks5:$v4.1:1081" "$page"
with connect 8888 tinyproxy
here_connect=connect:$v4.1:8888
asking 'a name that the proxy looks up' '' "fetch -q -p $here_connect $page"
failing 'the target refuses' 'the proxy failed' "$here_connect" "http://$v4.9/"
failing 'a silent target, until a deadline' 'timed out: ' \
    "$here_connect" "http://$v4.10/"
with connect 8889 tinyproxy
failing 'a wrong password' 'the proxy' \
    "connect:$user:wrong@$v4.1:8889" "$page"
failing 'no password' 'wants a user and a password' "connect:$v4.1:8889" "$page"
with - 1080 network
failing 'a silent proxy, until a deadline' 'timed out: on the way' \
    "socks5:$v4.10:1080" "$page"
failing 'a proxy that refuses' 'connection refused: on the way' \
    "connect:$v4.9:8888" "$page"
with http 80 nginx-light
failing 'no proxy at all: socks5' 'does not speak SOCKS5' \
    "socks5:$v4.1:80" "$page"
failing 'no proxy at all: connect' 'the proxy failed' \
    "connect:$v4.1:80" "$page"
