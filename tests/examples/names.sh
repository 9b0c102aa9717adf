# SPDX-License-Identifier: MIT
#
# sock port, service and addr print what a user would hope for.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

# The last line is this kernel's, whose settings are the machine's business.
without_here() {
	sed -i '/^here/d' "$dir/out"
}

code 0 sock port 443
grep -q '^here   [a-z]' "$dir/out" || same here 'a line' none
without_here
out 'port   443
class  well-known (0-1023)
tcp    https
udp    https
sctp   https'

code 0 sock port 51000
without_here
out 'port   51000
class  ephemeral (49152-65535)
names  none registered'

two_ports='port   80
class  well-known (0-1023)
tcp    http, www, www-http
udp    http, www, www-http
sctp   http

port   514
class  well-known (0-1023)
tcp    shell, cmd, syslog
udp    syslog'
code 0 sock port www syslog
without_here
out "$two_ports"

# Of several ports on a transport it is the one in common use.
code 0 sock port http-alt
without_here
out 'port   8080
class  registered (1024-49151)
tcp    http-alt, webcache
udp    http-alt'

# What fails has no part of the output, and no empty line.
code 3 sock port www no-such-service syslog no-such-service
without_here
out "$two_ports"
same 'empty lines' 0 \
    "$(sock port 21 no-such-service 2>/dev/null | grep -c '^$')"

code 0 sock service imaps
out 'imaps            993/tcp        well-known'
code 0 sock service HTTP-ALT/tcp
out 'http-alt         8080/tcp       registered  also webcache
http-alt         591/tcp        well-known
http-alt         8008/tcp       registered'
code 0 sock service cl/1 914c/g/udp
out 'cl-1             172/tcp        well-known  also cl/1
cl-1             172/udp        well-known  also cl/1
914c-g           211/udp        well-known  also 914c/g'
code 0 sock service 6005 53/udp
out 'x11              6000-6063/tcp  registered  also x11-0
x11              6000-6063/udp  registered
domain           53/udp         well-known  also dns'

code 0 sock addr 'tcp:[0:0::1]:http'
out 'address  tcp:[::1]:80
scheme   tcp
family   ipv6
host     ::1
port     80 (http, well-known)
scope    loopback'
code 0 sock addr udp://192.0.2.1:53 'tcp:*:51000'
out 'address  udp:192.0.2.1:53
scheme   udp
family   ipv4
host     192.0.2.1
port     53 (domain, well-known)
scope    global

address  tcp:*:51000
scheme   tcp
family   ipv6 and ipv4
host     *
port     51000 (ephemeral)
scope    loopback; all addresses, to listen'
code 0 sock addr /run/a%01b @x
out 'address  unix:/run/a%01b
scheme   unix
family   unix
path     /run/a%01b
scope    local

address  unix:@x
scheme   unix
family   unix
name     @x
scope    local'
# A path, which is no host.
for path in '*' ::; do
	code 0 sock addr "unix:$path"
	out "address  unix:$path
scheme   unix
family   unix
path     $path
scope    local"
done

# A line of /etc/services with an alias, and with a name that is none.
unshare -rm true 2>/dev/null || skip 'no mount namespace'
[ -e /etc/services ] || skip 'no /etc/services'
printf '%s\t30005/tcp\tgoodalias\n' 12345 >"$dir/services"
printf '%064d\t30006/tcp\tshorty\n' 0 >>"$dir/services"
# shellcheck disable=SC2016 # the inner shell's
code 0 unshare -rm sh -c 'mount --bind "$1" /etc/services && shift && "$@"' \
    sh "$dir/services" sock service goodalias shorty/tcp
out 'goodalias        30005/tcp      registered
shorty           30006/tcp      registered'
finish
