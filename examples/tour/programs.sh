# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# programs.sh FOLDER NUMBER: the servers among the examples, as people run them;
# FOLDER is where the programs are, NUMBER that of the first stop.  Exits with 1
# where one could not be shown.
set -u

PATH=$1:$PATH
bin=$1
number=$2
failed=0
here=$(mktemp -d) || exit 1
pids=
p=
trap 'for p in $pids; do kill -9 "$p" 2>/dev/null; done; rm -rf "$here"' EXIT

chapter() {
	printf '\n%d. %s\n\n%s\n\n' "$number" "$1" "$2"
	number=$((number + 1))
}

broken() {
	echo "  $*"
	failed=1
}

# shown COMMAND...: over several lines, if it is long.
shown() {
	echo "$ $*" | fold -s -w 72 |
	    sed 's/^/      /; 1s/^    //; $!s/ *$/ \\/'
}

# serve PROGRAM ARGUMENT...: shows how it is started and the first address it
# listens on, as address; what it says then is to be read from descriptor 8.
serve() {
	shown "$bin/$*" '&'
	program=$bin/$1
	shift
	rm -f "$here/said"
	mkfifo "$here/said"
	"$program" "$@" 2>"$here/said" >"$here/stats" &
	server=$!
	pids="$pids $server"
	exec 8<"$here/said"
	listening
}

listening() {
	address=
	read -r said <&8 && address=${said#listening on }
	echo "  ${said:-it does not listen}"
	[ -n "$address" ] && [ "$address" != "$said" ]
}

# ask COMMAND: shows it and its answer.
ask() {
	shown "$1"
	eval "$1" >"$here/answer" 2>&1 || broken "it failed with code $?"
	sed 's/^/  /' "$here/answer"
}

# stop: tells the server to end; stopped: shows what it tells then.
stop() {
	echo '  $ kill %1'
	kill "$server"
}

stopped() {
	wait "$server" || broken "it failed with code $?"
	exec 8<&-
	sed 's/^/  /' "$here/stats"
}

ipv6() {
	[ "$(cat /proc/sys/net/ipv6/conf/lo/disable_ipv6 2>/dev/null)" = 0 ]
}

# Nobody serves there yet.
is_free() {
	! sock connect "$1" </dev/null >/dev/null 2>&1
}

show_echo() {
	chapter 'Programs: a service on its well-known port' \
'echo serves five small services, here two of them over three transports in one
process: if root starts it, on the ports that they have from IANA, and as
nobody once these are bound.'
	set -- tcp:127.0.0.1:echo
	! ipv6 || set -- "$@" 'tcp:[::1]:echo'
	set -- "$@" "unix:@echo-$$" tcp:127.0.0.1:daytime
	if [ "$(id -u)" -ne 0 ] || ! is_free "$1" || ! is_free "$2" ||
	    ! serve echo --stats --user nobody "$@"; then
		set -- tcp:127.0.0.1:0
		! ipv6 || set -- "$@" 'tcp:[::1]:0'
		set -- "$@" "unix:@echo-$$" daytime=tcp:127.0.0.1:0
		serve echo --stats "$@" || broken 'it does not run'
	fi
	while [ $# -gt 1 ]; do
		ask "echo hello | sock connect $address"
		shift
		listening || broken 'it does not run'
	done
	ask "daytime $address"
	stop
	stopped
}

# enters WHO INPUT OUTPUT: somebody connects, whose screen is read from OUTPUT.
enters() {
	echo "  $1\$ sock connect $address"
	mkfifo "$here/in" "$here/out"
	sock connect "$address" <"$here/in" >"$here/out" 8<&- &
	pids="$pids $!"
	eval "exec $2>\"$here/in\" $3<\"$here/out\""
	rm "$here/in" "$here/out"
}

# sees WHO OUTPUT: the next line on the screen.
sees() {
	read -r line <&"$2" || broken "$1 sees nothing"
	printf '  %-4s | %s\n' "$1" "$line"
}

# types WHO INPUT LINE
types() {
	printf '  %-4s > %s\n' "$1" "$3"
	echo "$3" >&"$2"
}

show_chat() {
	chapter 'Programs: a chat of two' \
'A server with a state: who is here, by which name, in which room.  What anna
types (>) her conversation hands to the one of ben, who sees it (|); each may
run on another core.  Before the server ends it says so.'
	serve chat tcp:127.0.0.1:0 || broken 'it does not run'
	enters anna 3 4
	sees anna 4
	types anna 3 '/name anna'
	sees anna 4
	enters ben 5 6
	sees ben 6
	sees anna 4
	types ben 5 '/name ben'
	sees ben 6
	sees anna 4
	types anna 3 'Is the kettle on?'
	sees ben 6
	types ben 5 'It is.'
	sees anna 4
	stop
	sees anna 4
	sees ben 6
	exec 3>&- 4<&- 5>&- 6<&-
	stopped
}

show_httpd() {
	chapter 'Programs: files for a browser' \
'A server without a state: what it answers depends on what it is asked and on
the files alone.  It writes down who asked for what.'
	printf 'Hello from a file.\n' >"$here/hello.txt"
	serve httpd --root "$here" tcp:127.0.0.1:0 || broken 'it does not run'
	ask "fetch -q http://${address#tcp:}/hello.txt"
	ask "fetch -q --head http://${address#tcp:}/hello.txt"
	stop
	stopped
}

# A name is made known by whom its visitors trust: here by a CA of the tour's.
certify() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -days 2 -keyout "$here/ca.key" -out "$here/ca.pem" \
	    -subj '/CN=The CA of this tour' \
	    -addext basicConstraints=critical,CA:TRUE &&
	    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -days 2 -keyout "$here/key.pem" -out "$here/cert.pem" \
		-CA "$here/ca.pem" -CAkey "$here/ca.key" -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost \
		-addext basicConstraints=critical,CA:FALSE
}

# refused COMMAND: shows it, and that it fails.
refused() {
	shown "$1"
	! eval "$1" >"$here/answer" 2>&1 || broken 'it did not fail'
	fold -s -w 76 "$here/answer" | sed 's/^/  /'
}

show_https() {
	chapter 'Programs: https, and who vouches for a name' \
'The same server over TLS, with a certificate for localhost from a small CA of
its own.  Whoever trusts that CA gets the file; whoever does not, or means
another name, gets none.'
	if fetch https://localhost 2>&1 | grep -q 'built without TLS' ||
	    ! command -v openssl >/dev/null; then
		echo '  not here: this needs openssl, and the programs built with it'
		return
	fi
	certify 2>"$here/answer" || broken "$(cat "$here/answer")"
	mkdir "$here/www"
	printf 'Hello from a file.\n' >"$here/www/hello.txt"
	serve httpd --root "$here/www" --no-log --cert "$here/cert.pem" \
	    --key "$here/key.pem" tls:127.0.0.1:0 || broken 'it does not run'
	export SSL_CERT_FILE="$here/ca.pem"
	echo '  $ export SSL_CERT_FILE='"$here/ca.pem"
	ask "fetch -q https://localhost:${address##*:}/hello.txt"
	refused "fetch -q https://127.0.0.1:${address##*:}/hello.txt"
	ask "sock tls localhost:${address##*:}"
	unset SSL_CERT_FILE
	echo '  $ unset SSL_CERT_FILE'
	refused "fetch -q https://localhost:${address##*:}/hello.txt"
	stop
	stopped
}

show_echo
show_chat
show_httpd
show_https
exit $failed
