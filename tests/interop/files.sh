# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# vsftpd: on its own port as it is usual, AUTH TLS offered, the data connection
# then bound to the control connection's session; on 990 TLS from the start.

files_serve() {
	mkdir -p files/none files/anybody/pub
	cp web/files/1k web/files/text files/anybody/pub/
	cp web/files/1k web/files/text "$home/"
	ln web/files/100m "$home/"
	files_vsftpd 21 require_ssl_reuse=YES >files/21.conf
	files_vsftpd 990 require_ssl_reuse=NO implicit_ssl=YES >files/990.conf
	serve vsftpd 21 vsftpd files/21.conf
	serve vsftpd-tls 990 vsftpd files/990.conf
}

# files_vsftpd PORT SETTING...
files_vsftpd() {
	cat <<-END
	background=NO
	listen=NO
	listen_ipv6=YES
	listen_port=$1
	pasv_min_port=${1}00
	pasv_max_port=${1}99
	anonymous_enable=YES
	anon_root=$PWD/files/anybody
	local_enable=YES
	write_enable=YES
	connect_from_port_20=YES
	secure_chroot_dir=$PWD/files/none
	pam_service_name=vsftpd
	seccomp_sandbox=NO
	isolate=NO
	isolate_network=NO
	xferlog_enable=NO
	ssl_enable=YES
	allow_anon_ssl=YES
	force_local_logins_ssl=NO
	force_local_data_ssl=NO
	ssl_tlsv1=NO
	ssl_ciphers=HIGH
	rsa_cert_file=$PWD/certificates/good-rsa.pem
	rsa_private_key_file=$PWD/certificates/rsa.key
	END
	shift
	printf '%s\n' "$@"
}
