# SPDX-License-Identifier: MIT
#
# fetch: bodies of every framing, and what it says of those that lie.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/fetch_script.sh
. "$(dirname "$0")/fetch_script.sh"

ok='HTTP/1.1 200 OK'

# gets BODY LINE... BYTES: the answer is taken, whole or a byte at a time.
gets() {
	expected_body=$1
	shift
	for way in 1 1.drip; do
		answer $way "$@"
		code 0 fetch "$http/"
		out "$expected_body"
		err ''
	done
}

# fails CODE WHY LINE... BYTES: it is not, either way.
fails() {
	expected_code=$1 why=$2
	shift 2
	for way in 1 1.drip; do
		answer $way "$@"
		code "$expected_code" fetch "$http/"
		err "fetch: $http/: $why"
	done
}

# What a body may look like.
gets hello "$ok" 'Content-Length: 5' '' hello
gets hello "$ok" 'content-length:5 	' '' 'hello and more'
gets hello "$ok" 'Content-Length: 5' 'Content-Length: 5' '' hello
gets '' "$ok" 'Content-Length: 0' '' ''
gets hello 'HTTP/1.0 200 OK' '' hello
gets hello 'HTTP/1.1 200' '' hello
gets hello "$ok" 'Transfer-Encoding: chunked' '' \
    '5\r\nhello\r\n0\r\n\r\n'
gets 'hello, world' "$ok" 'transfer-encoding: Chunked' '' \
    '5;a=b;c="d"\r\nhello\r\n007 \r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n'
gets '' "$ok" 'Transfer-Encoding: chunked' '' '0\r\n\r\n'
gets '' 'HTTP/1.1 204 No Content' 'Content-Length: 5' '' ''
gets hello 'HTTP/1.1 100 Continue' '' 'HTTP/1.1 103 Early Hints' 'Link: x' '' \
    "$ok" '' hello
gets hello "$ok" 'X-Folded: a' '	b' ' c' 'Content-Length:' ' 5' '' hello
printf 'HTTP/1.1 200 OK\nContent-Length: 5\n\nhello' >"$dir/answers/1"
code 0 fetch "$http/"
out hello

# Cut: what came is there, and it is never taken for all.
for way in 1 1.drip 1.reset; do
	answer $way "$ok" 'Content-Length: 6' '' hello
	code 4 fetch "$http/"
	out hello
	grep -q ', after 5 of 6 bytes$' "$dir/err" || err 'after 5 of 6 bytes'
done

# A part says itself where it ends: that is all of it, or more than it says.
part='HTTP/1.1 206 Partial Content'
for way in 1 1.drip 1.reset; do
	answer $way "$part" 'Content-Range: bytes 2-4/9' '' llo
	code 0 fetch -r 2-4 "$http/"
	out llo
	answer $way "$part" 'Content-Range: bytes 2-4/9' \
	    'Transfer-Encoding: chunked' '' '4\r\nllo,\r\n0\r\n\r\n'
	code 5 fetch -r 2-4 "$http/"
	out llo
done

# What is said of it without a standard error is not written into the file.
answer 1 "$ok" 'Content-Length: 6' '' hello
fetch -o "$dir/file" "$http/" 2>&-
same 'exit code without standard error' 4 $?
same 'the file' hello "$(cat "$dir/file")"
cut='it ended before its body did'
fails 4 "$cut, after 5 bytes" "$ok" 'Transfer-Encoding: chunked' '' \
    '5\r\nhello\r\n'
fails 4 "$cut, after 5 bytes" "$ok" 'Transfer-Encoding: chunked' '' \
    '5\r\nhello\r\n0\r\n'
fails 4 "$cut, after 3 bytes" "$ok" 'Transfer-Encoding: chunked' '' '5\r\nhel'
answer 1.reset "$ok" '' hello
code 4 fetch "$http/"
answer 1.stall "$ok" 'Content-Length: 6' '' hello
code 4 fetch --timeout 1 "$http/"
err "fetch: $http/: timed out, after 5 of 6 bytes"
answer 1.stall "$ok" 'Content-Le' ''
code 1 fetch --timeout 0.2 "$http/"
# A byte now and then does not put off the end of the head.
answer 1.slow "$ok" 'Content-Length: 5' '' hello
code 1 fetch --timeout 0.2 "$http/"
err "fetch: $http/: peek $address: timed out"
answer 1.stall "$ok" '' hello
code 4 fetch --max-time 1 "$http/"
fails 1 'nothing came' ''
fails 1 'it ended within its head' "$ok" 'Content-Length: 5' hello

# What is no answer.
wrong_answer='the answer is not understood:'
fails 5 "$wrong_answer it is not HTTP" 'SSH-2.0-x' '' hello
fails 5 "$wrong_answer it is not HTTP/1.0 or HTTP/1.1" 'HTTP/2 200 OK' '' ''
fails 5 "$wrong_answer it is not HTTP/1.0 or HTTP/1.1" 'HTTP/1.10 200' '' ''
for status in '99 x' '600 x' 20 2000 '2x0 x' '-20 x' ''; do
	fails 5 "$wrong_answer its status is no number from 100 to 599" \
	    "HTTP/1.1 $status" '' ''
