# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# inetd's small services, logins by telnet, what a server of ssh tells before
# anybody logs in.

sum="echo sum=\\\$((40+2))"
for host in $v4.1 "${v6}1"; do
	family=ipv6 at="[$host]"
	[ "$host" != "$v4.1" ] || family=ipv4 at=$host
	with echo 7 inetutils-inetd
	try $family 'sock connect: what is sent comes back' '^rig$' \
	    "echo rig | sock connect --timeout 9 'tcp:$at:echo'"
	try $family 'telnet: what is sent comes back' '^rig$' \
	    "echo rig | telnet '$at' echo"
	with daytime 13 inetutils-inetd
	try $family 'daytime: the time in words' '20[0-9][0-9]' \
	    "daytime 'tcp:$at:daytime'"
	with ssh 22 openssh-server
	try $family 'ssh: a command' '^7701$' "cp logins/key logins/mine
	    chmod 600 logins/mine
	    ssh -F none -o BatchMode=yes -o UserKnownHostsFile=logins/known \
	    -i logins/mine '$user@$host' id -u"
	try $family 'ssh_banner: what ssh -vv hears' '^same' \
	    "sh '$here/ssh_heard.sh' '$host'"
	with telnet 23 inetutils-telnetd
	try $family 'telnet of inetutils: a login' '^sum=42' \
	    "sh '$here/telnet_login.sh' '$host'"
	try $family 'telnet: a login' '^sum=42' "telnet -x login: -s '$user' \
	    -x Password: -w -x '\$ ' -s \"$sum\" -x sum=42 -s exit '$at' |
	    tr -d '\r'"
	try $family 'telnet: a wrong password' 'incorrect.*exit 0$' \
	    "{ TELNET_PASSWORD=wrong telnet -x login: -s '$user' \
	    -x Password: -w -x incorrect '$at'; echo exit \$?; } |
	    tr -d '\r' | paste -sd' '"
done
with smtp 25 postfix
try both 'telnet: a dialogue' '^exit 0' \
    "telnet -x 220 -s QUIT -x 221 $domain smtp; echo exit \$?"
try both 'telnet: what is expected does not come' '^exit 3' \
    "telnet -t 0.5 -x nothing $domain smtp; echo exit \$?"
