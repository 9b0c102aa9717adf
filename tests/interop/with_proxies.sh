# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The proxies, as others see them.

page=http://$domain/
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with socks 1080 dante-server
	try $family 'curl, the name by the proxy' 'rig</title' \
	    "curl -sS --socks5-hostname '$host:1080' $page"
	with socks 1081 microsocks
	try $family 'curl, with a password' 'rig</title' \
	    "curl -sS --socks5-hostname '$user:$password@$host:1081' $page"
	with connect 8888 tinyproxy
	try $family 'curl, CONNECT' 'rig</title' \
	    "curl -sS -p -x 'http://$host:8888' $page"
	with connect 8889 tinyproxy
	try $family 'curl, CONNECT with a password' 'rig</title' \
	    "curl -sS -p -x 'http://$user:$password@$host:8889' $page"
done
