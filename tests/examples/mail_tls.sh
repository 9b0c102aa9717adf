# SPDX-License-Identifier: MIT
#
# mail_send and mail_check over TLS: from the first byte, and from a command on.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

MAIL_PASSWORD=secret
export MAIL_PASSWORD
# Where there is no TLS they say so, and send nothing.
mail_check --user u --service imap 127.0.0.1:1 >"$dir/out" 2>"$dir/err"
case $(cat "$dir/err") in
*'built without TLS'*)
	for service in submission submissions smtp; do
		code 2 mail_send --via 127.0.0.1:1 --service $service --tls \
		    --from a@b c@d </dev/null
		err "mail_send: this program was built without TLS; see mail_send --help"
	done
	finish
	;;
esac
# shellcheck source=tests/examples/certificates.sh
. "$(dirname "$0")/certificates.sh"
certificate good localhost DNS:localhost,IP:127.0.0.1
certificate=$dir/good.pem
key=$dir/good.key
# shellcheck source=tests/examples/mail_script.sh
. "$(dirname "$0")/mail_script.sh"

printf 'From: a@b\n\nhello\n' >"$dir/letter"

# sends CODE SERVICE OPTION...
sends() {
	expected_code=$1 service=$2
	shift 2
	code "$expected_code" mail_send --via "$at" --service "$service" \
	    --cacert "$dir/ca.pem" --helo me --user u --from a@b \
	    --input "$dir/letter" "$@" c@d
}

# checks CODE SERVICE OPTION...
checks() {
	expected_code=$1 service=$2
	shift 2
	code "$expected_code" mail_check --service "$service" \
	    --cacert "$dir/ca.pem" --user u "$@" "$at"
}

# fails WHY: whichever it was, and no password went out.
fails() {
	err "$program: $at: $1"
	heard '^WRONG' 0
	heard AUTH 0
	heard LOGIN 0
	heard PASS 0
}

# From a command on: what was offered before it does not count.
login='< AUTH PLAIN AHUAc2VjcmV0'
for way in '> 220 mx' '= 220 mx\r\n'; do
	script "$way" '< EHLO me' '> 250-mx' '> 250-SIZE 1' '> 250 STARTTLS' \
	    '< STARTTLS' '> 220 go' tls '< EHLO me' '> 250-mx' \
	    '> 250 AUTH PLAIN' "$login" '> 235 ok' '< MAIL FROM:<a@b>' '> 250' \
	    '< RCPT *' '> 250' '< DATA' '> 354' . '> 250' '< QUIT'
	[ "$way" = '> 220 mx' ] || sed -i '1i drip' "$dir/answers/1"
	sends 0 submission
	err ''
	as_scripted
done
script '> 220 mx' '< EHLO me' '> 250-mx' '> 250 STARTTLS' '< STARTTLS' \
    '> 220 go' tls '< EHLO me' '> 250-mx' '> 250 AUTH PLAIN' "$login" \
    '> 535 no' '< QUIT'
sends 3 smtp --tls
as_scripted
script '> +OK' '< CAPA' '> +OK' '> STLS' '> .' '< STLS' '> +OK' tls '< CAPA' \
    '> +OK' '> SASL PLAIN' '> .' "$login" '> +OK' '< STAT' '> +OK 4 5' '< QUIT'
checks 0 pop3
out 4
script '> * OK' '< a1 CAPABILITY' '> * CAPABILITY STARTTLS LOGINDISABLED' \
    '> * 7 EXISTS' '> a1 OK' '< a2 STARTTLS' '> a2 OK' tls \
    '< a3 CAPABILITY' '> a3 OK' '< a4 LOGIN "u" "secret"' '> a4 OK' \
    '< a5 EXAMINE "INBOX"' '> a5 OK' '< z LOGOUT'
checks 0 imap
out 0

# From the first byte on.
script tls '> 220 mx' '< EHLO me' '> 250 AUTH PLAIN' '< QUIT'
sends 3 submissions
as_scripted
script tls '> +OK' '< CAPA' '> -ERR' '< USER u' '> +OK' '< PASS secret' \
    '> +OK' '< STAT' '> +OK 4 5' '< QUIT'
checks 0 pop3s
out 4
script tls '> * PREAUTH' '< a1 *' '> a1 OK' '< a2 *' '> * 3 EXISTS' '> a2 OK' \
    '< z LOGOUT'
