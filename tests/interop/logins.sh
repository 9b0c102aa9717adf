# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2154 # rig.sh sets them
#
# A user of the machine, whom nobody outside of the rig knows; OpenSSH, and
# inetd, which has telnetd for each who asks and small services of its own.

logins_serve() {
	logins_user
	mkdir -p logins /run/sshd
	logins_sshd >logins/sshd_config
	for kind in ed25519 ecdsa; do
		ssh-keygen -q -t $kind -N '' -f logins/host_$kind || exit 1
	done
	ssh-keygen -q -t ed25519 -N '' -f logins/key || exit 1
	sed "s/^/$domain,$v4.1,${v6}1 /" logins/host_*.pub >logins/known
	serve sshd 22 /usr/sbin/sshd -D -e -f "$PWD/logins/sshd_config"
	logins_inetd >logins/inetd.conf
	serve inetd 23 inetutils-inetd --debug --rate=100000 \
	    --pidfile="$PWD/logins/inetd.pid" "$PWD/logins/inetd.conf"
}

logins_user() {
	home=$PWD/home
	mkdir "$home"
	chown 7701:7701 "$home"
	chmod 755 . # which everybody may pass
	echo "$user:x:7701:7701::$home:/bin/sh" >>/etc/passwd
	echo "$user:x:7701:" >>/etc/group
	echo "$user:$(openssl passwd -6 "$password"):19000:0:99999:7:::" \
	    >>/etc/shadow
	# Who logs in is written down here, and not on the machine.
	mount -t tmpfs tmpfs /var/log
}

logins_sshd() {
	cat <<-END
	Port 22
	AddressFamily any
	HostKey $PWD/logins/host_ed25519
	HostKey $PWD/logins/host_ecdsa
	PidFile none
	AuthorizedKeysFile $PWD/logins/key.pub
	StrictModes no
	PasswordAuthentication yes
	UsePAM no
	UseDNS no
	MaxStartups 100
	END
}

logins_inetd() {
	for family in 4 6only; do
		for name in echo discard daytime chargen time; do
			echo "$name stream tcp$family nowait root internal"
			echo "$name dgram udp$family wait root internal"
		done
		echo "telnet stream tcp$family nowait root" \
		    /usr/sbin/telnetd telnetd
	done
}
