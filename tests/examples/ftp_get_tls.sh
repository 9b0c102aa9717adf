# SPDX-License-Identifier: MIT
#
# ftp_get and TLS: AUTH TLS and ftps, both connections in one session, and data
# that were cut.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

here=$(dirname "$0")
! ftp_get ftps://127.0.0.1:1/ 2>&1 | grep -q 'built without TLS' ||
    skip 'ftp_get was built without TLS'
# shellcheck source=tests/examples/certificates.sh
. "$here/certificates.sh"

# Nobody else is to be believed here.
export SSL_CERT_FILE="$dir/ca.pem" SSL_CERT_DIR="$dir/none"
certificate here localhost DNS:localhost,IP:127.0.0.1,IP:::1
certificate other other.example DNS:other.example
for name in here other; do
	cat "$dir/$name.key" >>"$dir/$name.pem"
done

script=$dir/script
asked=$dir/asked
: >"$script"
start python3 "$here/ftp_script.py" "$script" "$asked" "$dir/here.pem"
host=${address#tcp:}

# says LINE...: beside what a server says usually.
says() {
	{
		cat <<'END'
greeting 220 hello\r\n
AUTH 234 go on\r\n@TLS@
USER 230 come in\r\n
PBSZ 200 so be it\r\n
PROT 200 so be it\r\n
TYPE 200 so be it\r\n
SIZE 213 9\r\n
EPSV 229 (|||@PORT@|)\r\n
EPRT 200 so be it\r\n
RETR 150 here\r\n@DATA@226 that was it\r\n
LIST 150 here\r\n@DATA@226 that was it\r\n
data hello you
END
		printf '%s\n' "$@"
	} >"$script"
	: >"$asked"
}

asked() {
	same "what was asked: $1" "$2" "$(grep -c -- "^$1" "$asked")"
}

# fails CODE WHY ARGUMENT...: the last one is the URL.
fails() {
	expected_code=$1 why=$2
	shift 2
	for last; do :; done
	code "$expected_code" ftp_get -t 20 "$@"
	err "ftp_get: $last: $why"
}

# TLS before the name is told, and the data are the same client's.
for url in "ftp://$host/file" "ftps://$host/file"; do
	says
	[ "$url" = "ftp://$host/file" ] ||
	    says 'greeting @TLS@220 hello\r\n' 'AUTH 503 again?\r\n'
	code 0 ftp_get --tls "$url"
	out 'hello you'
	err ''
	asked 'PBSZ 0$' 1
	asked 'PROT P$' 1
	asked 'data, resumed$' 1
done
same 'the order' 'USER PBSZ PROT TYPE SIZE MDTM EPSV RETR data QUIT' \
    "$(sed 's/[ ,].*//' "$asked" | paste -sd' ')"
says 'RETR 150 here\r\n@CALL@226 that was it\r\n'
code 0 ftp_get --tls -a "ftp://$host/file"
out 'hello you'
asked 'data, resumed$' 1

# Cut by anybody: what came is there, and is not taken for all of it, whatever
# the server says.
says 'data-cut x' 'data hello'
fails 4 "the TLS session was cut off, after 5 of 9 bytes; --continue gets the \
rest" --tls -q -o "$dir/file" "ftp://$host/file"
same 'what came' hello "$(cat "$dir/file")"
says 'REST 350 go on\r\n' 'data  you'
code 0 ftp_get --tls -c -o "$dir/file" "ftp://$host/file"
same 'the whole' 'hello you' "$(cat "$dir/file")"
asked 'REST 5$' 1
says 'data-cut x'
fails 4 'the TLS session was cut off, after 9 of 9 bytes' \
    --tls "ftp://$host/file"
says 'data-cut x' 'SIZE 500 what?\r\n'
fails 4 'the TLS session was cut off, after 9 bytes' --tls "ftp://$host/file"
out 'hello you'
says 'data-cut x' 'data a\r\nb\r\n'
fails 4 'the TLS session was cut off, after 4 bytes' --tls "ftp://$host/"
out "$(printf 'a\nb')"

# Who is not believed hears no name, and his data are nobody's.
says
code 1 env SSL_CERT_FILE="$dir/none" ftp_get --tls "ftp://$host/file"
code 1 ftp_get --tls --cacert "$dir/other.pem" "ftp://$host/file"
grep -q 'unknown issuer' "$dir/err" || err '... unknown issuer ...'
asked USER 0
says "data-as $dir/other.pem"
code 1 ftp_get --tls -o "$dir/none" "ftp://$host/file"
grep -q 'certificate is for "other.example", not ' "$dir/err" ||
    err '... certificate is for "other.example", not ...'
same 'a file of nobody' no "$([ ! -e "$dir/none" ] && echo no)"
code 0 ftp_get --tls -k "ftp://$host/file"
out 'hello you'

# Nor who was revoked since.
says
revocations other
code 0 ftp_get --tls --crl "$dir/crl.pem" "ftp://$host/file"
out 'hello you'
revocations other here
says
code 1 ftp_get --tls --crl "$dir/crl.pem" "ftp://$host/file"
grep -q ': certificate was revoked on 20..-..-..$' "$dir/err" ||
    err '...: certificate was revoked on ...'
asked USER 0
code 2 ftp_get --tls --crl "$dir/ca.pem" "ftp://$host/file"
grep -q '^ftp_get: --crl: ' "$dir/err" || err 'ftp_get: --crl: ...'

# What is not protected is not asked for.
for command in PBSZ PROT; do
	says "$command 536 no\r\n"
	fails 3 'the server answers 536 no' --tls "ftp://$host/file"
	asked 'EPSV\|RETR' 0
done
says
code 1 ftp_get -t 20 "ftps://$host/file"
grep -q 'does not speak TLS: it sent "220 hello' "$dir/err" ||
    err '... does not speak TLS: it sent "220 hello...'
says 'greeting @TLS@@CLOSE@'
fails 1 "read line tcp:$host: the TLS session was cut off" "ftps://$host/file"

# A real server.
python=/usr/bin/python3 # which has Debian's modules
$python -c 'import pyftpdlib, OpenSSL' 2>/dev/null ||
    skip 'no pyftpdlib (apt-get install python3-pyftpdlib python3-openssl)'
mkdir -p "$dir/root/sub"
head -c 3000000 /dev/urandom >"$dir/root/big"
printf 'hello\n' >"$dir/root/sub/hello"

# with HOST [implicit]: all of it over one of the families.
with() {
	start $python "$here/ftp_server.py" "$dir/root" "$1" "$dir/here.pem" \
	    ${2+"$2"}
	ftp=ftp${2+s}://${address#tcp:}
	for way in '' -a; do
		code 0 ftp_get --tls $way -o "$dir/big" "$ftp/big"
		err ''
		same "the file, $way" '' "$(cmp "$dir/root/big" "$dir/big")"
		head -c 1000000 "$dir/root/big" >"$dir/big"
		code 0 ftp_get --tls $way -c -o "$dir/big" "$ftp/big"
		same "its rest, $way" '' "$(cmp "$dir/root/big" "$dir/big")"
		code 0 ftp_get --tls $way -n "$ftp/sub/"
		out hello
	done
	stopped 143 TERM
}

with 127.0.0.1
with 127.0.0.1 implicit
! ipv6 || with ::1
start $python "$here/ftp_server.py" "$dir/root" 127.0.0.1 "$dir/here.pem"
fails 3 'the server answers 550 SSL/TLS required on the control channel.' \
    "ftp://${address#tcp:}/big"
finish
