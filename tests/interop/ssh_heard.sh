# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# ssh_heard.sh HOST: whether ssh_banner lists the algorithms that the server
# proposes, according to ssh.
set -u

ssh -vv -F none -o BatchMode=yes -o UserKnownHostsFile=logins/known "$1" 2>&1 |
    tr -d '\r' | awk '
/peer server KEXINIT/ { server = 1 }
server && /(algorithms|ctos|stoc): ./ { print $NF }
/^debug2: reserved/ { server = 0 }' | tr , '\n' | sort -u >heard
case $1 in
*:*) set -- "[$1]" ;;
esac
ssh_banner --json "$1" | grep -o '"name": "[^"]*' | cut -d'"' -f4 |
    sort -u >listed
[ -s listed ] && diff heard listed && echo same
