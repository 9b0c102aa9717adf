# SPDX-License-Identifier: MIT
#
# mail_check: what it says to POP3 and IMAP servers, and what it makes of the
# answers.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/mail_script.sh
. "$(dirname "$0")/mail_script.sh"

# checks CODE OPTION...: as anna, in plain text, by $service.
checks() {
	expected_code=$1
	shift
	code "$expected_code" mail_check --user anna --plain \
	    --service $service "$at" "$@"
}

# shows EXPECTED ACTION...: and the server heard what it was to hear.
shows() {
	expected_output=$1
	shift
	checks 0 "$@"
	out "$expected_output"
	err ''
	heard '^WRONG' 0
}

# fails CODE WHY ACTION...
fails() {
	expected_code=$1 why=$2
	shift 2
	checks "$expected_code" "$@"
	err "mail_check: $at: $why"
	heard '^WRONG' 0
}

# nowhere: fetches a message into an output that takes none of it.
nowhere() {
	mail_check --user anna --plain --service $service "$at" fetch 2 \
	    >/dev/full 2>"$dir/err"
	same 'exit code with a full output' 1 $?
}

ended='the server ended the connection'

service=pop3
# pop3 LINE...: logged in, without extensions.
pop3() {
	script '> +OK' '< CAPA' '> -ERR what?' '< USER anna' '> +OK' \
	    '< PASS secret' '> +OK' "$@"
}

pop3 '< STAT' '> +OK 2 320' '< QUIT' '> +OK'
shows 2
script drip '> +OK hello' '< CAPA' '> +OK' '> TOP' '> SASL LOGIN PLAIN' '> .' \
    '< AUTH PLAIN AGFubmEAc2VjcmV0' '> +OK' '< STAT' '> +OK 0 0' '< QUIT'
shows 0 count
row="    1        20  2026-11-22 19:55  Anna <a@b>                      tea
    3         -                                                    "
script '> +OK' '< CAPA' '> +OK' '> PIPELINING' '> .' '< USER anna' '> +OK' \
    '< PASS secret' '> +OK' '< STAT' '> +OK 3 60' '< LIST 1' '< TOP 1 0' \
    '< LIST 2' '< TOP 2 0' '< LIST 3' '< TOP 3 0' '> +OK 1 20' '> +OK' \
    '> subject:	tea' '> From: Anna' '>  <a@b>' \
    '> Date: Sun, 22 Nov 2026 19:55:02 +0100' '> Subject: two' '>' '> .' \
    '> -ERR gone' '> -ERR gone' '> +OK 3' '> -ERR no TOP' '< QUIT'
shows "$row" list
pop3 '< STAT' '> +OK 0 0' '< QUIT'
shows '' list

# Only CR LF, dot, CR LF ends an answer; of dots in front one goes.
for way in '> +OK' '= +OK\r\n'; do
	pop3 '< RETR 7' "$way" '= A: 1\r\n\r\n..\r\n...\n.\n..x\n.\r.y\r\n' \
	    '= .\rz\r\n.\n\nq\r\n..end\r\n.\r\n' '< QUIT'
	[ "$way" = '> +OK' ] || sed -i '1i drip' "$dir/answers/1"
	shows "$(printf 'A: 1\r\n\r\n.\r\n..\n.\n..x\n.\r.y\r\n\rz\r\n\n\nq\r\n.end\r')" \
	    fetch 7
done

pop3 '< RETR 2' '> +OK' '> text' '> .'
nowhere

# Refusals, one by one.
script '> -ERR busy' '< QUIT'
fails 3 'the server refuses to talk: busy'
script '> +OK' '< CAPA' '> -ERR' '< USER anna' '> -ERR who?' '< QUIT'
fails 3 'the server refuses this user: who?'
script '> +OK' '< CAPA' '> -ERR' '< USER anna' '> +OK' '< PASS *' \
    '> -ERR [AUTH] no' '< QUIT'
fails 3 'the server refuses to log in: [AUTH] no'
pop3 '< STAT' '> -ERR no' '< QUIT'
fails 3 'the server refuses STAT: no'
pop3 '< RETR 4' '> -ERR no such message' '< QUIT'
fails 3 'the server refuses the message: no such message' fetch 4
script '> +OK' '< CAPA' '> +OK' '> SASL PLAIN' '> .' '< AUTH PLAIN' '> -ERR' \
    '< QUIT'
checks 3 --user "$(head -c 250 /dev/zero | tr '\0' u)"

