# SPDX-License-Identifier: MIT
#
# fetch on a terminal: progress where it is in nobody's way, and no control
# characters of a server's.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/fetch_script.sh
. "$(dirname "$0")/fetch_script.sh"
# shellcheck source=tests/examples/c1.sh
. "$(dirname "$0")/c1.sh"

command -v script >/dev/null || skip 'no script (apt-get install bsdutils)'

# terminal COMMAND: what it writes on a terminal, escapes told as "^[".
terminal() {
	script -qec "$1" /dev/null </dev/null | sed 's/\r*$//' | cat -v
}

head -c 3000000 /dev/zero >"$dir/there"
body 1 "$dir/there" 'HTTP/1.1 200 OK' 'Content-Length: 3000000'
seen=$(terminal "fetch -o $dir/here $http/")
case $seen in
'^M^[[K'*'^M^[[K100 %  3.0 MB of 3.0 MB  '*'/s  in '*' s' | \
    '^M^[[K100 %  3.0 MB of 3.0 MB  '*'/s  in '*' s') ;;
*) same 'progress to a file' '100 %  3.0 MB of 3.0 MB ... in 0 s' "$seen" ;;
esac
body 1 "$dir/there" 'HTTP/1.1 200 OK'
seen=$(terminal "fetch $http/ >$dir/here")
case $seen in
*'^M^[[K3.0 MB  '*'/s  in '*' s') ;;
*) same 'progress without a length' '3.0 MB ... in 0 s' "$seen" ;;
esac
same 'the file' '' "$(cmp "$dir/there" "$dir/here")"
answer 1 'HTTP/1.1 206 x' 'Content-Range: bytes 3-4/5' '' lo
printf 'hel' >"$dir/here"
seen=$(terminal "fetch -c -o $dir/here $http/")
case $seen in
*'^M^[[K100 %  5 B of 5 B  '*) ;;
*) same 'progress of a rest' '100 %  5 B of 5 B' "$seen" ;;
esac

# A message is on a line of its own.
answer 1 'HTTP/1.1 200 OK' 'Content-Length: 5' '' hel
same 'a body that is cut' "^M^[[Kfetch: $http/: it ended before its body did, \
after 3 of 5 bytes; --continue fetches the rest" \
    "$(terminal "fetch -o $dir/here $http/")"

# No progress: asked for, or the body is there.
answer 1 'HTTP/1.1 200 OK' '' hello
same 'fetch -q' '' "$(terminal "fetch -q -o $dir/here $http/")"
answer 1 'HTTP/1.1 200 OK' '' hello
same 'a body on the terminal' hello "$(terminal "fetch $http/")"

# As it is into a file; on a terminal it cannot move the cursor.
evil='caf\0303\0251 \033[2J\0302\0233x\0177\tb\r\nc\rd\0'
answer 1 'HTTP/1.1 200 OK' '' "$evil"
code 0 fetch "$http/"
same 'a body in a file' "$(printf '%b' "$evil" | od -c)" "$(od -c "$dir/out")"
answer 1 'HTTP/1.1 200 OK' '' "$evil"
same 'a body on the terminal' "$(printf 'cafM-CM-) %s\tb\nc%s' \
    '\x1b[2JM-B\x9bx\x7f' '\x0dd\x00')" "$(terminal "fetch $http/")"

# C1 is in characters of UTF-8 alone, and these may come in pieces.
for way in 1 1.drip; do
	answer $way 'HTTP/1.1 200 OK' '' "$(c1_bytes)"
	same "C1 on the terminal, $way" "$(c1_shown)" \
	    "$(terminal "fetch -q $http/")"
done
finish
