# SPDX-License-Identifier: MIT
#
# mail_send: what it says to a server, and what it makes of the answers.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/mail_script.sh
. "$(dirname "$0")/mail_script.sh"

printf 'From: a@b.example\nSubject: tea\nDate: x\nMessage-ID: <1@b>\n\nhello\n' \
    >"$dir/letter"
c=c@d.example
from='< MAIL FROM:<a@b.example>'
to='< RCPT TO:<c@d.example>'

# sends CODE OPTION...: the letter, or what the options say, over smtp.
sends() {
	expected_code=$1
	shift
	code "$expected_code" mail_send --via "$at" --service smtp \
	    --helo me.example --from a@b.example --input "$dir/letter" "$@"
}

# sent OPTION...: it is, to c@d.example, and the server heard what it was to.
sent() {
	sends 0 "$@" $c
	err ''
	as_scripted
}

# fails CODE WHY OPTION...: nobody has it.
fails() {
	expected_code=$1 why=$2
	shift 2
	sends "$expected_code" "$@" $c
	err "mail_send: $at: $why"
	heard '^WRONG' 0
}

# greets LINE...: with an EHLO that offers nothing.
greets() {
	script '> 220 mx' '< EHLO me.example' '> 250 mx' "$@"
}

# offers EXTENSION LINE...: with one that offers this.
offers() {
	offer=$1
	shift
	script '> 220 mx' '< EHLO me.example' '> 250-mx' "> 250 $offer" "$@"
}

# All goes well: one by one, side by side, a byte at a time.
greets "$from" '> 250 2.1.0 ok' "$to" '> 250 ok' '< DATA' '> 354 go on' \
    '< From: a@b.example' . '> 250 queued' '< QUIT' '> 221 bye'
sent
script drip '> 220-mx' '> 220 of many lines' '< EHLO me.example' '> 250 mx' \
    "$from" '> 250' "$to" '> 251-it is' '> 251 elsewhere' '< DATA' '> 354' . \
    '> 250 queued' '< QUIT'
sent
offers pipelining "$from" "$to" '= 250 ok\r\n250 ok\r\n' '< DATA' '> 354' . \
    '> 250 queued' '< QUIT'
sent
offers 'SIZE 1000' "$from SIZE=70" '> 250' "$to" '> 250' '< DATA' '> 354' . \
    '> 250 queued' '< QUIT'
sent
# Lines that end in LF alone are no reason to wait.
script '= 220 mx\n' '< EHLO *' '= 250 mx\n' "$from" '= 250 ok\n' "$to" \
    '= 250 ok\n' '< DATA' '= 354 go\n' . '= 250 ok\n' '< QUIT'
sent
# Older than RFC 2821.
script '> 220 mx' '< EHLO *' '> 500 what?' '< HELO me.example' '> 250 mx' \
    "$from" '> 250' "$to" '> 250' '< DATA' '> 354' . '> 250' '< QUIT'
sent

# Many recipients do not fill both ways at once: 50 commands, then answers.
many=$(i=0; while [ $i -lt 120 ]; do
	i=$((i + 1))
	echo "r$i@d.example"
done)
# shellcheck disable=SC2046,SC2086 # a line each
{
	offers PIPELINING "$from" $(:)
	for r in $many; do
		printf '< RCPT TO:<%s>\n' "$r"
		n=$((${n-1} + 1))
		if [ $((n % 50)) -eq 0 ] || [ $n -eq 121 ]; then
			m=$((n % 50))
			[ $m -ne 0 ] || m=50
			while [ $m -gt 0 ]; do
				echo '> 250 ok'
				m=$((m - 1))
			done
		fi
	done >>"$dir/answers/1"
	printf '%s\n' '< DATA' '> 354' . '> 250' '< QUIT' >>"$dir/answers/1"
	sends 0 $many
	as_scripted
}

# What becomes of a message.
printf 'From nobody\nFrom: a@b.example\nBcc: e@f,\n g@h\nDate: x\nmessage-id: <1>\n.dot: 1\n\r\n.\nLF\rCR\r\n..\n.\r.\r\n\nend' \
    >"$dir/lines"
offers 8BITMIME "$from" '> 250' "$to" '> 250' '< DATA' '> 354' . '> 250' \
    '< QUIT'
