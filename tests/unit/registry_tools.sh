# SPDX-License-Identifier: MIT
#
# registry_tools.sh MAKE_REGISTRY REFRESH_REGISTRY LIB/NAME: what the two tools
# of the registry make of good rows and of bad ones.
set -eu
make=$1 refresh=$2 facts=$3

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
wrong=0

fail() {
	echo "FAILED: $*"
	wrong=1
}

# refused WHAT MESSAGE COMMAND...: it ends with 1 and says so in one line.
refused() {
	what=$1 message=$2
	shift 2
	rc=0
	"$@" >out 2>&1 || rc=$?
	[ $rc -eq 1 ] || fail "$what: status $rc"
	[ "$(cat out)" = "$message" ] || fail "$what: $(cat out)"
}

# row NAME PORT [LAST [TRANSPORT]]: a line of a registry.
row() {
	printf '%s\t%s\t%s\t%s\n' "$1" "$2" "${3:-$2}" "${4:-tcp}"
}

"$make" "$facts/registry.tsv" "$facts/everyday.tsv" one.c
"$make" "$facts/registry.tsv" "$facts/everyday.tsv" two.c
cmp one.c two.c || fail 'two runs make two files'
! grep -q '[*&"]socki' one.c || fail 'a table with a pointer'

cp "$facts/registry.tsv" copy.tsv
"$refresh" "$facts/registry.tsv" copy.tsv
cmp "$facts/registry.tsv" copy.tsv || fail 'a refresh from itself changes it'

cat >iana.csv <<'EOF'
Service Name,Port Number,Transport Protocol,Description,Assignee
,4,tcp,Unassigned,
http,80,tcp,"World, Wide
Web ""HTTP""",[IESG]
http,80,udp,,
www,80,tcp,,
www,80,tcp,,
http,80,sctp,,
x11,6000-6063,tcp,,
echo,7,udp,,
service-only,,,,
EOF
printf '# kept\n# too\nold\t1\t1\ttcp\n# not this\n' >fresh.tsv
"$refresh" iana.csv fresh.tsv
{
	printf '# kept\n# too\n'
	row echo 7 7 udp
	row http 80
	row www 80
	row http 80 80 udp
	row http 80 80 sctp
	row x11 6000 6063
} >expected
cmp expected fresh.tsv || fail 'a refresh from a CSV'
"$refresh" iana.csv new.tsv
sed 1,2d expected | cmp - new.tsv || fail 'a refresh of what was not there'

cp fresh.tsv before
printf 'Service Name,Port Number,Transport Protocol\na,1,tcp\nb,1\n' >bad.csv
refused 'a short row' 'refresh_registry: bad.csv:3: too few columns' \
    "$refresh" bad.csv fresh.tsv
: >empty
refused 'no row' 'refresh_registry: empty: no assignment in it' \
    "$refresh" empty fresh.tsv
refused 'no source' 'refresh_registry: none: No such file or directory' \
    "$refresh" none fresh.tsv
cmp before fresh.tsv || fail 'a refused refresh left its mark'
[ ! -e fresh.tsv.new ] || fail 'a refused refresh left a file'

row dns 53 >aliases
{ row domain 53; row domain 53 53 udp; row tftp 69 69 udp; } >good.tsv
"$make" good.tsv aliases good.c

row 53 53 >bad.tsv
refused 'a number as a name' 'make_registry: bad.tsv:1: not a service name' \
    "$make" bad.tsv aliases bad.c
{ row a 1; row b 65536; } >bad.tsv
refused 'a port too high' \
    'make_registry: bad.tsv:2: not a port or a range of ports' \
    "$make" bad.tsv aliases bad.c
row a 60416 >bad.tsv
refused 'a port beyond the pages' \
    'make_registry: port 60416 is too high for name/registry.h' \
    "$make" bad.tsv aliases bad.c
{ row a 1; row b 2; row a 1; } >bad.tsv
refused 'a row twice' 'make_registry: bad.tsv:3: a has port 1 already' \
    "$make" bad.tsv aliases bad.c
{ row a 1 5; row a 3; } >bad.tsv
refused 'a row inside a range' \
    'make_registry: bad.tsv:2: a has port 3 already' \
    "$make" bad.tsv aliases bad.c
{ row tftp 69; row TFTP 69 69 udp; } >bad.tsv
"$make" bad.tsv aliases bad.c >out 2>&1 && fail 'two spellings'
grep -q '^make_registry: bad.tsv:[12]: .* is spelled .* elsewhere$' out ||
    fail "two spellings: $(cat out)"
{ row domain 53; row dns 53 53 tcp; } >bad.tsv
"$make" bad.tsv aliases good.c || fail 'an alias that IANA came to assign'
{ row dns 53; row dns 53; } >bad
refused 'an alias twice' 'make_registry: bad:2: dns has port 53 already' \
    "$make" good.tsv bad bad.c
row seventeen-letters 1 >bad
refused 'a long alias' 'make_registry: bad:1: not a service name' \
    "$make" good.tsv bad bad.c
refused 'no facts' 'make_registry: none: No such file or directory' \
    "$make" none aliases bad.c
[ ! -e bad.c ] || fail 'a refused registry left a file'

exit $wrong
