# SPDX-License-Identifier: MIT
#
# fetch -o, -c and -r: a file is whole or fetch says that it is not, and what
# was cut is made whole, of one version.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/fetch_script.sh
. "$(dirname "$0")/fetch_script.sh"

head -c 300000 /dev/urandom >"$dir/whole"
head -c 300000 /dev/urandom >"$dir/other"
head -c 100000 "$dir/whole" >"$dir/begin"
tail -c 200000 "$dir/whole" >"$dir/rest"
head -c 150000 "$dir/rest" >"$dir/middle"
head -c 250000 "$dir/whole" >"$dir/most"
file=$dir/file
all='HTTP/1.1 200 OK'
part='HTTP/1.1 206 Partial Content'
none='HTTP/1.1 416 Range Not Satisfiable'
length='Content-Length: 300000'
wrong_answer='the answer is not understood:'

# is FILE: what was fetched is the same.
is() {
	same "the file, as $1" '' "$(cmp "$dir/$1" "$file" 2>&1)"
}

# cut LINE...: a first fetch that ends too early, of an answer with the LINEs.
cut() {
	forget
	rm -f "$file"
	body 1 "$dir/begin" "$all" "$length" "$@"
	code 4 fetch -o "$file" "$http/"
	err "fetch: $http/: it ended before its body did, after 100000 of \
300000 bytes; --continue fetches the rest"
	is begin
	forget
}