sent --input "$dir/lines"
same 'what DATA carries' "$(printf '%s\r\n' 'From: a@b.example' 'Date: x' \
    'message-id: <1>' '..dot: 1' '' .. LF CR ... .. .. '' end .)" \
    "$(sed '1,/^DATA/d; /^QUIT/d' "$dir/asked")"
# Whatever ends a line, "LF . LF" among it, a dot alone ends the message once.
heard '^\.$' 1

printf 'X: 1\n\n' >"$dir/bare"
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' '< X: 1' '< Date: *' \
    '< From: a@b.example' '< Message-ID: <*@b.example>' '<' . '> 250' '< QUIT'
sed -i 's/^<$/< /' "$dir/answers/1"
sent --input "$dir/bare"

# made BODY LINE...: what is made of a body.
made() {
	printf '%b' "$1" >"$dir/body"
	shift
	greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' '< Date: *' \
	    '< From: a@b.example' "< To: $c" "$@" . '> 250' '< QUIT'
	sent --input "$dir/body" --subject "$subject"
}
type='< Content-Type: text/plain; charset='
coding='< Content-Transfer-Encoding:'
subject=tea
made 'at four\n.\n' '< Subject: tea' '< Message-ID: *' '< MIME-Version: 1.0' \
    "${type}us-ascii" "$coding 7bit" '< ' '< at four' '< ..'
made '\0303\0274\n' '< Subject: tea' '< Message-ID: *' '< MIME-Version: 1.0' \
    "${type}utf-8" "$coding base64" '< ' '< w7wNCg=='
made '\0374\n' '< Subject: tea' '< Message-ID: *' '< MIME-Version: 1.0' \
    "${type}unknown-8bit" "$coding base64" '< ' '< /A0K'
long=$(head -c 1200 /dev/zero | tr '\0' x)
made "$long" '< Subject: tea' '< Message-ID: *' '< MIME-Version: 1.0' \
    "${type}us-ascii" "$coding base64" '< ' '< eHh4*'
made '' '< Subject: tea' '< Message-ID: *' '< MIME-Version: 1.0' \
    "${type}us-ascii" "$coding 7bit" '< '
# Characters are not cut between words of 45 bytes.
subject='ä234567890123456789012345678901234567890123ö'
made x '< Subject: =[?]utf-8[?]B[?]w6QyMzQ1*[?]=' \
    '<  =[?]utf-8[?]B[?]w7Y=[?]=' '< Message-ID: *'
subject='=?utf-8?Q?x?='
made x '< Subject: =[?]utf-8[?]B[?]PT91dGYtOD9RP3g/PQ==[?]=' '< Message-ID: *'
subject=

# What is no message.
refuses() {
	printf '%b' "$1" >"$dir/body"
	shift
	greets
	sends 2 --input "$dir/body" $c
	err "mail_send: $dir/body: $1"
	heard . 0
}
none='its header has a line that is no "Name: value"; --subject makes one'
refuses '' 'it has no header; --subject makes one'
refuses '\nbody\n' 'line 1: it has no header; --subject makes one'
refuses 'hello\n' "line 1: $none"
refuses ' folded: 1\n' "line 1: $none"
refuses 'A: 1\nB : 2\n' "line 2: $none"
refuses 'A: 1\rBcc: x\n\n' 'line 1: its header holds a CR without LF'
refuses 'A: 1\n\nx\ny\0000z\n' 'line 4: it holds a NUL'
refuses "A: 1\n\n$long\n" 'line 3: it has a line of more than 998 bytes'
refuses "A: $long\n" 'line 1: it has a line of more than 998 bytes'

# Recipients are refused one by one; the rest has it, unless --all.
offers PIPELINING "$from" "$to" '< RCPT *' '< RCPT *' \
    '= 250 ok\r\n250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such\r\n452 later\r\n' \
    '< DATA' '> 354' . '> 250' '< QUIT'
