# SPDX-License-Identifier: MIT
#
# --json is an object a line with the same keys each time.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

command -v python3 >/dev/null || skip 'no python3 (apt-get install python3)'

# valid FILE KEY...: each line parses, with these keys in this order.
valid() {
	file=$1
	shift
	python3 - "$file" "$*" <<-'EOF' || wrong=1
		import json, sys
		lines = open(sys.argv[1]).read().splitlines()
		for line in lines:
		    keys = ' '.join(json.loads(line))
		    if keys != sys.argv[2]:
		        sys.exit(f'{line}: the keys are not {sys.argv[2]}')
		sys.exit(None if lines else 'no line')
	EOF
}

code 0 sock --json port 0 22 443 40000 51000 65535 http-alt
valid "$dir/out" port class tcp udp sctp dccp privileged ephemeral reserved
same lines 7 "$(grep -c '' "$dir/out")"
code 0 sock --json service imaps x11 443 syslog/udp
valid "$dir/out" name port port_last transport class names
code 0 sock service imaps --json
out '{"name":"imaps","port":993,"port_last":993,"transport":"tcp",'\
'"class":"well-known","names":["imaps"]}'
code 0 sock --json addr 'tcp:*:80' 'udp:[ff02::1]:51000' \
    "$(printf 'unix:/a"b\\c d')" @x%00y
valid "$dir/out" address scheme family host path port service class scope
code 0 sock --json resolve localhost tcp:localhost:80 ::1
valid "$dir/out" name addresses
code 2 sock --json addr ''
out ''

for where in $(addresses); do
	start sock --json listen "$where" </dev/null
	echo "$said" >"$dir/said.json"
	valid "$dir/said.json" event address
	address=${said#*'"address":"'}
	address=${address%'"}'}
	code 0 sock --json connect "$address" </dev/null
	stopped 0
	for file in err said; do
		[ $file = err ] || cat <&8 >"$dir/said.json"
		[ $file = said ] || cp "$dir/err" "$dir/said.json"
		grep connected "$dir/said.json" >"$dir/connected"
		grep finished "$dir/said.json" >"$dir/finished"
		valid "$dir/finished" event sent received
		case $where in
		unix:*) valid "$dir/connected" event peer local pid uid ;;
		*) valid "$dir/connected" event peer local ;;
		esac
	done
done
finish
