# SPDX-License-Identifier: MIT
#
# ftp_get and servers that lie, break off, or never come to an end.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

script=$dir/script
: >"$script"
: >"$dir/asked"
start python3 "$(dirname "$0")/ftp_script.py" "$script" "$dir/asked"
ftp=ftp://${address#tcp:}

# says LINE...: beside what a server says usually.
says() {
	{
		cat <<'END'
greeting 220 hello\r\n
USER 331 who are you?\r\n
PASS 230 come in\r\n
TYPE 200 so be it\r\n
SIZE 213 5\r\n
MDTM 213 20200101000000\r\n
EPSV 229 (|||@PORT@|)\r\n
RETR 150 here\r\n@DATA@226 that was it\r\n
LIST 150 here\r\n@DATA@226 that was it\r\n
data hello
END
		printf '%s\n' "$@"
	} >"$script"
	: >"$dir/asked"
}

# gets EXPECTED LINE...: the file comes all the same.
gets() {
	expected_body=$1
	shift
	says "$@"
	code 0 ftp_get -t 10 "$ftp/file"
	out "$expected_body"
	err ''
}

# fails CODE WHY LINE...: it does not.
fails() {
	expected_code=$1 why=$2
	shift 2
	says "$@"
	code "$expected_code" ftp_get -t 10 "$ftp/file"
	err "ftp_get: $ftp/file: $why"
}

asked() {
	same "what was asked: $1" "$2" "$(grep -c -- "^$1" "$dir/asked")"
}

# Replies as RFC 959 has them, and as some have them.
gets hello
asked 'USER anonymous' 1
asked 'RETR file' 1
gets hello 'greeting 220-hello\r\n220-you\r\n  there\r\n220 all\r\n'
gets hello 'greeting 220-hello\r\n230 not yet\r\n123\r\n\r\n220 now\r\n'
gets hello 'greeting 220-x\n220\n'
gets hello 'greeting 120 in a minute\r\n220 now\r\n'
gets hello 'USER 230 no password here\r\n'
gets hello 'SIZE 500 what?\r\n' 'MDTM 502 no\r\n'
gets hello 'EPSV 229 ok (!!!@PORT@!)\r\n'
gets hello 'RETR 125 it is open\r\n@DATA@250 done\r\n'
gets hello 'SIZE 213 3\r\n'

# What is none.
fails 5 'what the server says is not FTP' 'greeting SSH-2.0-x\r\n'
for line in '' 22 '2200 x' '099 x' '600 x' '22a x' '+20 x' '220x'; do
	fails 5 'what the server says is not FTP' "greeting $line\r\n"
done
long=$(head -c 4000 /dev/zero | tr '\0' x)
gets hello "greeting 220 $long\r\n"
fails 5 'a line of a reply is over 4 KiB' "greeting 220 $long$long\r\n"
fails 5 'a line of a reply is over 4 KiB' "greeting 220 @EVER xxxxxxxx@"
fails 5 'a reply is over 256 KiB' 'greeting 220-hi\r\n@EVER 220-hi\r\n@'
says 'greeting 220-hi\r\n@DRIP 220-hi\r\n@'
code 1 ftp_get -t 0.3 "$ftp/file"
err "ftp_get: $ftp/file: timed out"
says 'USER 331-hi\r\n@STALL@'
code 1 ftp_get -t 0.3 "$ftp/file"
err "ftp_get: $ftp/file: timed out"

# Refused, at each step.
answers='the server answers'
fails 3 "$answers 421 too many" 'greeting 421 too many\r\n'
fails 3 "$answers 530 no" 'USER 530 no\r\n'
fails 3 "$answers 530 no" 'PASS 530 no\r\n'
fails 3 "$answers 332 account?" 'PASS 332 account?\r\n'
fails 3 "$answers 504 no" 'TYPE 504 no\r\n'
fails 3 "$answers 550 none" 'RETR 550 none\r\n'
fails 3 "$answers 226 done" 'RETR 226 done\r\n'
fails 3 "$answers 421 bye" 'SIZE 421 bye\r\n'
fails 3 "$answers 500 what?" 'EPSV 500 no\r\n'
fails 3 "$answers 425 not now" 'EPSV 425 not now\r\n'
fails 3 "$answers 550 \\x1b[2J\\xc2\\x9b" 'RETR 550 \x1b[2J\xc2\x9b\r\n'

# Cut, at each step.
ended='the server ended the connection'
for command in greeting USER PASS TYPE SIZE EPSV RETR; do
	fails 1 "$ended" "$command @CLOSE@"
done
says 'RETR 150 here\r\n@RESET@'
code 4 ftp_get "$ftp/file"
cut=', after 5 of 9 bytes'
fails 4 "it ended before the file did$cut" 'SIZE 213 9\r\n'
fails 4 "the server says 426 cut$cut" 'SIZE 213 9\r\n' \
    'RETR 150 here\r\n@DATA@426 cut\r\n'
says 'RETR 150 here\r\n@DATA@@CLOSE@'
code 4 ftp_get "$ftp/file"
err "ftp_get: $ftp/file: $ended
ftp_get: $ftp/file: the server did not say that it was all, after 5 of 5 bytes"
says 'data-stall x'
code 4 ftp_get -t 1 "$ftp/file"
err "ftp_get: $ftp/file: timed out, after 5 of 5 bytes"
says 'data-stall x'
code 4 ftp_get -m 2 "$ftp/file"
says 'data-reset x' 'SIZE 213 9\r\n'
code 4 ftp_get -q -o "$dir/part" "$ftp/file"
grep -q 'of 9 bytes; --continue gets the rest$' "$dir/err" ||
    err '... of 9 bytes; --continue gets the rest'

