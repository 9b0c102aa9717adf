# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# inetd's small services, logins by telnet, the greeting of ssh.

for host in $v4.1 "${v6}1"; do
	family=ipv6 at="[$host]"
	[ "$host" != "$v4.1" ] || family=ipv4 at=$host
	with echo 7 inetutils-inetd
	try $family 'sock connect: what is sent comes back' '^rig$' \
	    "echo rig | sock connect --timeout 9 'tcp:$at:echo'"
	with daytime 13 inetutils-inetd
	try $family 'daytime: the time in words' '20[0-9][0-9]' \
	    "daytime 'tcp:$at:daytime'"
	with ssh 22 openssh-server
	try $family 'ssh-keyscan: its keys' ssh-ed25519 \
	    "ssh-keyscan -T 5 '$host' 2>&-"
	try $family 'ssh: a command' '^7701$' "cp logins/key logins/mine
	    chmod 600 logins/mine
	    ssh -F none -o BatchMode=yes -o UserKnownHostsFile=logins/known \
	    -i logins/mine '$user@$host' id -u"
	with telnet 23 inetutils-telnetd
	try $family 'telnet of inetutils: a login' '^sum=42' \
	    "sh '$here/telnet_login.sh' '$host'"
done
