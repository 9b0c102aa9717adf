# SPDX-License-Identifier: MIT
#
# httpd drains: who is being answered gets all of the answer, whoever comes
# later is refused.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"

make_site

# fetch_on NAME WHAT: one after the other, until one is refused; how curl ended
# the last one is in NAME.  After the first there is a line to read from 5.
mkfifo "$dir/begun"
exec 5<>"$dir/begun"
fetch_on() {
	ended=0
	while [ $ended = 0 ]; do
		curl -sS --max-time 20 --fail-early -o "$dir/$1.got" \
		    "$at/$2" >"$dir/$1.said" 2>&1
		ended=$?
		[ $ended -ne 0 ] ||
		    cmp "$dir/$1.got" "$site/${2%%\?*}" >>"$dir/$1.said" 2>&1 ||
		    ended='cut'
		[ -e "$dir/$1.begun" ] || echo >&5
		: >"$dir/$1.begun"
	done
	echo $ended >"$dir/$1"
}

for mode in fibers threads processes forking; do
	serve tcp:127.0.0.1:0 --mode $mode
	where=$mode
	rm -f "$dir"/client*
	clients=
	for client in 1 2 3 4; do
		if [ $client -lt 3 ]; then
			fetch_on client$client 5m.bin &
		else
			fetch_on client$client '1k?[1-50]' &
		fi
		clients="$clients $!"
	done
	pids="$pids $clients"
	for client in 1 2 3 4; do
		read -r _ <&5
	done
	stopped 0 TERM
	# shellcheck disable=SC2086 # several words
	wait $clients
	for client in 1 2 3 4; do
		same "$mode: the end of client $client: $(cat \
		    "$dir/client$client.said")" 7 "$(cat "$dir/client$client")"
	done
done

# Whoever asks for nothing more does not keep it; whoever reads slowly does,
# until the second signal.
truncate -s 100M "$site/100m" # more than buffers hold
serve tcp:127.0.0.1:0
talk "$address"
printf 'GET /none HTTP/1.1\r\nHost: x\r\n\r\n' >&6
read -r _ <&7
stopped 0 TERM
cat <&7 >"$dir/rest"
hang_up

for signal in TERM INT; do
	serve tcp:127.0.0.1:0
	talk "$address"
	printf 'GET /100m HTTP/1.1\r\nHost: x\r\n\r\n' >&6
	read -r _ <&7
	kill -s TERM "$server"
	while sock connect "$address" </dev/null >"$dir/rest" 2>&1; do :; done
	kill -0 "$server" || same 'the server' serving gone
	stopped 0 $signal
	exec 6>&- 7<&-
	wait "$talker"
done

command -v wrk >/dev/null || skip 'no wrk (apt-get install wrk)'
serve tcp:127.0.0.1:0
wrk -t1 -c16 -d1s "$at/1k" >"$dir/wrk"
same 'errors under load' '' "$(grep -iE 'errors|non-2xx' "$dir/wrk")"
wrk -t1 -c16 -d60s "$at/1k" >"$dir/wrk" &
load=$!
pids="$pids $load"
tail -n 0 -f --pid=$load "$dir/served" | head -n 1000 >"$dir/lines"
stopped 0 TERM
kill -s INT $load # it tells what there was so far
wait $load
# wrk counts connections that are refused among those of writing.
grep -q 'requests in' "$dir/wrk" || same 'what wrk tells' 'requests in' none
case $(grep 'Socket errors' "$dir/wrk") in
'' | *' read 0, '*' timeout 0') ;;
*) same 'errors of wrk' 'none of reading' "$(cat "$dir/wrk")" ;;
esac
finish