# What is no answer.
for line in '' x +O +OKAY -ER -ERROR '* OK' 220; do
	script "> $line"
	fails 5 'its answer is neither +OK nor -ERR'
done
for words in '' x 5 '5 x' '-1 2' '5,6' 99999999999999999999\ 1 5000000000\ 1; do
	pop3 '< STAT' "> +OK $words"
	fails 5 'it does not tell how many messages there are'
done
script '= +OK a\0b\r\n'
fails 5 'a line of its answer holds a NUL'
script "> +OK $(head -c 20000 /dev/zero | tr '\0' x)"
fails 5 'a line of its answer has no end'
script '> +OK' '< CAPA' '> +OK' '* X'
fails 5 'its answer has no end'
pop3 '< STAT' '> +OK 1 9' '< LIST 1' '> +OK 1 9' '< TOP *' '> +OK' '* X: 1'
fails 5 'its answer has no end' list

# Without end, and cut.
script '> +OK' stall
fails 1 'timed out' --timeout 0.7
script '> +OK' '< CAPA' '> +OK' '> X' stall
fails 1 'timed out' --max-time 0.7
script
fails 1 "$ended"
script '> +OK' '< CAPA' '> +OK' '> X'
fails 1 "$ended"
pop3 '< RETR 1' '> +OK' '> A: 1' stall
fails 4 'timed out' --timeout 1.5 fetch 1
pop3 '< RETR 1' '> +OK' '> A: 1' '= ..\r\n.\r'
fails 4 "$ended" fetch 1
out "$(printf 'A: 1\r\n.\r')"
pop3 '< RETR 1' '> +OK' '* without end'
checks 4 --max-time 2 fetch 1

service=imap
# imap LINE...: logged in, in a mailbox of three messages.
imap() {
	script '> * OK hello {5}' '< a1 CAPABILITY' '> * CAPABILITY IMAP4rev1' \
	    '> a1 OK' '< a2 LOGIN "anna" "secret"' '> a2 OK' \
	    '< a3 EXAMINE "INBOX"' '> * FLAGS (\Seen)' '> * 3 EXISTS' \
	    '> * OK [UIDVALIDITY 1] {3}' '> a3 OK [READ-ONLY]' "$@"
}
items='(RFC822.SIZE BODY.PEEK[[]HEADER.FIELDS (DATE FROM SUBJECT)[]])'
fields='BODY[HEADER.FIELDS (DATE FROM SUBJECT)]'

imap '< z LOGOUT' '> * BYE' '> z OK'
shows 3
# It may be logged in before anybody asks.
script '> * PREAUTH hello' '< a1 CAPABILITY' '> * CAPABILITY X' '> a1 OK' \
    '< a2 EXAMINE "a \"b\""' '> * 5 EXISTS' '> a2 OK' '< z LOGOUT'
shows 5 --mailbox 'a "b"'
script '> * OK' '< a1 CAPABILITY' \
    '> * CAPABILITY AUTH=PLAIN SASL-IR LOGINDISABLED' '> a1 OK' \
    '< a2 AUTHENTICATE PLAIN AGFubmEAc2VjcmV0' '> a2 OK' '< a3 *' \
    '> * 1 EXISTS' '> a3 OK' '< z *'
shows 1
script drip '> * OK' '< a1 CAPABILITY' '> * CAPABILITY auth=plain' '> a1 OK' \
    '< a2 AUTHENTICATE PLAIN' '> + ' '< AGFubmEAc2VjcmV0' '> a2 OK' '< a3 *' \
    '> * 1 EXISTS' '> a3 OK' '< z *'
shows 1
script '> * OK' '< a1 CAPABILITY' '> * CAPABILITY LOGINDISABLED' '> a1 OK' \
    '< z *'
fails 3 'the server lets nobody log in by a way known here'
script '> * OK' '< a1 CAPABILITY' '> * CAPABILITY X' '> a1 OK' '< z *'
fails 3 'the server takes names and passwords of ASCII alone' --user änna
MAIL_PASSWORD=$(printf 'a\r\na9 DELETE x')
script '> * OK' '< a1 CAPABILITY' '> * CAPABILITY X' '> a1 OK' '< z *'
fails 3 'the server takes names and passwords of ASCII alone'
service=pop3
script '> +OK' '< CAPA' '> -ERR' '< USER *' '> +OK'
fails 2 'a command would hold a line end'
service=imap
MAIL_PASSWORD='a"b\c'
script '> * OK' '< a1 CAPABILITY' '> * CAPABILITY X' '> a1 OK' \
    '< a2 LOGIN "anna" "a\"b\\c"' '> a2 NO [AUTHENTICATIONFAILED] no' '< z *'
