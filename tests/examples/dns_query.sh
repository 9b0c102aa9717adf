# SPDX-License-Identifier: MIT
#
# dns_query: records of every type, UDP and then TCP, and answers that are
# not to its question, or lie.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

mkdir "$dir/answers"
start dns_script "$dir/answers"
ns=$address

# answer NAME FLAGS QUESTIONS ANSWERS AUTHORITIES ADDITIONALS REST
answer() {
	# shellcheck disable=SC2059 # bytes
	printf "\\000\\000$2\\000\\00$3\\000\\00$4\\000\\00$5\\000\\00$6$7" \
	    >"$dir/answers/$1"
}

ok='\201\200'
cut='\203\200'
a_test='\001a\004test\000'
class='\000\001'
question="$a_test\\000\\001$class"
# The name of the question, and a minute.
from="\\300\\014"
minute='\000\000\000\074'
record="$from\\000\\001$class$minute\\000\\004\\300\\000\\002\\007"

# gets SHORT TYPE: what --short prints.
gets() {
	code 0 dns_query --short "@$ns" a.test "$2"
	out "$1"
	err ''
}

# data TYPE_BYTE LENGTH_OCTAL DATA: a question and a record of this type.
data() {
	printf '%s' "$a_test\\000\\$1$class$from\\000\\$1$class$minute\\000\\$2$3"
}

answer 1 "$ok" 1 1 0 0 "$question$record"
code 0 dns_query "@$ns" a.test
same 'what dig shows' ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N
;; flags: qr rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 0

;; QUESTION SECTION:
;a.test.                        IN  A

;; ANSWER SECTION:
a.test.                      60 IN  A     192.0.2.7

