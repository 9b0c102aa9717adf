# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Files by FTP: what curl and lftp get.

for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	at="ftp://$user:$password@$host/text"
	same='cmp - web/files/text && echo same'
	with ftp 21 vsftpd
	try $family 'curl: a file' same "curl -sS '$at' | $same"
	try $family 'curl: a file, active' same "curl -sS -P - '$at' | $same"
	try $family 'curl: a file, AUTH TLS' same \
	    "curl -sS --ssl-reqd '$at' | $same"
	try $family 'curl: the session must be resumed' 'exit [1-9]' \
	    "curl -sS --ssl-reqd --no-sessionid '$at' -o part; echo exit \$?"
	with ftps 990 vsftpd
	try $family 'curl: a file, TLS from the start' same \
	    "curl -sS 'ftps${at#ftp}' | $same"
done
with ftp 21 vsftpd
try both 'lftp: a file, AUTH TLS' same "lftp -c 'set ftp:ssl-force true
    set ftp:ssl-protect-data true
    open -u $user,$password $domain
    cat text' | $same"