fails 3 'the server refuses to log in: [AUTHENTICATIONFAILED] no'
MAIL_PASSWORD=secret

# Rows come in any order, as literals, strings and NIL, with more than asked.
row='    1       101  2026-11-22 19:55  Grün <a@b>                      tea?
    2         -                                                    a "b \c é
    3 4294967295                                                    '
for way in '> * OK' '= * OK\r\n'; do
	imap "< a4 FETCH 1:3 $items" "$way" '> * 4 EXISTS' \
	    "> * 3 FETCH ($fields NIL RFC822.SIZE 4294967295)" \
	    "> * 2 FETCH ($fields \"Subject: a \\\"b \\\\c é\")" \
	    "> * 1 FETCH (FLAGS (\\Seen) rfc822.size 101 $fields {101}" \
	    '> Date: 22 Nov 26 19:55:02 GMT' \
	    '> FROM: =?utf-8?Q?Gr=C3=BC?= =?utf-8?B?bg==?= <a@b>' \
	    '> Subject: tea?' '>' '>  UID 7 X ("a)b" (NIL {1}' \
	    '> ())) BODY[TEXT]<0> "})")' '> * 9 FETCH (UID 8)' '> a4 OK' \
	    '< z LOGOUT'
	[ "$way" = '> * OK' ] || sed -i '1i drip' "$dir/answers/1"
	shows "$row" list
done
# What it tells in between, and in parts, takes nothing away.
imap "< a4 FETCH 1:3 $items" '> * 1 FETCH (FLAGS ())' \
    "> * 1 FETCH (RFC822.SIZE 101 $fields \"Subject: tea\")" \
    '> * 1 FETCH (FLAGS (\Seen))' '> * 3 FETCH (FLAGS ())' \
    "> * 2 FETCH ($fields \"Subject: milk\")" '> * 2 FETCH (RFC822.SIZE 5)' \
    '> a4 OK' '< z LOGOUT'
shows "$(printf '%5d %9s  %-16s  %-30s  %s\n' 1 101 '' '' tea 2 5 '' '' milk \
    3 - '' '' '')" list
# A hundred at a time.
script '> * PREAUTH' '< a1 *' '> a1 OK' '< a2 *' '> * 150 EXISTS' '> a2 OK' \
    "< a3 FETCH 1:100 $items" '> a3 OK' "< a4 FETCH 101:150 $items" \
    '> * 150 FETCH (RFC822.SIZE 1)' '> * 1 FETCH (RFC822.SIZE 1)' '> a4 OK' \
    '< z LOGOUT'
checks 0 list
same 'rows' 150 "$(awk '{ print $1 }' "$dir/out")"

# A message, however it comes.
for way in '> * OK' '= * OK\r\n'; do
	imap '< a4 FETCH 2 BODY.PEEK[[][]]' "$way" \
	    '> * 1 FETCH (BODY[] {3}' '= abc)\r\n' \
	    '> * 2 FETCH (FLAGS () BODY[] {12}' '= a\n.\n\r\n)\r\n{5}' '> )' \
	    '> a4 OK' '< z LOGOUT'
	[ "$way" = '> * OK' ] || sed -i '1i drip' "$dir/answers/1"
	shows "$(printf 'a\n.\n\r\n)\r\n{5}')" fetch 2
done
imap '< a4 *' '> * 2 FETCH (BODY[] "a \"b\" \\ c")' '> a4 OK' '< z *'
shows 'a "b" \ c' fetch 2
# Once, and not before it was asked for: that might be from somebody else.
script '> * OK' '< a1 *' '> * 2 FETCH (BODY[] {6}' '= forged)\r\n' '> a1 OK' \
    '< a2 *' '> a2 OK' '< a3 *' '> * 3 EXISTS' '> a3 OK' '< a4 *' \
    '> * 2 FETCH (BODY[] "real")' '> * 2 FETCH (BODY[] "again")' '> a4 OK' \
    '< z *'
shows real fetch 2
imap '< a4 *' '> a4 OK' '< z *'
fails 3 'the server has nothing of this message' fetch 2
imap '< a4 *' '> * 2 FETCH (BODY[] "text")' '> a4 OK'
nowhere
imap '< z *'
fails 3 'there is no such message' fetch 4

