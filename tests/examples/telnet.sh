# SPDX-License-Identifier: MIT
#
# telnet: what is said on the wire, and a login by script.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

here=$(dirname "$0")
mkdir "$dir/answers"
start python3 "$here/speaker.py" "$dir/answers" "$dir/heard"
host=${address#tcp:}

# Commands, for printf '%b'.
iac='\0377' will='\0377\0373' wont='\0377\0374' do='\0377\0375'
dont='\0377\0376' sb='\0377\0372' se='\0377\0360'

# answer NAME BYTES: what the next connection says.
answer() {
	rm -f "$dir/heard.done"
	printf '%b' "$2" >"$dir/answers/$1"
}

# heard BYTES: what the server was told, once it has heard all.
heard() {
	until [ -s "$dir/heard.done" ]; do
		kill -0 "$server" || break
	done
	same 'what the server heard' "$(printf '%b' "$1" | od -An -c)" \
	    "$(od -An -c <"$dir/heard")"
}

# telnet_says INPUT ANSWER OUTPUT HEARD: whole, and a byte at a time.
telnet_says() {
	for way in 1 1.drip; do
		answer $way "$2"
		printf '%b' "$1" | telnet --terminal xterm -t 20 "$host" \
		    >"$dir/out" 2>"$dir/err"
		same 'exit code of telnet' 0 $?
		same 'standard output' "$(printf '%b' "$3" | od -An -c)" \
		    "$(od -An -c <"$dir/out")"
		err ''
		[ $# -lt 4 ] || heard "$4"
	done
}

# Text: line ends, and the byte that begins commands.
telnet_says '' 'a\r\nb\r\0c\rd\n\r\r\n' 'a\nb\rc\rd\n\r\n' ''
telnet_says '' "a${iac}${iac}b${iac}\0361c${iac}\0371${iac}\0362d" 'a\0377bcd' ''

# Options, each answered once and only if something changes.
telnet_says '' "${will}\01${will}\01${do}\03${do}\03${wont}\01${wont}\01" '' \
    "${do}\01${will}\03${dont}\01"
telnet_says '' "${will}\0046${do}\0047${wont}\0046${dont}\0047${do}\01" '' \
    "${dont}\0046${wont}\0047${wont}\01"
telnet_says '' "${do}\030${sb}\030\01${se}" '' \
    "${will}\030${sb}\030\0xterm${se}"
telnet_says '' "${sb}\030\01${se}${sb}\047\01${se}${sb}${se}" '' ''
telnet_says '' "${do}\030${sb}\030${iac}${iac}\01${se}x" x "${will}\030"
# Parameters without an end take no text with them for ever.
telnet_says '' "${sb}\030\01${do}\03x" x "${will}\03"
telnet_says '' "${sb}$(head -c 5000 /dev/zero | tr '\0' x)${se}x" x ''
telnet_says '' "x${iac}" x ''
telnet_says '' "x${do}" x ''
telnet_says '' "x${sb}\030\01" x ''
telnet_says '' "${will}\0${do}\0a\r\nb\r\0" 'a\r\nb\r\0' "${do}\0${will}\0"
# The name of a terminal is no place for commands.
answer 1 "${do}\030${sb}\030\01${se}"
code 0 telnet --terminal "$(printf 'x\377\360 y%0100d' 0)" "$host" </dev/null
heard "${will}\030${sb}\030\0xy$(printf '%038d' 0)${se}"

# What is asked for by ourselves; answers that come twice, or never.
answer 1 "${will}\0${do}\0a\r\n"
code 0 telnet --binary "$host" </dev/null
heard "${do}\0${will}\0"
answer 1 "${wont}\0${dont}\0${will}\0${will}\0"
code 0 telnet --binary "$host" </dev/null
heard "${do}\0${will}\0${do}\0"

# Everything at once, a thousand times: as many answers, and no more.
: >"$dir/all"
i=0
while [ $i -lt 256 ]; do
	octal=$(printf '%03o' $i)
	printf '%b' "${will}\0$octal${wont}\0$octal${do}\0$octal${dont}\0$octal" \
	    >>"$dir/all"
	i=$((i + 1))
done
rm -f "$dir/heard.done"
for i in 1 2 3 4; do cat "$dir/all"; done >"$dir/answers/1"
code 0 telnet -t 20 "$host" </dev/null
until [ -s "$dir/heard.done" ]; do :; done
# 7 of 512 are agreed on: a yes and a no; the others get a no for each yes.
same 'the answers' $((4 * 3 * (512 + 6))) "$(wc -c <"$dir/heard")"

# The urgent mark of a SYNCH is a part of its command.
answer 1.oob "a${iac}\0362"
code 0 telnet "$host" </dev/null
out a

# Input that is no terminal; all of it, since the server ends behind it.
answer 1.stall ''
printf 'a\nb\rc\377' | telnet -t 20 "$host" >"$dir/out"
same 'exit code of telnet' 0 $?
out ''
heard 'a\r\nb\r\0c\0377\0377'
answer 1.stall 'never ends'
code 1 telnet -t 0.3 -s hello "$host"
err "telnet: $host: timed out"
answer 1.ever 'never ends, and quickly'
telnet -m 0.3 "$host" </dev/null >/dev/null 2>"$dir/err"
same 'exit code of what never ends' 1 $?
answer 1.cut hello
code 1 telnet "$host" </dev/null

# A script: in order, across pieces, and no step twice.
TELNET_PASSWORD=geheim
export TELNET_PASSWORD
for way in 1 1.drip; do
	answer $way 'login: Password: $ bye'
	code 0 telnet -x 'ogin: ' -s anna -x word: -w -x '$ ' -s 'ls -l' \
	    --terminal x "$host"
	out 'login: Password: $ bye'
	heard 'anna\r\ngeheim\r\nls -l\r\n'
done
answer 1.stall 'login: '
code 0 telnet -x 'login: ' "$host"
answer 1.stall 'login: '
code 3 telnet -t 1 -x ogin -x 'login: ' "$host"
err "telnet: $host: \"login: \" is expected, and did not come"
answer 1 'login: '
code 3 telnet -x Password "$host"
err "telnet: $host: the server ended before the script did"
answer 1.ever 'login '
code 3 telnet -t 0.3 -x 'login: ' "$host"
err "telnet: $host: \"login: \" is expected, and did not come"
# Nor does it wait for ever for somebody who takes nothing of what came.
mkfifo "$dir/nobody"
exec 5<>"$dir/nobody"
answer 1.ever 'login '
timeout 60 telnet -t 0.3 -x 'login: ' "$host" >&5 2>"$dir/err"
same 'exit code of a script whose output nobody takes' 3 $?
err "telnet: $host: \"login: \" is expected, and did not come"
exec 5>&-
long=$(head -c 250 /dev/zero | tr '\0' x)
answer 1 "$long$long$long$long${long}y"
code 0 telnet -x "${long}y" "$host"

# Arguments.
see='; see telnet --help'
code 2 telnet
err "telnet: no host$see"
code 2 telnet a b c
code 2 telnet -x '' a
err "telnet: --expect and --send take up to 256 bytes$see"
code 2 telnet -x "$long$long" a
for escape in '' x '^' '^a' '^]x' nothing; do
	code 2 telnet -e "$escape" a
	err "telnet: --escape is ^A to ^_, or none$see"
done
code 2 telnet -t 0 a
code 2 telnet 127.0.0.1 nosuch
code 2 telnet 127.0.0.1:70000
code 2 telnet "$(head -c 600 /dev/zero | tr '\0' x)"
: >"$dir/password"
code 2 telnet --password-file "$dir/password" -w 127.0.0.1:1
code 0 telnet --help
same 'lines over 80 columns' '' "$(awk 'length > 80' "$dir/out")"
code 0 telnet --version
stopped 143 TERM
code 1 telnet "$host"
err "telnet: $host: dial $address: connection refused"

# A real server, whose login is a script.
telnetd=/usr/sbin/telnetd
[ -x $telnetd ] || skip 'no telnetd (apt-get install inetutils-telnetd)'
[ "$(id -u)" -eq 0 ] || skip 'telnetd wants to be root'
cat >"$dir/login" <<'END'
#!/bin/sh
printf 'login: '
read -r name
stty -echo
printf 'Password: '
read -r password
stty echo
printf '\n%s, %s, %s, %s\n' "$name" "$password" "$TERM" "$(stty size)"
printf '$ '
while read -r line && [ "$line" != exit ]; do
	printf 'you said %s\n$ ' "$line"
done
END
chmod +x "$dir/login"
# It notes each login; the machine's own book of them is not for tests.
unshare --mount true 2>/dev/null || skip 'no mount namespaces here'
cat >"$dir/telnetd" <<'END'
#!/bin/sh
mount -t tmpfs tmpfs /var/log && : >/var/log/wtmp && exec "$@"
END
start python3 "$here/inetd.py" unshare --mount sh "$dir/telnetd" \
    $telnetd -h -E "$dir/login"
code 0 telnet --terminal vt100 -x 'login: ' -s anna -x 'Password: ' -w \
    -x '$ ' -s 'echo hello' -x '$ ' -s exit "$address"
grep -q '^anna, geheim, vt100, ' "$dir/out" || out 'anna, geheim, vt100, ...'
grep -q '^you said echo hello$' "$dir/out" || out 'you said echo hello'
printf 'ben\npw\nhi\n' | telnet "$address" >"$dir/out"
same 'exit code of telnet' 0 $?
grep -q 'you said hi' "$dir/out" || out '... you said hi ...'
finish
