# SPDX-License-Identifier: MIT
#
# A server that speaks, and is gone before it hears anything: each client tells
# what it said, and not that nobody listens.  Which of the two comes first at a
# client is a matter of speed; here writing always fails.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
here=$(dirname "$0")
mkdir "$dir/answers"
start python3 "$here/speaker.py" "$dir/answers" "$dir/heard"
at=${address#tcp:}
MAIL_PASSWORD=secret
export MAIL_PASSWORD
printf 'Subject: tea\n\nhello\n' >"$dir/letter"

# hears CODE WORDS PROGRAM ...: the words are for printf '%b'.
hears() {
	expected_code=$1
	printf '%b' "$2" >"$dir/next"
	mv "$dir/next" "$dir/answers/1"
	shift 2
	code "$expected_code" deaf "$@"
}

deaf true
[ $? != 77 ] || skip 'no seccomp here'
echo hello >"$dir/in"
hears 1 'good-bye\n' sock connect "$address" <"$dir/in"
grep -q 'broken pipe$' "$dir/err" || skip 'what is sent is sent here'
out good-bye

hears 3 'HTTP/1.1 503 Busy\r\n\r\n' fetch "http://$at/"
err "fetch: http://$at/: the server answers 503 Busy"
hears 0 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello' fetch "http://$at/"
out hello
hears 1 '' fetch "http://$at/"
err "fetch: http://$at/: nothing came"

hears 3 '220 hello\r\n421 too many\r\n' ftp_get "ftp://$at/file"
err "ftp_get: ftp://$at/file: the server answers 421 too many"

# mails CODE WORDS: to an SMTP server.
mails() {
	hears "$1" "$2" mail_send --via "$at" --service smtp --plain \
	    --from a@b.example --input "$dir/letter" c@d.example
}

mails 3 '220 mx\r\n421 busy\r\n'
err "mail_send: $at: the server refuses EHLO: 421 busy"
envelope='220 mx\r\n250 mx\r\n250 ok\r\n250 ok\r\n'
mails 3 "${envelope}354 go on\r\n552-too\r\n552 much\r\n"
err "mail_send: $at: the server refuses the message: 552 too much"
# Whatever it says, it has no message.
mails 1 "${envelope}354 go on\r\n250 queued\r\n"

# checks CODE SERVICE WORDS
checks() {
	hears "$1" "$3" mail_check -u anna --service "$2" --plain "$at"
}

checks 3 pop3 '+OK\r\n-ERR what?\r\n-ERR busy\r\n'
err "mail_check: $at: the server refuses this user: busy"
checks 3 imap '* OK\r\n* BYE busy\r\n'
err "mail_check: $at: the server refuses to go on: busy"
checks 1 imap '* OK\r\n'
err "mail_check: $at: the server ended the connection"

{
	printf 'SSH-2.0-test_1\r\n'
	python3 -S "$here/ssh_packet.py" disconnect
} >"$dir/next"
mv "$dir/next" "$dir/answers/1"
code 3 deaf ssh_banner "$at"

hears 0 'name: bye' telnet --expect 'name: ' --send anna --expect bye "$at"
out 'name: bye'

finish