# Refusals.
script '> * BYE busy'
fails 3 'the server refuses to talk: busy'
script '> * OK' '< *' '> a1 BAD what?'
fails 3 'the server refuses CAPABILITY: what?'
script '> * OK' '< *' '> * BYE too long'
fails 3 'the server refuses to go on: too long'
imap '< a4 *' '> a4 NO gone' '< z *'
fails 3 'the server refuses the message: gone' fetch 2
fails_mailbox="$(printf 'x\ny')"
script '> * PREAUTH' '< *' '> a1 OK'
checks 2 --mailbox "$fails_mailbox"
heard EXAMINE 0

# What is no answer.
script '> +OK hello'
fails 5 'a line of its answer belongs to no command'
for line in '* hello' '* NO' '+ go on'; do
	script "> $line"
	fails 5 'it does not greet as IMAP does'
done
for line in 'a2 OK' a1OK 'x' 'a11 OK' ''; do
	script '> * OK' '< *' "> $line"
	fails 5 'a line of its answer belongs to no command'
done
for line in 'a1 ' 'a1 BYE' 'a1 OKAY'; do
	script '> * OK' '< *' "> $line"
	fails 5 'a command of ours is neither OK, NO nor BAD'
done
script '> * OK' '< *' '> + go on'
fails 5 'its answer is to another command'
for line in '1x EXISTS' '99999999999 EXISTS'; do
	script '> * OK' '< *' "> * $line"
	checks 5
done
for data in x '' '(' '(X' '(X "' '(X (' '(X ((a)' '(BODY["x' \
    "(X $(head -c 50 /dev/zero | tr '\0' '(')"; do
	imap '< a4 *' "> * 1 FETCH $data"
	fails 5 'what it tells of a message is no list' list
done
script '= * OK a\0b\r\n'
fails 5 'a line of its answer holds a NUL'
script "> * OK $(head -c 20000 /dev/zero | tr '\0' x)"
fails 5 'a line of its answer has no end'

# Literals that lie.
imap '< a4 *' "> * 1 FETCH ($fields {1048577}"
fails 5 'it sends more at once than was to be expected' list
for size in 4294967296 99999999999999999999 00000000000000000000x; do
	imap '< a4 *' "> * 1 FETCH (BODY[] {$size}" '> )'
	checks 5 fetch 1
done
imap '< a4 *' '> * 2 FETCH (BODY[] {4294967295}' '= abc'
fails 4 "$ended" fetch 2
out abc
imap '< a4 *' '> * 2 FETCH (BODY[] {2}' '= abc)\r\n'
fails 4 'what it tells of a message is no list' fetch 2
imap '< a4 *' '> * 2 FETCH (BODY[] {5}' '= abc' stall
fails 4 'timed out' --timeout 1.5 fetch 2
imap '< a4 *' '> * 2 FETCH (BODY[] {4294967295}' '* and so on'
checks 4 --max-time 2 fetch 2
imap '< a4 *' '* * 3 EXISTS'
checks 1 --max-time 0.7 list
script '> * OK' '* * OK still here'
checks 1 --timeout 0.7

# What the arguments say wrongly.
says() {
	expected_message=$1
	shift
	code 2 mail_check "$@"
	err "mail_check: $expected_message"
}
says 'no server; see mail_check --help'
says 'no user; --user tells; see mail_check --help' h
says 'x: it is neither count, list nor fetch' --plain -u a h:imap x
says 'too many arguments; see mail_check --help' --plain -u a h:imap list 2
says 'fetch wants the number of a message; see mail_check --help' \
    --plain -u a h:imap fetch
for number in 0 -1 x 1x 4294967296 99999999999999999999 ''; do
	code 2 mail_check --plain -u a h:imap fetch "$number"
done
says 'smtp: this service is not spoken here' -u a --service smtp h
says 'this service is TLS from its first byte on: no --plain; see mail_check --help' \
    -u a --plain h:imaps
says '--crl and --insecure exclude each other; see mail_check --help' \
    -u a --crl x --insecure h:imaps
says 'a time is 0.001 to 1000000 seconds; see mail_check --help' --timeout 0 h
service=pop3
script '> +OK' '< CAPA' '> -ERR' '< '
checks 2 --password-file "$dir/nosuch"
err 'mail_check: anna: no password: the file has none in its first line'
finish
