# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# postfix takes mail for the user, from everybody (smtp) and from those who say
# who they are (submission, submissions); dovecot keeps it, hands it out (pop3,
# imap) and knows the passwords of both.

mail_serve() {
	mkdir -p mail/box mail/dovecot mail/postfix/etc mail/postfix/spool \
	    mail/postfix/data
	chown 7701:7701 mail/box
	chown postfix mail/postfix/data
	echo "$user:{PLAIN}$password" >mail/users
	mail_dovecot >mail/dovecot.conf
	serve dovecot 993 dovecot -F -c "$PWD/mail/dovecot.conf"
	mail_postfix >mail/postfix/etc/main.cf
	mail_postfix_master >mail/postfix/etc/master.cf
	serve postfix 465 postfix -c "$PWD/mail/postfix/etc" start-fg
}

mail_dovecot() {
	cat <<-END
	base_dir = $PWD/mail/dovecot/run
	state_dir = $PWD/mail/dovecot/state
	log_path = /dev/stderr
	protocols = imap pop3 lmtp
	listen = *, ::
	ssl = yes
	ssl_cert = <$PWD/certificates/good-rsa.pem
	ssl_key = <$PWD/certificates/rsa.key
	ssl_min_protocol = TLSv1.2
	disable_plaintext_auth = yes
	auth_mechanisms = plain login
	auth_username_format = %n
	first_valid_uid = 1
	mail_location = maildir:~/Maildir
	passdb {
	  driver = passwd-file
	  args = username_format=%n $PWD/mail/users
	}
	userdb {
	  driver = static
	  args = uid=7701 gid=7701 home=$PWD/mail/box/%n
	}
	namespace inbox {
	  inbox = yes
	}
	service auth {
	  unix_listener auth-postfix {
	    mode = 0666
	  }
	}
	service lmtp {
	  unix_listener lmtp {
	    mode = 0666
	  }
	}
	END
}

mail_postfix() {
	cat <<-END
	compatibility_level = 3.6
	queue_directory = $PWD/mail/postfix/spool
	data_directory = $PWD/mail/postfix/data
	command_directory = /usr/sbin
	daemon_directory = /usr/lib/postfix/sbin
	mail_owner = postfix
	setgid_group = postdrop
	maillog_file = /dev/stdout
	myhostname = mail.$domain
	mydomain = $domain
	mydestination =
	inet_interfaces = all
	inet_protocols = all
	mynetworks = 127.0.0.0/8
	local_recipient_maps =
	alias_maps =
	alias_database =
	virtual_mailbox_domains = $domain
	virtual_mailbox_maps = inline:{ { $user@$domain = x } }
	virtual_transport = lmtp:unix:$PWD/mail/dovecot/run/lmtp
	default_transport = error:nothing leaves the rig
	disable_dns_lookups = yes
	smtpd_peername_lookup = no
	smtpd_tls_chain_files = $PWD/certificates/rsa.key,
	  $PWD/certificates/good-rsa.pem
	smtpd_tls_security_level = may
	smtpd_tls_auth_only = yes
	smtpd_tls_received_header = yes
	smtpd_sasl_type = dovecot
	smtpd_sasl_path = $PWD/mail/dovecot/run/auth-postfix
	smtpd_relay_restrictions = permit_sasl_authenticated,
	  reject_unauth_destination
	smtpd_client_connection_rate_limit = 0
	smtpd_client_connection_count_limit = 0
	message_size_limit = 20000000
	smtputf8_enable = yes
	notify_classes =
	bounce_queue_lifetime = 0
	END
}

mail_postfix_master() {
	known='-o smtpd_sasl_auth_enable=yes'
	known="$known -o smtpd_client_restrictions=permit_sasl_authenticated"
	cat <<-END
	smtp inet n - n - - smtpd
	587 inet n - n - - smtpd -o smtpd_tls_security_level=encrypt $known,reject
	465 inet n - n - - smtpd -o smtpd_tls_wrappermode=yes $known,reject
	cleanup unix n - n - 0 cleanup
	qmgr unix n - n 300 1 qmgr
	tlsmgr unix - - n 1000? 1 tlsmgr
	rewrite unix - - n - - trivial-rewrite
	bounce unix - - n - 0 bounce
	defer unix - - n - 0 bounce
	trace unix - - n - 0 bounce
	proxymap unix - - n - - proxymap
	error unix - - n - - error
	retry unix - - n - - error
	lmtp unix - - n - - lmtp
	anvil unix - - n - 1 anvil
	postlog unix-dgram n - n - 1 postlogd
	END
}