done
fails 5 "$wrong_answer it switches protocols, which nobody asked for" \
    'HTTP/1.1 101 x' '' ''
for length in -5 +5 0x5 '5, 5' '5 5' 5x '' 9999999999999999999; do
	fails 5 "$wrong_answer its Content-Length is no number" \
	    "$ok" "Content-Length: $length" '' hello
done
fails 5 "$wrong_answer it has two lengths" \
    "$ok" 'Content-Length: 5' 'Content-Length: 6' '' hello
fails 5 "$wrong_answer it has chunks and a length" "$ok" \
    'Content-Length: 5' 'Transfer-Encoding: chunked' '' '5\r\nhello\r\n'
for coding in gzip 'gzip, chunked' 'chunked, chunked' identity xchunked; do
	fails 5 "$wrong_answer its Transfer-Encoding is not plain \"chunked\"" \
	    "$ok" "Transfer-Encoding: $coding" '' hello
done
for line in 'no colon' ': nameless' 'Content-Length : 5' ' folded: first'; do
	fails 5 "$wrong_answer a line of its head is no \"Name: value\"" \
	    "$ok" "$line" '' hello
done
fails 5 "$wrong_answer a field of its head holds control characters" \
    "$ok" "X: $(printf 'a\rContent-Length: 5')" '' hello
fails 5 "$wrong_answer a field of its head holds control characters" \
    "$ok" 'X: a\0b\r\n\r\nhello'
for size in '' x -5 1000000000000000 '5\r\nhello\r\n'; do
	fails 5 "$wrong_answer the size of a chunk is no number" \
	    "$ok" 'Transfer-Encoding: chunked' '' "$size\r\nhello\r\n0\r\n\r\n"
done
for size in 5g 0x5 '5 5' '5,'; do
	fails 5 "$wrong_answer something stands behind the size of a chunk" \
	    "$ok" 'Transfer-Encoding: chunked' '' "$size\r\nhello\r\n0\r\n\r\n"
done
fails 5 "$wrong_answer a chunk is longer than its size" \
    "$ok" 'Transfer-Encoding: chunked' '' '4\r\nhello\r\n0\r\n\r\n'
fails 5 "$wrong_answer a line between chunks lacks its CR" \
    "$ok" 'Transfer-Encoding: chunked' '' '5\nhello\r\n0\r\n\r\n'

# What has no end has a bound.
long=$(head -c 16370 /dev/zero | tr '\0' x)
gets hello "$ok" "X: $long" '' hello
fails 5 "$wrong_answer a line of its head is over 16 KiB" \
    "$ok" "X: $long and more than that" '' hello
fails 5 "$wrong_answer its head is over 64 KiB" \
    "$ok" "X: $long" "X: $long" "X: $long" "X: $long" "Y: ${long%??????????}" \
    '' hello
interim=$(i=0; while [ $i -lt 3000 ]; do
	printf 'HTTP/1.1 100 Continue\r\n\r\n'
	i=$((i + 1))
done)
answer 1 "$interim"
code 5 fetch "$http/"
fails 5 "$wrong_answer its head is over 64 KiB" \
    "$ok" 'Transfer-Encoding: chunked' '' \
    "$(i=0; while [ $i -lt 5 ]; do
	printf '1;%s\r\nx\r\n' "$long"
	i=$((i + 1))
    done)"

# What the server says of itself reaches no terminal.
printf 'HTTP/1.1 404 No\302\233J\r\n\r\n' >"$dir/answers/1"
code 3 fetch "$http/"
err "fetch: $http/: the server answers 404 No\\xc2\\x9bJ"
answer 1 'HTTP/1.1 200 OK' 'X: 1' 'Content-Length: 5' '' ''
code 0 fetch -I "$http/page"
out "$(printf 'HTTP/1.1 200 OK\nX: 1\nContent-Length: 5\n\n')"
asked '^HEAD /page HTTP/1.1$' 1

# Somebody else who has standard output, too, may have it not block.
if command -v python3 >/dev/null; then
	head -c 300000 /dev/zero >"$dir/zeros"
	body 1 "$dir/zeros" "$ok" 'Content-Length: 300000'
	code 0 python3 -c '
import os, select, subprocess, sys, time
reader, writer = os.pipe()
os.set_blocking(writer, False)
fetch = subprocess.Popen(sys.argv[1:], stdout=writer)
while fetch.poll() is None and select.select([], [writer], [], 0)[1]:
    time.sleep(0.01)
os.close(writer)
with open(reader, "rb") as file:
    print(len(file.read()))
sys.exit(fetch.wait())' fetch "$http/"
	out 300000
fi

# Where nobody listens, and where nothing can be written.
stopped 143 TERM
code 1 fetch "$http/"
err "fetch: $http/: dial $address: connection refused"
finish