# The rest of a file, of the same version or none.
says 'REST 350 go on\r\n' 'SIZE 213 9\r\n' 'data  you'
printf hello >"$dir/part"
code 0 ftp_get -c -o "$dir/part" "$ftp/file"
same 'the whole' 'hello you' "$(cat "$dir/part")"
asked 'REST 5' 1
says 'SIZE 213 5\r\n'
printf hello >"$dir/part"
code 0 ftp_get -c -o "$dir/part" "$ftp/file"
asked RETR 0
says 'SIZE 213 3\r\n'
code 3 ftp_get -c -o "$dir/part" "$ftp/file"
err "ftp_get: $ftp/file: 5 bytes are here already, and 3 there"
says 'SIZE 213 9\r\n' 'data all of it'
code 0 ftp_get -c -o "$dir/part" "$ftp/file" # REST is refused
err "ftp_get: $dir/part: the server sends all of it, so it begins anew"
same 'all of it' 'all of it' "$(cat "$dir/part")"
says 'SIZE 213 9\r\n'
code 4 ftp_get -q -o "$dir/part" "$ftp/file"
if python3 -c 'import os, sys
os.getxattr(sys.argv[1], "user.fetch.validator")' "$dir/part" 2>/dev/null; then
	says 'SIZE 213 9\r\n' 'MDTM 213 20210101000000\r\n' 'data all of it' \
	    'REST 350 go on\r\n'
	code 0 ftp_get -c -o "$dir/part" "$ftp/file"
	err "ftp_get: $dir/part: the server has another version of it, so it \
begins anew"
	same 'all of it' 'all of it' "$(cat "$dir/part")"
fi

# PASV for those who know nothing else; what address it names is its affair.
old='EPSV 500 what?\r\n'
says "$old" 'PASV 227 (10,9,8,7,0,1)\r\n'
code 1 ftp_get "$ftp/file"
err "ftp_get: $ftp/file: dial tcp:127.0.0.1:1: connection refused"
for answer in '(127,0,0,1,4)' '(127,0,0,1,256,1)' '(127,0,0,1,0,0)' \
    '(127.0.0.1.4.1)' '' '(127,0,0,1,4,99999999999999999999)'; do
	fails 5 'the server listens on no port' "$old" "PASV 227 $answer\r\n"
done
for answer in '(|||0|)' '(|||65536|)' '(|||99999999999|)' '(|||x|)' '(||1|)' \
    '(|||1)' '(1111111)' '|||1|' '(|1|127.0.0.1|1|)'; do
	fails 5 'the server listens on no port' "EPSV 229 $answer\r\n"
done

# Active: the server connects, or says why not.
says 'EPRT 200 ok\r\n' 'RETR 150 here\r\n@CALL@226 done\r\n'
code 0 ftp_get -a "$ftp/file"
out hello
# The server has said that it is all before its connection is there.
says 'EPRT 200 ok\r\n' 'RETR 150 here\r\n226 done\r\n@CALL@'
code 0 ftp_get -a -t 10 "$ftp/file"
out hello
says 'PORT 200 ok\r\n' 'RETR 150 here\r\n@CALL@226 done\r\n'
code 0 ftp_get -a "$ftp/file"
out hello
says 'EPRT 200 ok\r\n' 'RETR 150 here\r\n@STRANGE@@CALL@226 done\r\n'
code 0 ftp_get -a "$ftp/file"
out hello
says 'EPRT 200 ok\r\n' 'RETR 150 here\r\n425 cannot connect\r\n'
code 3 ftp_get -a "$ftp/file"
err "ftp_get: $ftp/file: $answers 425 cannot connect"
says 'EPRT 200 ok\r\n' 'RETR 150 here\r\n@STALL@'
code 1 ftp_get -a -t 1 "$ftp/file"
err "ftp_get: $ftp/file: the server did not connect in time"

# Lists: lines, not options.
says 'data -rw a\r\n-rw b\r\n'
code 0 ftp_get "$ftp/"
out "$(printf -- '-rw a\n-rw b')"
asked 'LIST$' 1
says
code 0 ftp_get "$ftp/-la/"
asked 'LIST ./-la$' 1
says "data $long$long"
code 5 ftp_get "$ftp/"
err "ftp_get: $ftp/: a line of the list is over 4 KiB"

says 'data-stall x' 'data one\r\ntwo\r\n'
code 4 ftp_get -t 1 -o "$dir/list" "$ftp/"
err "ftp_get: $ftp/: timed out, after 8 bytes"
same 'the beginning of a list' "$(printf 'one\ntwo')" "$(cat "$dir/list")"

# TLS is never left out, and nothing comes along with its beginning.
says
ftp_get --tls "$ftp/file" 2>"$dir/err"
tls=$?
asked USER 0
if grep -q 'built without TLS' "$dir/err"; then
	same 'exit code without TLS' 2 $tls
else
	same 'exit code of a server without TLS' 3 $tls
	err "ftp_get: $ftp/file: $answers 500 what?"
	says 'AUTH 234 go on\r\n230 come in\r\n'
	code 1 ftp_get --tls "$ftp/file"
	asked USER 0
fi
finish