sends 4 $c no@d.example full@d.example
err "mail_send: $at: the server refuses <no@d.example>: 550 5.1.1 no 5.1.1 such
mail_send: $at: the server refuses <full@d.example>: 452 later"
as_scripted
greets "$from" '> 250' "$to" '> 250' '< RCPT *' '> 550 no' '< QUIT'
sends 3 --all $c no@d.example
err "mail_send: $at: the server refuses <no@d.example>: 550 no
mail_send: $at: nobody gets it, since not all do (--all)"
as_scripted
greets "$from" '> 250' "$to" '> 550 no' '< QUIT'
sends 3 $c
err "mail_send: $at: the server refuses <c@d.example>: 550 no
mail_send: $at: nobody is left to send it to"
as_scripted
# When it refuses the sender it says no more of the others.
offers PIPELINING "$from" "$to" '= 553 5.7.1 you?\r\n503 no\r\n' '< QUIT'
fails 3 'the server refuses mail from <a@b.example>: 553 5.7.1 you?'
greets "$from" '> 250' "$to" '> 421 good-bye'
fails 3 'the server refuses <c@d.example>: 421 good-bye'

# Each step may be refused.
script '> 554 no service' '< QUIT'
fails 3 'the server refuses to talk: 554 no service'
script '> 220 mx' '< EHLO *' '> 550 who?' '< QUIT'
fails 3 'the server refuses EHLO: 550 who?'
script '> 220 mx' '< EHLO *' '> 502 what?' '< HELO *' '> 550 who?' '< QUIT'
fails 3 'the server refuses HELO: 550 who?'
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 554 no' '< QUIT'
fails 3 'the server refuses the message: 554 no'
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' . '> 554 spam' '< QUIT'
fails 3 'the server refuses the message: 554 spam'
offers 'SIZE 60' '< QUIT'
fails 3 'the server takes 60 bytes, and the message has 70'
printf 'X: \303\274\n\n' >"$dir/eight"
greets '< QUIT'
fails 3 'the server takes no bytes beyond ASCII (8BITMIME)' \
    --input "$dir/eight"
offers 8bitmime "$from BODY=8BITMIME" '> 250' "$to" '> 250' '< DATA' '> 354' . \
    '> 250' '< QUIT'
sent --input "$dir/eight"

# What is no answer.
for answer in '' x 22 2200 '220x' '199 x' '600 x' '260 x' 'SSH-2.0-x'; do
	script "> $answer"
	sends 5 $c
done
script '> 220-mx' '> 250 mx'
fails 5 'two lines of its answer have two codes'
script "= 220 $(head -c 20000 /dev/zero | tr '\0' x)"
fails 5 'a line of its answer has no end'
script '* 220-and'
fails 5 'its answer has more than 128 lines'
# A reply without end, or a slow one, has until the deadline.
script stall
fails 1 'timed out' --timeout 0.7
script '> 220-mx' stall
fails 1 'timed out' --timeout 0.7
greets "$from" stall
fails 1 'timed out' --max-time 0.7
# NUL and controls are shown, not obeyed.
script '= 554 a\0b\x1b[2Jc\r\n' '< QUIT'
fails 3 'the server refuses to talk: 554 a?b\x1b[2Jc'

# Cut, and what is known then.
ended='the server ended the connection'
script
fails 1 "$ended"
script '= 220 m'
sends 1 $c
greets "$from"
fails 1 "$ended"
greets "$from" '> 250' "$to" '> 250' '< DATA'
fails 1 "$ended"
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' .
sends 6 $c
err "mail_send: $at: $ended
mail_send: $at: it may have the message, or not"
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' . reset
sends 6 $c
# Its last words are heard, though it takes no more.
{
	printf 'A: 1\n\n'
	head -c 20000000 /dev/zero | tr '\0' x | fold -w 76
} >"$dir/big"
greets "$from" '> 250' "$to" '> 250' '< DATA' '> 354' '< A: 1' \
    '> 552-too' '> 552 much'
sends 3 --input "$dir/big" $c
case $(cat "$dir/err") in
*'the server refuses the message: 552 too much') ;;
*) err 'the server refuses the message: 552 too much' ;;
esac

# Logging in: never in plain text, unless told.
greets '< QUIT'
code 2 mail_send --via "$at" --service smtp --helo me.example \
    --from a@b.example --input "$dir/letter" --user u $c
err "mail_send: $at: no password goes in plain text; --tls, or --plain"
heard AUTH 0
offers 'AUTH LOGIN PLAIN' '< AUTH PLAIN AHUAc2VjcmV0' '> 235 ok' "$from" \
    '> 250' "$to" '> 250' '< DATA' '> 354' . '> 250' '< QUIT'
