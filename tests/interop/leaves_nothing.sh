# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# However a rig ends, nothing is left of it: no process, no namespace, no file.
# BIN: where the programs are.
set -u
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
dir=$(mktemp -d)
rigs=
# shellcheck disable=SC2086 # several
trap '[ -z "$rigs" ] || kill $rigs; wait; rm -rf "$dir"' EXIT
wrong=0

# What a rig might leave on the machine.
traces() {
	ls -d /etc/netns/servers /run/netns/servers /run/rig /run/nginx.pid \
	    /run/danted.pid 2>/dev/null
	cksum /etc/hosts /etc/resolv.conf /etc/nsswitch.conf /etc/passwd \
	    /etc/shadow /etc/group /etc/ssl/certs/* /var/log/wtmp \
	    /var/log/lastlog 2>/dev/null
	ls /etc/postfix /var/spool/postfix /var/lib/dovecot 2>/dev/null
	grep -e '/run/rig' -e '/run/netns/servers' /proc/mounts
	ip link show wire 2>&1
}

# begin NAME: a rig, until its servers are up; space is its process namespace.
begin() {
	mkfifo "$dir/$1"
	INSTALL=no sh "$here/run" -- sh -c "readlink /proc/self/ns/pid
	    exec sleep 600" >"$dir/$1" 2>&1 &
	rig=$!
	rigs="$rigs $rig"
	space=
	exec 8<"$dir/$1"
	read -r space <&8
	case $space in
	pid:*) ;;
	*)
		echo "$space"
		wait $rig
		exit
		;;
	esac
}

# ended WHAT SPACE: nobody is there any more, after a moment.
ended() {
	deadline=$(($(date +%s) + 20))
	while readlink /proc/[0-9]*/ns/pid | grep -qxF "$2"; do
		if [ "$(date +%s)" -gt $deadline ]; then
			echo "$1: processes are left"
			wrong=1
			return
		fi
		sleep 0.05
	done
}

traces >"$dir/before"
begin first
first=$rig first_space=$space
begin second # beside it
if [ "$space" = "$first_space" ]; then
	echo 'two rigs in one namespace'
	wrong=1
fi
kill -s TERM "$first"
wait "$first"
ended 'told to end' "$first_space"
kill -s KILL "$rig"
wait "$rig" 2>/dev/null
ended 'killed' "$space"
rigs=

# A server that does not start.
mkdir "$dir/bin"
printf '#!/bin/sh\necho "no names today"\nexit 1\n' >"$dir/bin/knotd"
chmod +x "$dir/bin/knotd"
said=$(INSTALL=no PATH="$dir/bin:$PATH" sh "$here/run" -- true)
case $?-$said in
1-*'no names today') ;;
*)
	echo "without knotd: $said"
	wrong=1
	;;
esac

traces >"$dir/after"
diff "$dir/before" "$dir/after" || wrong=1
exit $wrong
