# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# Files by FTP: what curl, lftp and ftp_get get.

same='cmp - web/files/text && echo same'
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	curls="$user:$password@$host/text"
	ours="$user@$host/text"
	with ftp 21 vsftpd
	try $family 'curl: a file, active' same \
	    "curl -sS -P - 'ftp://$curls' | $same"
	try $family 'curl: a file, AUTH TLS' same \
	    "curl -sS --ssl-reqd 'ftp://$curls' | $same"
	try $family 'curl: without resumption, the data is cut' 'exit 18' \
	    "curl -sS --ssl-reqd --no-sessionid 'ftp://$curls' -o part
	    echo exit \$?"
	try $family 'ftp_get: a file' same "ftp_get -q 'ftp://$ours' | $same"
	try $family 'ftp_get: a file, active' same \
	    "ftp_get -q -a 'ftp://$ours' | $same"
	try $family 'ftp_get: 100 MB' same "ftp_get -q 'ftp://$user@$host/100m' |
	    cmp - web/files/100m && echo same"
	try $family 'ftp_get: the rest of a file' 'same after REST 70000$' \
	    "head -c 70000 web/files/text >part
	    ftp_get -v -c -o part 'ftp://$ours' 2>said
	    cmp part web/files/text && echo \"same after \$(grep -o 'REST.*' said)\""
	try $family 'ftp_get: the names in a folder' '^pub/1k pub/text$' \
	    "ftp_get -q -n 'ftp://$host/pub/' | paste -sd' '"
	tls_try $family 'ftp_get: a file, AUTH TLS' same \
	    "ftp_get -q --tls 'ftp://$ours' | $same"
	tls_try $family 'ftp_get: a file, AUTH TLS, active' same \
	    "ftp_get -q --tls -a 'ftp://$ours' | $same"
	with ftps 990 vsftpd
	try $family 'curl: a file' same "curl -sS 'ftps://$curls' | $same"
	tls_try $family 'ftp_get: a file' same "ftp_get -q 'ftps://$ours' | $same"
done
with ftp 21 vsftpd
try both 'lftp: a file, AUTH TLS' same "lftp -c 'set ftp:ssl-force true
    set ftp:ssl-protect-data true
    open -u $user,$password $domain
    cat text' | $same"
try both 'ftp_get: a wrong password' '530 .*exit 3$' "FTP_PASSWORD=wrong
    export FTP_PASSWORD
    { ftp_get -q 'ftp://$user@$domain/text' 2>&1; echo exit \$?; } |
    paste -sd' '"
try both 'ftp_get: no such file' '550 .*exit 3$' \
    "{ ftp_get -q 'ftp://$domain/none' 2>&1; echo exit \$?; } | paste -sd' '"