sent --plain --user u
offers 'AUTH PLAIN' '< AUTH PLAIN AHUAc2VjcmV0' '> 535 5.7.8 no' '< QUIT'
fails 3 'the server refuses to log in: 535 5.7.8 no' --plain --user u
offers 'AUTH PLAINER LOGIN' '< QUIT'
fails 3 'the server does not offer AUTH PLAIN' --plain --user u
greets '< QUIT'
fails 3 'the server does not offer to log in' --plain --user u
# More than a command holds goes behind one (RFC 4954).
name=$(head -c 250 /dev/zero | tr '\0' u)
head -c 255 /dev/zero | tr '\0' p >"$dir/password"
offers 'AUTH PLAIN' '< AUTH PLAIN' '> 334' '< AHV1dXV1*' '> 235 ok' "$from" \
    '> 250' "$to" '> 250' '< DATA' '> 354' . '> 250' '< QUIT'
sent --plain --user "$name" --password-file "$dir/password"
# It is not shown.
offers 'AUTH PLAIN' '< AUTH *' '> 535 no' '< QUIT'
sends 3 --plain --user u --verbose $c
grep -q '^> (secret)$' "$dir/err" || err '> (secret)'
! grep -q AHUAc2VjcmV0 "$dir/err" || same 'the password' hidden shown
offers 'AUTH PLAIN' '< AUTH PLAIN' '> 334' '< AHV1dXV1*' '> 535 no' '< QUIT'
sends 3 --plain --user "$name" --password-file "$dir/password" --verbose $c
! grep -q AHV1dXV1 "$dir/err" || same 'the password' hidden shown

# What the arguments say wrongly.
says() {
	expected_message=$1
	shift
	code 2 mail_send "$@" <"$dir/letter"
	err "mail_send: $expected_message"
}
says 'no server; --via tells; see mail_send --help' --from a@b c@d
says 'no --from; see mail_send --help' --via "$at" --service smtp c@d
says 'nobody to send it to; see mail_send --help' --via h:smtp --from a@b
says '--tls and --plain exclude each other; see mail_send --help' \
    --via h:smtp --tls --plain
says '--crl and --insecure exclude each other; see mail_send --help' \
    --via h:smtp --crl x -k
says 'imap: this service is not spoken here' --via h --service imap
says "h:1: what is spoken at this port? --service tells" --via h:1
for via in '' : '[::1' '[::1]x' h:; do
	code 2 mail_send --via "$via" --from a@b c@d
done
says '::1:25: an IPv6 address stands in brackets' --via ::1:25
for port in 0 025 65536 99999999999 nosuch -1; do
	says "h:$port: its port is no number from 1 to 65535, and no service" \
	    --via "h:$port"
done
for mailbox in '' @d c@ c@d@e 'c d@e' 'c@d e' '<c@d>' 'c@[d' 'c@d>' '"c@d' \
    .c@d c..c@d c@.d c@d. c "$(printf 'c@d\r\nDATA')" \
    "$(printf 'c\nc@d')" "$(printf 'c@d\t')" '\x' 'cä@d' "$name@d"; do
	code 2 mail_send --via "$at" --service smtp --from a@b "$mailbox" \
	    <"$dir/letter"
	[ -z "$mailbox" ] || {
		code 2 mail_send --via "$at" --service smtp --from "$mailbox" \
		    c@d <"$dir/letter"
	}
done
for name in '' "$(printf 'h\nQUIT')" 'a b' "$(printf 'a\033')"; do
	says '--helo wants the name of a host; see mail_send --help' \
	    --via "$at" --service smtp --helo "$name" --from a@b c@d
done
says 'a subject holds no control characters; see mail_send --help' \
    --via "$at" --service smtp --from a@b --subject "$(printf 'x\r\nBcc: y')" \
    c@d
# Bounces are from nobody.
greets '< MAIL FROM:<>' '> 250' "$to" '> 250' '< DATA' '> 354' . '> 250' \
    '< QUIT'
sends 0 --from '' $c
as_scripted
code 1 mail_send --via "unused.invalid:smtp" --from a@b c@d <"$dir/letter"
err 'mail_send: unused.invalid:25: no such host: no name below .invalid is one (RFC 6761)'
if ipv6; then
	code 1 mail_send --via '[::1]:1' --service smtp --from a@b c@d \
	    <"$dir/letter"
	err 'mail_send: [::1]:1: connection refused'
fi
stopped 137 KILL
sends 1 $c
err "mail_send: $at: connection refused"
finish
