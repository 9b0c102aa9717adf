# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2094,SC2154 # rig.sh exports them
#
# mail_came.sh SERVER SUBJECT...: whether mail_check finds the mails with those
# subjects, once they have come, and the body that was sent in each.
set -u
server=$1
shift

for subject in "$@"; do
	number=
	until [ -n "$number" ]; do
		mail_check -u "$user" "$server" list >list || exit
		number=$(awk -v subject="$subject" \
		    '$NF == subject { print $1 }' list)
	done
	mail_check -u "$user" "$server" fetch "$number" | tr -d '\r' |
	    sed '1,/^$/d' | cmp - mail/body || exit
done
[ "$(wc -l <list)" = "$(mail_check -u "$user" "$server" count)" ] && echo same
