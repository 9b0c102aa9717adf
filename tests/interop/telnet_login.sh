# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh exports them
#
# telnet_login.sh HOST: a user logs in, has a sum done and leaves, each after
# what telnetd says has come.
set -u
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkfifo "$dir/in"
inetutils-telnet "$1" <"$dir/in" >"$dir/out" 2>&1 &
exec 3>"$dir/in"

# on PATTERN WORDS
on() {
	until grep -q "$1" "$dir/out"; do
		kill -0 $! || exit
		sleep 0.05
	done
	echo "$2" >&3
}

on 'login:' "$user"
on 'Password:' "$password"
on '[$] ' "echo sum=\$((40+2)); exit"
wait $!
tr -d '\r' <"$dir/out"
