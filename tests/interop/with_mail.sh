# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2086,SC2154 # words that rig.sh sets
#
# Mail goes in by SMTP and comes out by POP3 and IMAP: what curl does, and what
# mail_send and mail_check do.

# curls FAMILY WHAT URL [OPTION...]: curl sends a mail.
curls() {
	family=$1 what=$2 url=$3
	shift 3
	try $family "curl: $what" '^exit 0' "printf 'From: <a@%s>\r\n\r\nhi\r\n' \
	    $domain | curl -sS $* --mail-from a@$domain \
	    --mail-rcpt $user@$domain -T - '$url'; echo exit \$?"
}

# sends HOW FAMILY WHAT SERVER SUBJECT [OPTION...]: mail_send does, also if
# nobody wants the line: others want the mail.  HOW is try or tls_try.
sends() {
	how=$1 family=$2 what="mail_send: $3" server=$4 subject=$5
	shift 5
	command="mail_send -S '$server' -f a@$domain -s $subject $* \
	    $user@$domain <mail/body; echo exit \$?"
	if asked $family "$what"; then
		$how $family "$what" '^exit 0' "$command"
	else
		timeout 20 sh -c "$command" >log/sent 2>&1
	fi
}

# checks FAMILY SERVER
checks() {
	tls_try $1 'mail_check: what mail_send sent' same \
	    "sh '$here/mail_came.sh' '$2' $1-smtp $1-submission $1-submissions"
}

printf '.\n..\n.. dots\nFrom here on\n\n%0998d\n.\n' 0 >mail/body
known="-u $user:$password"
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with smtp 25 postfix
	curls $family 'a mail' "smtp://$host"
	sends try $family 'a mail' "$host:smtp" $family-smtp
	sends tls_try $family 'a mail, STARTTLS' "$host:smtp" $family-tls --tls
	with submission 587 postfix
	curls $family 'a mail, STARTTLS and AUTH' "smtp://$host:587" \
	    --ssl-reqd "$known"
	sends tls_try $family 'a mail, STARTTLS and AUTH' "$host" \
	    $family-submission -u $user
	with submissions 465 postfix
	curls $family 'a mail, TLS from the start' "smtps://$host" "$known"
	sends tls_try $family 'a mail, TLS from the start' \
	    "$host:submissions" $family-submissions -u $user
	with pop3 110 dovecot-core
	try $family 'curl: a list, STLS' '^[0-9]+ [0-9]+' \
	    "curl -sS --ssl-reqd $known 'pop3://$host/'"
	checks $family "$host:pop3"
	with pop3s 995 dovecot-core
	try $family 'curl: a list' '^[0-9]+ [0-9]+' \
	    "curl -sS $known 'pop3s://$host/'"
	checks $family "$host:pop3s"
	with imap 143 dovecot-core
	try $family 'curl: mailboxes, STARTTLS' INBOX \
	    "curl -sS --ssl-reqd $known 'imap://$host/'"
	checks $family "$host:imap"
	with imaps 993 dovecot-core
	try $family 'curl: a mail' '^Received: ' \
	    "until curl -sS $known 'imaps://$host/INBOX/;UID=1'
	    do sleep 0.2; done"
	checks $family "$host:imaps"
done

with smtp 25 postfix
try both 'mail_send: one of two is refused' '550 .*exit 4$' \
    "{ mail_send -S $domain:smtp -f a@$domain -s one nobody@$domain \
    $user@$domain <mail/body 2>&1; echo exit \$?; } | paste -sd' '"
try both 'mail_send: all are refused' '550 .*exit 3$' \
    "{ mail_send -S $domain:smtp -f a@$domain -s one nobody@$domain \
    <mail/body 2>&1; echo exit \$?; } | paste -sd' '"
try both 'mail_send: more than the server takes' 'exit 3$' \
    "{ head -c 25000000 web/files/100m | mail_send -S $domain:smtp \
    -f a@$domain -s one $user@$domain 2>&1; echo exit \$?; } | paste -sd' '"
with submission 587 postfix
tls_try both 'mail_send: a wrong password' '535 .*exit 3$' \
    "{ MAIL_PASSWORD=wrong mail_send -S $domain -f a@$domain -s one -u $user \
    $user@$domain <mail/body 2>&1; echo exit \$?; } | paste -sd' '"
for server in pop3:110 pop3s:995 imap:143 imaps:993; do
	with ${server%:*} ${server#*:} dovecot-core
	tls_try both 'mail_check: a wrong password' 'exit 3$' \
	    "{ MAIL_PASSWORD=wrong mail_check -u $user $domain:${server%:*} \
	    count 2>&1; echo exit \$?; } | paste -sd' '"
done
for server in pop3:110 imap:143; do
	with ${server%:*} ${server#*:} dovecot-core
	try both 'mail_check: no password without TLS' 'exit 3$' \
	    "{ mail_check --plain -u $user $domain:${server%:*} \
	    count 2>&1; echo exit \$?; } | paste -sd' '"
done