checks 0 imaps
out 3

# Not offered, or refused: no password goes out.
program=mail_send
without='; --plain goes on without'
script '> 220 mx' '< EHLO me' '> 250 AUTH PLAIN' '< QUIT'
sends 3 submission
fails "the server does not offer STARTTLS$without"
script '> 220 mx' '< EHLO me' '> 250-mx' '> 250 STARTTLS' '< STARTTLS' \
    '> 454 not now' '< QUIT'
sends 3 submission
fails 'the server refuses STARTTLS: 454 not now'
program=mail_check
script '> +OK' '< CAPA' '> -ERR' '< QUIT'
checks 3 pop3
fails "the server does not offer STLS$without"
script '> * OK' '< *' '> * CAPABILITY IMAP4rev1' '> a1 OK' '< z LOGOUT'
checks 3 imap
fails "the server does not offer STARTTLS$without"
# Logged in by whoever is on the way.
script '> * PREAUTH' '< *' '> * CAPABILITY STARTTLS' '> a1 OK' '< z LOGOUT'
checks 3 imap
fails "the server logs in before TLS began$without"

# Put in by whoever is on the way, to be taken for protected.
early='more than an answer came before TLS began'
program=mail_send
script '> 220 mx' '< EHLO me' '> 250-mx' '> 250 STARTTLS' '< STARTTLS' \
    '= 220 go\r\n250 AUTH PLAIN\r\n' tls
sends 5 submission
fails "$early"
program=mail_check
script '> +OK' '< CAPA' '> +OK' '> STLS' '> .' '< STLS' '= +OK\r\n+' tls
checks 5 pop3
fails "$early"
script '> * OK' '< *' '> * CAPABILITY STARTTLS' '> a1 OK' '< *' \
    '= a2 OK\r\n* CAPABILITY AUTH=PLAIN\r\n' tls
checks 5 imap
fails "$early"

# Whoever cannot show that it is the server hears no name.
for way in tls '> * OK'; do
	service=imaps
	[ "$way" = tls ] || service=imap
	script "$way" '< a1 *' '> * CAPABILITY STARTTLS' '> a1 OK' '< *' \
	    '> a2 OK' tls
	code 1 mail_check --service $service --user u "$at"
	case $(cat "$dir/err") in
	*certificate*) ;;
	*) err 'the certificate is not trusted' ;;
	esac
	heard LOGIN 0
done
script tls '> * PREAUTH' '< a1 *' '> a1 OK' '< a2 *' '> * 3 EXISTS' '> a2 OK' \
    '< z LOGOUT'
code 0 mail_check --service imaps --user u --insecure "$at"
out 3
code 2 mail_check --service imaps --user u --cacert "$dir/nosuch" "$at"

# Who was revoked since does not, either.
certificate other localhost DNS:localhost,IP:127.0.0.1
revoked='certificate was revoked on 20..-..-..'
for names in other 'other good'; do
	# shellcheck disable=SC2086 # several words
	revocations $names
	[ "$names" = other ]
	expected_code=$?
	script tls '> * PREAUTH' '< a1 *' '> a1 OK' '< a2 *' '> * 3 EXISTS' \
	    '> a2 OK' '< z LOGOUT'
	checks "$expected_code" imaps --crl "$dir/crl.pem"
	[ "$names" = other ] || grep -q "$revoked$" "$dir/err" || err "$revoked"
done
heard LOGIN 0
script tls '> 220 mx'
sends 1 submissions --crl "$dir/crl.pem"
grep -q "$revoked$" "$dir/err" || err "$revoked"
heard AUTH 0
sends 2 submissions --crl "$dir/nosuch"
# Cut in the middle of the handshake, and behind it without a word.
script '> 220 mx' '< EHLO me' '> 250-mx' '> 250 STARTTLS' '< STARTTLS' \
    '> 220 go' some '= \x16\x03\x03\x00\x50ab'
sends 1 submission
script '> 220 mx' '< EHLO me' '> 250-mx' '> 250 STARTTLS' '< STARTTLS' \
    '> 220 go' stall
sends 1 submission --timeout 0.7
err "mail_send: $at: timed out"
script tls '= * PREAUTH'
checks 1 imaps
script '> * OK' '< *' '> * CAPABILITY STARTTLS' '> a1 OK' '< *' '> a2 OK' \
    some '> in plain text, still'
checks 1 imap
finish
