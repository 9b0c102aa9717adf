# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The web server: what curl gets, and what fetch gets.

with http 80 nginx-light
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	try $family 'curl: 1 KiB' '^1024$' "curl -sS http://$host/1k | wc -c"
	try $family 'fetch: 1 KiB' same \
	    "fetch -q http://$host/1k | cmp - web/files/1k && echo same"
	try $family 'fetch: a redirect' same \
	    "fetch -q http://$host/moved | cmp - web/files/1k && echo same"
	try $family 'fetch: chunks' same \
	    "fetch -q http://$host/chunks | cmp - web/files/text && echo same"
	try $family 'fetch: a part' '^10000001$' \
	    "fetch -q -r 9-16 http://$host/100m"
	try $family 'fetch: 100 MB' same \
	    "fetch -q http://$host/100m | cmp - web/files/100m && echo same"
	try $family 'fetch: 100 MB, cut, and the rest of it' 'then all' \
	    "sh $here/fetch_cut.sh '$host'"
	try $family 'fetch: a slow answer, until a deadline' 'exit [14]' \
	    "fetch -q -m 0.5 http://$host/slow/100m >/dev/null; echo exit \$?"
done
try ipv4 'fetch: redirects without an end' 'exit 3' \
    "fetch -q http://$v4.1/loop; echo exit \$?"
try ipv4 'fetch: an error of the server' 'exit 3' \
    "fetch -q http://$v4.1/broken; echo exit \$?"
try ipv4 'fetch: no answer, the server hangs up' 'exit 1' \
    "fetch -q http://$v4.1/hang-up; echo exit \$?"
try ipv4 'fetch: no content' '^exit 0' \
    "fetch -q http://$v4.1/empty; echo exit \$?"
with http 81 nginx-light
try ipv4 'fetch: no answer, until a deadline' 'exit 1' \
    "fetch -q -t 0.5 http://$v4.1:81/; echo exit \$?"
