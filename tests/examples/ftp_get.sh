# SPDX-License-Identifier: MIT
#
# ftp_get and a real server: files and folders, passive and active, resumed.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

python=/usr/bin/python3 # which has Debian's modules
$python -c 'import pyftpdlib' 2>/dev/null ||
    skip 'no pyftpdlib (apt-get install python3-pyftpdlib)'

mkdir -p "$dir/root/sub/a b"
head -c 3000000 /dev/urandom >"$dir/root/big"
printf 'hello\n' >"$dir/root/sub/a b/hello"
: >"$dir/root/empty"

# says CODE WHY ARGUMENT...: it ends so before it asks anybody.
says() {
	expected_code=$1 why=$2
	shift 2
	code "$expected_code" ftp_get "$@"
	out ''
	err "ftp_get: $why"
}

# with HOST: all of it over one of the families.
with() {
	start $python "$(dirname "$0")/ftp_server.py" "$dir/root" "$1"
	ftp=ftp://${address#tcp:}
	for way in '' -a; do
		code 0 ftp_get $way -o "$dir/here" "$ftp/big"
		err ''
		same "the file, $way" '' "$(cmp "$dir/root/big" "$dir/here")"
		head -c 1000000 "$dir/root/big" >"$dir/here"
		code 0 ftp_get $way -c -o "$dir/here" "$ftp/big"
		same "its rest, $way" '' "$(cmp "$dir/root/big" "$dir/here")"
		code 0 ftp_get $way "$ftp/sub/a%20b/hello"
		out hello
		code 0 ftp_get $way -n "$ftp/sub/"
		out 'a b'
	done
	code 0 ftp_get "$ftp/empty"
	out ''
	code 0 ftp_get "$ftp/sub/a%20b/"
	grep -q '^-r.* 6 .* hello$' "$dir/out" || out '-r... 6 ... hello'
	code 0 ftp_get --facts "$ftp/"
	grep -q 'size=3000000;.*; big$' "$dir/out" || out 'size=3000000;...; big'
	# A list goes to a file in lines as this system has them.
	code 0 ftp_get -n -o "$dir/list" "$ftp/sub"/
	same 'the list' 'a b' "$(cat "$dir/list")"
	code 3 ftp_get "$ftp/none"
	err "ftp_get: $ftp/none: the server answers 550 No such file or directory."
	code 3 ftp_get "$ftp/..%2F..%2Fetc/passwd"
	code 0 ftp_get -v "$ftp/empty"
	grep -q '^> RETR empty$' "$dir/err" || err '> RETR empty'
}

with 127.0.0.1
! ipv6 || with ::1

# Passwords: of a file, of a variable, and never told.
user=ftp://anna@${address#tcp:}
code 0 env FTP_PASSWORD=geheim ftp_get -v "$user/sub/a%20b/hello"
out hello
grep -q '^> PASS \.\.\.$' "$dir/err" || err '> PASS ...'
same 'the password in the dialogue' 0 "$(grep -c geheim "$dir/err")"
printf 'geheim\nmore\n' >"$dir/password"
code 0 ftp_get --password-file "$dir/password" -u anna "$ftp/empty"
: >"$dir/password"
says 2 "$user/x: no password: the file has none in its first line" \
    --password-file "$dir/password" "$user/x"
code 3 env FTP_PASSWORD=wrong ftp_get "$user/empty"
err "ftp_get: $user/empty: the server answers 530 Authentication failed."
code 2 env FTP_PASSWORD="$(printf 'a\r\nDELE big')" ftp_get "$user/empty"
err 'ftp_get: PASS: it holds a line end'
if command -v setsid >/dev/null; then
	code 2 env -u FTP_PASSWORD setsid -w ftp_get "$user/empty" </dev/null
	err "ftp_get: $user/empty: no password: no file, no variable, and \
nothing was typed"
fi

# Nobody listens.
stopped 143 TERM
code 1 ftp_get "$ftp/x"
err "ftp_get: $ftp/x: dial $address: connection refused"

# What is no such URL, and what would be two commands.
see='; see ftp_get --help'
says 2 "no URL$see"
says 2 "one URL at a time$see" a b
says 2 "http://a/: it does not begin with ftp:// or ftps://" http://a/
says 2 '"": it does not begin with ftp:// or ftps://' ''
says 2 "ftp:///x: it names no host" ftp:///x
says 2 "ftp://@a/: its user has no name" ftp://@a/
says 2 "ftp://u:p@a/: a password in a URL is seen by others; see ftp_get \
--help" ftp://u:p@a/
for bad in '%0D%0ADELE%20x' '%00' '%1b' '%7f'; do
	says 2 "ftp://a/$bad: it holds control characters" "ftp://a/$bad"
	says 2 "ftp://$bad@a/: it holds control characters" "ftp://$bad@a/"
done
for bad in % %1 %zz; do
	says 2 "ftp://a/$bad: a percent sign wants two hex digits" "ftp://a/$bad"
done
code 2 ftp_get "ftp://a/$(head -c 5000 /dev/zero | tr '\0' x)"
code 2 ftp_get ftp://127.0.0.1:70000/
code 2 ftp_get ftp://127.0.0.1:nosuch/
code 2 ftp_get ftp://::1/
says 2 "--continue needs --output FILE$see" -c ftp://a/x
says 2 "a list cannot be continued$see" -c -o "$dir/x" ftp://a/x/
says 2 "--cacert, --crl, --cert and --insecure are for TLS$see" -k ftp://a/
says 2 "--cacert, --crl, --cert and --insecure are for TLS$see" --crl x ftp://a/
says 2 "--key needs --cert$see" --tls --key x ftp://a/
says 2 "--crl and --insecure exclude each other$see" --tls --crl x -k ftp://a/
says 2 "a time is 0.001 to 1000000 seconds$see" -t 0 ftp://a/
code 2 ftp_get --nonsense
code 0 ftp_get --help
grep -q '^Exit status: 0 ' "$dir/out" || same '--help' 'exit status' none
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 0 ftp_get --version
finish
