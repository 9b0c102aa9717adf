# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2086,SC2154 # words that rig.sh sets
#
# Mail goes in by SMTP and comes out by POP3 and IMAP: what curl does.

# curls FAMILY WHAT URL SUBJECT [OPTION...]: curl sends a mail.
curls() {
	family=$1 what=$2 url=$3 subject=$4
	shift 4
	try "$family" "curl: $what" '^exit 0' "printf 'From: <a@%s>\r\nSubject:\
 %s\r\n\r\n.dot\r\n' $domain '$subject' | curl -sS $* \
	    --mail-from a@$domain --mail-rcpt $user@$domain -T - '$url'
	    echo exit \$?"
}

known="-u $user:$password"
for host in $v4.1 "[${v6}1]"; do
	family=ipv6
	[ "$host" != "$v4.1" ] || family=ipv4
	with smtp 25 postfix
	curls $family 'a mail' "smtp://$host" "$family-smtp"
	with submission 587 postfix
	curls $family 'a mail, STARTTLS and AUTH' "smtp://$host:587" \
	    "$family-submission" --ssl-reqd "$known"
	with submissions 465 postfix
	curls $family 'a mail, TLS from the start' "smtps://$host" \
	    "$family-submissions" "$known"
	with pop3 110 dovecot-core
	try $family 'curl: a list, STLS' '^[0-9]+ [0-9]+' \
	    "curl -sS --ssl-reqd $known 'pop3://$host/'"
	with pop3s 995 dovecot-core
	try $family 'curl: a list' '^[0-9]+ [0-9]+' \
	    "curl -sS $known 'pop3s://$host/'"
	with imap 143 dovecot-core
	try $family 'curl: mailboxes, STARTTLS' INBOX \
	    "curl -sS --ssl-reqd $known 'imap://$host/'"
	with imaps 993 dovecot-core
	try $family 'curl: a mail' '^\.dot' \
	    "curl -sS $known 'imaps://$host/INBOX/;UID=1'"
done
