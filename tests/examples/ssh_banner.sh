# SPDX-License-Identifier: MIT
#
# ssh_banner: what a real server offers, and what it says of those that lie.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

here=$(dirname "$0")
python=$(command -v /usr/bin/python3 || command -v python3)
mkdir "$dir/answers"
start python3 "$here/speaker.py" "$dir/answers" "$dir/heard"
host=${address#tcp:}
hello='SSH-2.0-test_1 some words'

# packet NAME=VALUE...: is to be said behind what is to be said already.
packet() {
	$python -S "$here/ssh_packet.py" "$@" >>"$dir/next"
}

# line TEXT: the same with a line, for printf '%b'.
line() {
	printf '%b\r\n' "$1" >>"$dir/next"
}

# tells CODE WHY: what is to be said is said, whole or a byte at a time.
tells() {
	for way in 1 1.drip; do
		cp "$dir/next" "$dir/answers/$way"
		code "$1" ssh_banner -t 20 "$host"
		[ "$1" = 0 ] || err "ssh_banner: $host: $2"
	done
	rm "$dir/next"
}

line "$hello"
packet ignore lists=anything
packet kexinit
tells 0
out "address          $address
server           $hello
key exchange     curve25519-sha256
host keys        ssh-ed25519
ciphers          a
macs             hmac-a
compression      none"
same 'what we say' "SSH-2.0-libsock_$(sock --version | sed 's/sock //')" \
    "$(tr -d '\r' <"$dir/heard")"

# Lines before, which reach no terminal as they are.
line 'welcome \033[2J'
line 'SSL-2.0-x'
line 'SSH-1.99-old'
cp "$dir/next" "$dir/answers/1"
code 0 ssh_banner --banner "$host"
out SSH-1.99-old
err "ssh_banner: $host: welcome \\x1b[2J
ssh_banner: $host: SSL-2.0-x"
packet kexinit
cp "$dir/next" "$dir/answers/1"
code 0 ssh_banner "$host"
rm "$dir/next"

# What is weak.
line "$hello"
packet kexinit lists='diffie-hellman-group1-sha1,diffie-hellman-group14-sha1/ssh-rsa,ssh-dss,rsa-sha2-256/3des-cbc,aes128-cbc,aes128-ctr,chacha20-poly1305@openssh.com/arcfour,none/hmac-md5,hmac-sha1-96,hmac-sha2-256/none/none/zlib//'
cp "$dir/next" "$dir/answers/1"
code 0 ssh_banner "$host"
same weak 'diffie-hellman-group1-sha1              weak: a group of 1024 bits, SHA-1
diffie-hellman-group14-sha1             weak: SHA-1
ssh-rsa                                 weak: SHA-1
ssh-dss                                 weak: a key of 1024 bits
3des-cbc                                weak: blocks of 64 bits
aes128-cbc                              weak: CBC
chacha20-poly1305@openssh.com           weak: no strict key exchange
arcfour                                 weak: RC4
none                                    weak: none at all
hmac-md5                                weak: MD5
hmac-sha1-96                            weak: 96 bits
none                                    weak: none at all' \
    "$(cut -c18- <"$dir/out" | grep weak:)"
cp "$dir/next" "$dir/answers/1"
code 3 ssh_banner --weak --json "$host"
mv "$dir/next" "$dir/answers/1"
ssh_banner --json "$host" | python3 -c 'import json, sys
print(*(a["name"] for a in json.load(sys.stdin)["kex"] if a["weak"]))' \
    >"$dir/names"
same 'as JSON' 'diffie-hellman-group1-sha1 diffie-hellman-group14-sha1' \
    "$(cat "$dir/names")"

# What is no SSH, or none that can be understood.
long=$(head -c 246 /dev/zero | tr '\0' x)
line "SSH-2.0-x$long"
tells 5 'its identification is over 255 bytes'
line "SSH-2.0-${long%?}"
packet kexinit
tells 0
for words in SSH-1.5-x SSH-2.0 SSH-2.0- SSH-3.0-x SSH-x; do
	line $words
	tells 5 'it does not speak version 2 of SSH'
done
line 'SSH-2.0-x\tb'
tells 5 'its identification is no printable ASCII'
line 'SSH-2.0-x\0b'
tells 5 'its identification is no printable ASCII'
head -c 8193 /dev/zero | tr '\0' x >"$dir/next"
tells 5 'a line is over 8 KiB'
ended='the server ended the connection'
: >"$dir/next"
tells 1 "$ended"
yes '' | head -n 1024 >"$dir/answers/1"
code 5 ssh_banner "$host"
grep -q ': 1,024 lines, and none identifies it$' "$dir/err" || err '1,024 lines'
printf 'hello\r\n' >"$dir/answers/1.ever"
code 5 ssh_banner "$host"

# no_packet WHY ARGUMENT...: behind a good line.
no_packet() {
	why=$1
	shift
	line "$hello"
	packet "$@"
	tells 5 "$why"
}

for length in 0 1 4 8 13 34997 35004 4294967295 2147483648 1073741824; do
	no_packet 'no packet has such a length' kexinit length=$length
done
no_packet 'the padding is wrong' kexinit padding=0
no_packet 'the padding is wrong' kexinit padding=3
no_packet 'the padding is wrong' kexinit padding=255
no_packet 'it does not tell its algorithms' 21
no_packet 'it does not tell its algorithms' 30
no_packet 'a list of algorithms is longer than its packet' kexinit lists=a
no_packet 'a list of algorithms is longer than its packet' kexinit cut=8
no_packet 'the lists of algorithms end wrong' kexinit cut=1
no_packet 'the lists of algorithms end wrong' kexinit more=1
for list in ', a' 'a,' ',a' 'a,,b' 'a b' 'a\x00' 'a\x1b' 'a\xff' \
    "$(head -c 65 /dev/zero | tr '\0' x)"; do
	no_packet 'a list of algorithms is no list of names' \
	    kexinit "lists=$list/a/a/a/a/a/a/a//"
done
line "$hello"
i=0
while [ $i -lt 16 ]; do
	packet ignore
	i=$((i + 1))
done
tells 5 '16 packets, and none tells its algorithms'
line "$hello"
packet disconnect 'lists=too many\x1b'
tells 3 'the server disconnects: too many\x1b'

# Cut, at each byte of a packet; or silent.
packet kexinit
size=$(wc -c <"$dir/next")
mv "$dir/next" "$dir/packet"
i=0
while [ $i -lt "$size" ]; do
	line "$hello"
	head -c $i "$dir/packet" >>"$dir/next"
	mv "$dir/next" "$dir/answers/1"
	code 1 ssh_banner "$host"
	err "ssh_banner: $host: $ended"
	i=$((i + 23))
done
line "$hello"
mv "$dir/next" "$dir/answers/1.stall"
code 1 ssh_banner -t 1 "$host"
err "ssh_banner: $host: read $address: timed out"
stopped 143 TERM
code 1 ssh_banner "$host"
err "ssh_banner: $host: dial $address: connection refused"

# Arguments.
see='; see ssh_banner --help'
code 2 ssh_banner
err "ssh_banner: no host$see"
code 2 ssh_banner a b
code 2 ssh_banner -b -j a
code 2 ssh_banner -t x a
code 2 ssh_banner 127.0.0.1:nosuch
code 2 ssh_banner "$(printf 'a\nb')"
code 0 ssh_banner --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 0 ssh_banner --version

# A real one, started for each connection.
[ -x /usr/sbin/sshd ] || skip 'no sshd (apt-get install openssh-server)'
command -v ssh-keygen >/dev/null || skip 'no ssh-keygen'
ssh-keygen -q -t ed25519 -N '' -f "$dir/key"
cat >"$dir/sshd_config" <<END
HostKey $dir/key
KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1
Ciphers aes256-gcm@openssh.com
MACs hmac-sha2-512,hmac-sha1
END
[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
start python3 "$here/inetd.py" /usr/sbin/sshd -i -f "$dir/sshd_config"
code 0 ssh_banner "$address"
grep -q '^server           SSH-2.0-OpenSSH_' "$dir/out" || out 'server OpenSSH'
same 'what sshd offers' 'curve25519-sha256
diffie-hellman-group14-sha1             weak: SHA-1
ssh-ed25519
aes256-gcm@openssh.com
hmac-sha2-512
hmac-sha1                               weak: SHA-1' \
    "$(sed 1,2d "$dir/out" | cut -c18- |
	grep -v '^kex-strict-\|^none$\|^zlib@')"
finish