;; Query time: N msec
;; SERVER: $ns (UDP)
;; MSG SIZE  rcvd: 40" "$(sed 's/id: [0-9]*/id: N/
    s/time: [0-9]*/time: N/' "$dir/out")"
answer 1 "$ok" 1 1 0 0 "$question$record"
gets 192.0.2.7 a
answer 1 "$ok" 1 1 0 0 "$(data 034 020 \
    '\040\001\015\270\000\000\000\000\000\000\000\000\000\000\000\005')"
gets 2001:db8::5 AAAA
answer 1 "$ok" 1 1 0 0 "$(data 017 007 '\000\012\002mx\300\014')"
gets '10 mx.a.test.' MX
answer 1 "$ok" 1 1 0 0 "$(data 041 013 '\000\001\000\002\003\341\002in\300\014')"
gets '1 2 993 in.a.test.' SRV
answer 1 "$ok" 1 1 0 0 "$(data 002 002 '\300\016')"
gets 'test.' NS
answer 1 "$ok" 1 1 0 0 "$(data 005 003 '\001b\000')"
gets 'b.' CNAME
answer 1 "$ok" 1 1 0 0 "$(data 006 032 "\\300\\014\\001h\\300\\014\
\\000\\000\\000\\001\\000\\000\\000\\002\\000\\000\\000\\003\
\\000\\000\\000\\004\\000\\000\\000\\005")"
gets 'a.test. h.a.test. 1 2 3 4 5' SOA
answer 1 "$ok" 1 1 0 0 "$(data 101 003 '\001\002\003')"
gets '\# 3 010203' TYPE65
# ANY: whichever there are (RFC 8482 lets it be one of them).
answer 1 "$ok" 1 1 0 0 "$a_test\\000\\377$class$record"
gets 192.0.2.7 TYPE255
answer 1 "$ok" 1 0 0 0 "$a_test\\000\\377$class"
code 3 dns_query -s "@$ns" a.test TYPE255
err 'dns_query: a.test: it has no records of this type'

# What could move a cursor is told in digits.
answer 1 "$ok" 1 1 0 0 "$(data 020 014 '\003a b\007\033\133\062J\042\134\377')"
gets '"a b" "\027[2J\"\\\255"' TXT
answer 1 "$ok" 1 1 0 0 "$(data 005 006 '\004\033\133.\000\000')"
gets '\027[\.\000.' CNAME

# The names of an address.
answer 1 "$ok" 1 1 0 0 "\\0017\\0012\\0010\\003192\\007in-addr\\004arpa\\000\
\\000\\014$class$from\\000\\014$class$minute\\000\\003\\001b\\000"
code 0 dns_query -s "@$ns" -x 192.0.2.7
out b.

# There is none; it is refused.
answer 1 '\201\203' 1 0 0 0 "$question"
code 3 dns_query -s "@$ns" a.test
err 'dns_query: a.test: there is no such name'
answer 1 "$ok" 1 0 0 0 "$question"
code 3 dns_query -s "@$ns" a.test
err 'dns_query: a.test: it has no records of this type'
answer 1 "$ok" 1 1 0 0 "$question$from\\000\\005$class$minute\\000\\003\\001b\\000"
code 3 dns_query -s "@$ns" a.test
out b.
err 'dns_query: a.test: it has no records of this type'
answer 1 '\201\202' 1 0 0 0 "$question"
code 4 dns_query -s "@$ns" a.test
err 'dns_query: a.test: SERVFAIL'
answer 1 '\201\201' 0 0 0 0 ''
code 4 dns_query -s "@$ns" a.test
err 'dns_query: a.test: FORMERR'

# Too much for a datagram: TCP.
answer 1 "$cut" 1 0 0 0 "$question"
answer 2.tcp "$ok" 1 1 0 0 "$question$record"
gets 192.0.2.7 A
answer 1 "$cut" 1 1 0 0 "$question$record"
answer 2.tcp "$ok" 1 2 0 0 "$question$record$record"
code 0 dns_query "@$ns" a.test
same 'two records' 2 "$(grep -c '192.0.2.7$' "$dir/out")"
grep -q "^;; SERVER: $ns (TCP)\$" "$dir/out" || same transport TCP UDP
answer 1.tcp "$ok" 1 1 0 0 "$question$record"
code 0 dns_query --tcp -s "@$ns" a.test
out 192.0.2.7

# Over TCP what is wrong is an error: nobody else can have sent it.
answer 1.tcp.forged "$ok" 1 1 0 0 "$question$record"
code 5 dns_query --tcp -s "@$ns" a.test
err 'dns_query: a.test: the answer is to another question'
out ''
answer 1.tcp "$ok" 1 1 0 0 "\\001b\\004test\\000\\000\\001$class$record"
code 5 dns_query --tcp -s "@$ns" a.test
printf '\000\000' >"$dir/answers/1.tcp.raw"
code 5 dns_query --tcp -s "@$ns" a.test
for bytes in '' '\000' '\000\050' '\000\050\001'; do
	# shellcheck disable=SC2059 # bytes
	printf "$bytes" >"$dir/answers/1.tcp.raw"
	code 1 dns_query --tcp -s "@$ns" a.test
	err "dns_query: a.test: read tcp:$ns: the peer finished before all the bytes asked for"
done
# Two answers: the first one counts.
answer 1.tcp.more "$ok" 1 1 0 0 "$question$record"
answer 2.tcp.forged "$ok" 1 1 0 0 "$question$record"
code 0 dns_query --tcp -s "@$ns" a.test
out 192.0.2.7

# Over UDP it is dropped: an answer comes behind it.
other="$from\\000\\001$class$minute\\000\\004\\300\\000\\002\\001"
forge() {
	answer "$1" "$2" "$3" "$4" 0 0 "$5"
	answer 9 "$ok" 1 1 0 0 "$question$record"
	gets 192.0.2.7 A
	rm -f "$dir"/answers/*
}
forge 1.forged.more "$ok" 1 1 "$question$other"
forge 1.other.more "$ok" 1 1 "$question$other"
forge 1.more "$ok" 1 1 "\\001b\\004test\\000\\000\\001$class$other"
forge 1.more "$ok" 1 1 "$a_test\\000\\034$class$other"
forge 1.more "$ok" 1 1 "$a_test\\000\\001\\000\\003$other"
forge 1.more "$ok" 0 1 "$a_test\\000\\001$class$other"
forge 1.more "$ok" 2 1 "$question$question$other"
forge 1.more '\001\000' 1 1 "$question$other"
forge 1.more '\241\200' 1 1 "$question$other"
forge 1.more '\201\203' 0 0 ''
: >"$dir/answers/1.raw.more"
answer 2 "$ok" 1 1 0 0 "$question$record"
gets 192.0.2.7 A
# It is asked again when nothing comes.
: >"$dir/answers/1.silent"
answer 2 "$ok" 1 1 0 0 "$question$record"
gets 192.0.2.7 A

# Malformed: nothing of it is shown.
lies() {
	answer 1 "$ok" 1 "$1" 0 0 "$question$2"
	code 5 dns_query -s "@$ns" a.test
	err 'dns_query: a.test: the answer is malformed'
	out ''
}
head="\\000\\001$class$minute"
lies 1 ''
lies 7 "$record"
lies 1 "\\300\\030$head\\000\\004\\300\\000\\002\\007"
lies 1 "\\300\\050$head\\000\\004\\300\\000\\002\\007"
lies 1 "\\377\\377$head\\000\\004\\300\\000\\002\\007"
lies 1 "\\101a\\000$head\\000\\004\\300\\000\\002\\007"
lies 1 "$from$head\\000\\003\\300\\000\\002"
lies 1 "$from$head\\000\\005\\300\\000\\002\\007"
lies 1 "$from$head\\377\\377\\300\\000\\002\\007"
lies 1 "$from\\000\\005$class$minute\\000\\003\\001b\\300"
lies 1 "$from\\000\\005$class$minute\\000\\004\\001b\\300\\044"
lies 2 "$record\\300"
lies 1 "$from\\000\\005$class$minute\\000\\004\\001b\\000x"
lies 1 "$from\\000\\101$class$minute\\000\\005abc"

# No answer at all; whom to ask.
rm -f "$dir"/answers/*
code 1 dns_query -t 0.1 "@$ns" a.test
grep -q '^dns_query: a.test: .*timed out' "$dir/err" || err 'timed out'
answer 1.again "$ok" 1 1 0 0 "$question$record"
code 0 dns_query -s @127.0.0.1:1 "@$ns" a.test
out 192.0.2.7
grep -q '^dns_query: a.test: .*127.0.0.1:1: connection refused$' "$dir/err" ||
    err 'connection refused'
stopped 143 TERM

# says CODE MESSAGE ARGUMENTS...
says() {
	expected_code=$1 expected_message=$2
	shift 2
	code "$expected_code" dns_query "$@"
	err "dns_query: $expected_message"
	out ''
}

says 2 'no name; see dns_query --help'
says 2 'one name and one type at a time; see dns_query --help' a A b
says 2 'X: no such type' a X
says 2 'TYPE65536: no such type' a TYPE65536
says 2 'TYPE: no such type' a TYPE
says 2 '--reverse asks for PTR; see dns_query --help' -x a A
says 2 'a.test: it is no IP address' -x a.test
says 2 'a time is 0.001 to 1000000 seconds; see dns_query --help' -t 0 a
says 2 '"": no name' ''
says 2 'a..b: a label is empty' a..b
says 2 '.a: a label is empty' .a
says 2 '..: a label is empty' ..
for name in 'a b' '\256' '\25' "a\\" "$(printf 'a\001')"; do
	code 2 dns_query "$name"
	grep -q 'a name is of printable ASCII, or \\DDD$' "$dir/err" ||
	    err "$name"
done
label=$(head -c 63 /dev/zero | tr '\0' x)
says 2 "${label}x: a label has 63 bytes at most" "${label}x"
long=$label.$label.$label.$(head -c 62 /dev/zero | tr '\0' x)
says 2 "$long: a name has 255 bytes at most" "$long"
code 2 dns_query "@$long$long" a
code 2 dns_query @127.0.0.1:x a
err 'dns_query: a: dial udp:127.0.0.1:x: no such service: "x" over udp, at byte 14'
code 2 dns_query @127.0.0.1:99999 a
code 0 dns_query --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 0 dns_query --version
code 2 dns_query --nonsense
code 1 sh -c 'dns_query --help >/dev/full'
finish
