# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# The table that a run prints: a line for each thing that a client did.

table_begin() {
	words=$*
	good=0
	bad=0
	line service port software family 'what was done' '' ''
}

line() {
	printf '%-11s %5s  %-23s %-6s %-46s %-6s %s\n' "$@"
}

# with SERVICE PORT PACKAGE: what the lines that follow talk to.
with() {
	service=$1
	port=$2
	software=$(dpkg-query -W \
	    -f='${Package} ${source:Upstream-Version}' "$3" 2>/dev/null) ||
	    software=$3
	software=${software%+*}
}

# asked FAMILY WHAT: whether the words on the command line want that line.
asked() {
	for word in $words; do
		case "$service $port $software $1 $2" in
		*"$word"*) ;;
		*) return 1 ;;
		esac
	done
}

# try FAMILY WHAT PATTERN COMMAND: the shell runs the command for at most
# twenty seconds; all is well if a line of what it says matches the extended
# regular expression.  What it says behind a "# " stands in the table.
try() {
	asked "$1" "$2" || return
	said=$(timeout 20 sh -c "$4" 2>&1 </dev/null)
	if printf '%s\n' "$said" | grep -qaE -e "$3"; then
		verdict=ok
		good=$((good + 1))
	else
		verdict=FAILED
		bad=$((bad + 1))
		printf '\n%s %s, %s:\n  %s\nwanted: %s\n%.2000s\n' "$service" \
		    "$1" "$2" "$4" "$3" "$said" >>failed
	fi
	line "$service" "$port" "$software" "$1" "$2" $verdict \
	    "$(printf '%s\n' "$said" | sed -n 's/^# //p' | paste -sd' ')"
}

# tls_try: try, for what needs programs with TLS.
tls_try() {
	if [ "${TLS-yes}" != no ]; then
		try "$@"
	elif asked "$1" "$2"; then
		line "$service" "$port" "$software" "$1" "$2" 'no TLS' ''
	fi
}

# asking WHAT WANT COMMAND: try, of what the name server is asked meanwhile.
asking() {
	try both "asked for: $1" "^asked:$2\$" "before=\$(wc -l <names/asked)
	    { $3; } >/dev/null 2>&1
	    tail -n +\$((before + 1)) names/asked |
	    sed -n 's/.*from $v4.2:.* for \(.*\) with id.*/ \1/p' | sort -u |
	    paste -sd' ' | sed 's/^/asked:/'"
}

table_end() {
	for report in reports/*; do
		[ ! -s "$report" ] || { cat "$report"; bad=$((bad + 1)); } >>failed
	done
	[ "$bad" -eq 0 ] || cat failed
	echo "$good ok, $bad failed"
	[ $((good + bad)) -gt 0 ] || echo "no line has: $words"
	[ "$bad" -eq 0 ] && [ "$good" -gt 0 ]
	exit
}
