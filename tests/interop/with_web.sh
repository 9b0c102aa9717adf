# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The web server, as others see it.

with http 80 nginx-light
for v in 4 6; do
	try ipv$v 'curl: 1 KiB' '^1024$' "curl -sS -$v http://$domain/1k | wc -c"
	try ipv$v 'curl: redirects, chunks' '^200000$' \
	    "curl -sSL -$v http://$domain/chunks | wc -c"
done