# resume CODE [WHY]
resume() {
	code "$1" fetch -c -o "$file" "$http/"
	if [ $# -lt 2 ]; then
		err ''
	else
		err "fetch: $2"
	fi
}

body 1 "$dir/whole" "$all" "$length"
code 0 fetch -o "$file" "$http/"
is whole

# What the server refuses does not cost the file that is there.
answer 1 'HTTP/1.1 404 Not Found' '' 'sorry'
code 3 fetch -o "$file" "$http/"
is whole
code 1 fetch -o "$file" http://127.0.0.1:1/
is whole
body 1 "$dir/other" "$all" "$length"
code 1 fetch -o "$dir/none/file" "$http/"
err "fetch: $dir/none/file: No such file or directory"
body 1 "$dir/other" "$all" "$length"
code 1 fetch -o /dev/full "$http/"
err 'fetch: /dev/full: No space left on device'

# The rest comes, and it is what was asked for.
for way in 1 1.drip; do
	cut
	head -c 2000 "$dir/whole" >"$dir/short"
	head -c 1000 "$dir/whole" >"$file"
	tail -c 1000 "$dir/short" >"$dir/end"
	body $way "$dir/end" "$part" 'Content-Range: bytes 1000-1999/2000'
	resume 0
	is short
	asked '^Range: bytes=1000-$' 1
done
cut
body 1 "$dir/rest" "$part" 'Content-Range: bytes 100000-299999/300000' \
    'Content-Length: 200000'
resume 0
is whole
asked '^Range: bytes=100000-$' 1
asked '^If-Range' 0

# Cut again, and by a server that gives less than was asked for.
cut
body 1 "$dir/middle" "$part" 'Content-Range: bytes 100000-299999/300000'
resume 4 "$http/: it ended before its part did, after 250000 of 300000 bytes; \
--continue fetches the rest"
is most
cut
body 1 "$dir/middle" "$part" 'Content-Range: bytes 100000-249999/300000'
resume 4 "$http/: the server sent less than was asked for, after 250000 of \
300000 bytes; --continue fetches the rest"
is most
forget
tail -c 50000 "$dir/whole" >"$dir/end"
body 1 "$dir/end" "$part" 'Content-Range: bytes 250000-299999/*'
resume 0
is whole
asked '^Range: bytes=250000-$' 1

# Nothing is missing.
for end in '' 'Content-Length: 5'; do
	forget
	answer 1 "$none" 'Content-Range: bytes */300000' ${end:+"$end"} '' 'sorry'
	resume 0
	is whole
done
answer 1 "$none" 'Content-Range: bytes */200000' '' ''
resume 3 "$http/: 300000 bytes are here already, and 200000 there"
answer 1 "$none" 'Content-Range: bytes */400000' '' ''
resume 3 "$http/: 300000 bytes are here already, and 400000 there"
answer 1 "$none" '' ''
resume 3 "$http/: the server answers 416 Range Not Satisfiable"
is whole

# No ranges there, or nothing here.
cut
body 1 "$dir/other" "$all" "$length"
resume 0 "$file: the server sends all of it, so it begins anew"
is other
for there in no yes; do
	forget
	rm -f "$file"
	[ $there = no ] || : >"$file"
	body 1 "$dir/whole" "$all" "$length"
	resume 0
	is whole
	asked '^Range' 0
done

# Lies: what is here is not touched.
# lies WHY LINE...
lies() {
	why=$1
	shift
	cut
	body 1 "$dir/rest" "$@"
	resume 5 "$http/: $wrong_answer $why"
	is begin
}

lies 'it is another part than was asked for' \
    "$part" 'Content-Range: bytes 0-199999/300000'
lies 'it is another part than was asked for' \
    "$part" 'Content-Range: bytes 100001-300000/300001'
for range in 'bytes 100000-299999/299999' 'bytes 100000-99999/300000' \
    'bytes 100000-/300000' 'bytes */300000' 'lines 100000-299999/300000' \
    'bytes 100000-299999' 'bytes 100000-299999/3e5' \
    'bytes 100000-9999999999999999999/*' ''; do
	lies 'it does not say which part it is' "$part" "Content-Range: $range"
done
lies 'it does not say which part it is' "$part" \
    'Content-Type: multipart/byteranges; boundary=x'
lies 'its length is not that of its part' "$part" \
    'Content-Range: bytes 100000-299999/300000' 'Content-Length: 199999'
cut
body 1 "$dir/rest" "$part" 'Content-Range: bytes 100000-100099/300000'
resume 5 "$http/: $wrong_answer it is longer than it says"
same 'the beginning' '' "$(head -c 100000 "$file" | cmp "$dir/begin" -)"
answer 1 "$part" 'Content-Range: bytes 0-4/5' '' hello
code 5 fetch "$http/"
err "fetch: $http/: $wrong_answer it is a part, and all was asked for"

# A part, to wherever.
forget
answer 1 "$part" 'Content-Range: bytes 2-4/10' '' llo
code 0 fetch -r 2-4 "$http/"
out llo
asked '^Range: bytes=2-4$' 1
answer 1 "$part" 'Content-Range: bytes 2-4/10' '' ll
code 4 fetch -r 2-4 "$http/"
answer 1 "$part" 'Content-Range: bytes 3-4/10' '' lo
code 5 fetch -r 2-4 "$http/"
err "fetch: $http/: $wrong_answer it is another part than was asked for"
# ranges CODE RANGE PART [WHY]: all of it, less than there is, or another one.
ranges() {
	answer 1 "$part" "Content-Range: bytes $3" '' 01234
	code "$1" fetch -r "$2" -o "$file" "$http/"
	err "${4:+fetch: $http/: $4}"
}

short='the server sent less than was asked for, after 5 of'
another="$wrong_answer it is another part than was asked for"
ranges 0 0-4 0-4/10
ranges 0 0-4 '0-4/*'
ranges 0 0-99 0-4/5
ranges 4 0-99 0-4/1000 "$short 100 bytes"
ranges 4 0-99 0-4/50 "$short 50 bytes"
ranges 4 0-99 '0-4/*' "$short 100 bytes"
ranges 5 0-3 0-4/1000 "$another"
ranges 5 0-3 '0-4/*' "$another"
ranges 0 5- 5-9/10
ranges 0 5- '5-9/*'
ranges 4 5- 5-9/11 "$short 6 bytes"
ranges 0 -5 5-9/10
ranges 0 -5 '5-9/*'
ranges 0 -9 0-4/5
ranges 5 -5 0-4/1000 "$another"
ranges 5 -4 5-9/10 "$another"
ranges 5 -6 5-9/10 "$another"
ranges 5 -6 '5-9/*' "$another"
ranges 4 -7 3-7/10 "$short 7 bytes"
answer 1 "$all" '' hello
code 3 fetch -r -3 "$http/"
err "fetch: $http/: the server sends no part of it, but all"
answer 1 "$none" 'Content-Range: bytes */10' '' ''
code 3 fetch -r 20- "$http/"
answer 1 "$part" 'Content-Range: bytes 7-9/10' '' llo
code 0 fetch -r -3 -o "$file" "$http/"
same 'a part' llo "$(cat "$file")"
mkfifo "$dir/fifo"
exec 5<>"$dir/fifo"
code 2 fetch -c -o "$dir/fifo" "$http/"
err "fetch: $dir/fifo: only an ordinary file can be continued"
answer 1 "$all" '' hello
code 0 fetch -o "$dir/fifo" "$http/"
same 'the fifo' hello "$(head -c 5 <&5)"
exec 5<&-

# The version that it was, where the file system can keep its name.
command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.try", b"x")' \
    "$file" 2>/dev/null || { [ $wrong = 0 ] || finish; skip \
    "no extended attributes in ${TMPDIR-/tmp}: If-Range is not tried"; }

# kept VALIDATOR LINE...: it is asked for later.
kept() {
	expected_validator=$1
	shift
	cut "$@"
	body 1 "$dir/rest" "$part" \
	    'Content-Range: bytes 100000-299999/300000' "$@"
	resume 0
	is whole
	same "what is kept of $*" "$expected_validator" \
	    "$(tr -d '\r' <"$dir/asked" | sed -n 's/^If-Range: //p')"
}

monday='Mon, 02 Nov 2026 10:00:00 GMT'
later='Mon, 02 Nov 2026 10:00:01 GMT'
kept '"v1"' 'ETag: "v1"'
kept '"v1"' 'ETag: "v1"' "Last-Modified: $monday" "Date: $later"
kept '' 'ETag: W/"v1"'
kept '' "Last-Modified: $monday"
kept '' "Last-Modified: $monday" "Date: $monday"
kept "$monday" "Last-Modified: $monday" "Date: $later"
cut 'ETag: "v1"'
body 1 "$dir/other" "$all" "$length" 'ETag: "v2"'
resume 0 "$file: the server sends all of it, so it begins anew"
is other
cut 'ETag: "v1"'
body 1 "$dir/rest" "$part" 'Content-Range: bytes 100000-299999/300000' \
    'ETag: "v2"'
resume 3 "$http/: it is a part of another version than the one here"
is begin
# A file that is whole keeps no name.
body 1 "$dir/rest" "$part" 'Content-Range: bytes 100000-299999/300000'
resume 0
forget
answer 1 "$none" 'Content-Range: bytes */300000' '' ''
resume 0
asked '^If-Range' 0
finish
