# SPDX-License-Identifier: MIT
#
# try.sh CASE: somebody else's program is built against the library, in one of
# the ways there are, and runs; against libsock-tls where CASE begins with
# tls_.  Environment: ROOT, the source; BUILD, where the library was built;
# LIBDIR, where it goes below a prefix; EXAMPLES, a list of what those are made
# of; WORK, a folder for this; CMAKE, CC, CXX.
# shellcheck disable=SC2086 # flags and arguments are several words
set -eu

here=$ROOT/tests/consumer
prefix=$WORK/prefix
lib=$prefix/$LIBDIR
dir=$WORK/$1
rm -rf "$dir"
mkdir -p "$dir"

skip() {
	echo "SKIP: $*"
	exit 77
}

case $1 in
tls_*)
	program=tls module=sock-tls lib_name=libsock-tls
	command -v openssl >/dev/null ||
	    skip 'no openssl (apt-get install openssl)'
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
	    -nodes -keyout "$dir/key.pem" -out "$dir/cert.pem" -days 2 \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    2>"$dir/openssl"
	arguments="$dir/cert.pem $dir/key.pem"
	;;
*)
	program=main module=sock lib_name=libsock arguments=
	;;
esac
target=sock::${module#sock-}

# says PROGRAM: it runs, and says what it should.
says() {
	"$1" $arguments >"$dir/out"
	printf '%s\n443\nhello\n' "$(sed -n \
	    's/.*define SOCK_VERSION "\(.*\)"/\1/p' "$ROOT/include/sock/base.h")" |
	    diff - "$dir/out"
}

# needs PROGRAM yes|no: it does or does not load the library.
needs() {
	if readelf -d "$1" | grep -q "NEEDED.*\\[$lib_name\\.so\\.0"; then
		[ "$2" = yes ]
	else
		[ "$2" = no ]
	fi
}

# pkg LIBDIR FLAGS...: pkg-config as a user of that libdir calls it.
pkg() {
	command -v pkg-config >/dev/null ||
	    skip 'no pkg-config (apt-get install pkg-config)'
	PKG_CONFIG_PATH=$1/pkgconfig
	export PKG_CONFIG_PATH
	shift
	flags=$(pkg-config "$@" --cflags --libs $module)
}

# project FROM LINK OPTIONS...: the same by CMake.
project() {
	cp "$here/project.txt" "$dir/CMakeLists.txt"
	cp "$here/$program.c" "$here/$program.cpp" "$dir"
	from=$1 link=$2
	shift 2
	"$CMAKE" -S "$dir" -B "$dir/build" -DFROM="$from" -DLINK="$link" \
	    -DPROGRAM="$program" -DSOCK="$ROOT" -DCMAKE_PREFIX_PATH="$prefix" "$@"
	"$CMAKE" --build "$dir/build" -j 2
}

case ${1#tls_} in
install)
	rm -rf "$prefix"
	"$CMAKE" --install "$BUILD" --prefix "$prefix"
	man=$prefix/share/man
	[ -s "$man/man7/sock.7" ] && [ -s "$man/man1/sock.1" ]
	grep -qx '\.so man3/sock_dial\.3' "$man/man3/sock_dial_with.3"
	[ -s "$man/man3/sock_dial.3" ]
	;;
pkgconfig_shared)
	pkg "$lib"
	"$CC" "$here/$program.c" -o "$dir/$program" $flags
	needs "$dir/$program" yes
	LD_LIBRARY_PATH=$lib says "$dir/$program"
	;;
pkgconfig_static)
	pkg "$lib" --static
	"$CC" -static "$here/$program.c" -o "$dir/$program" $flags
	needs "$dir/$program" no
	says "$dir/$program"
	;;
package)
	project package $target
	needs "$dir/build/$program" yes
	says "$dir/build/$program"
	;;
package_shared)
	project package ${target}_shared -DBUILD_SHARED_LIBS=OFF
	needs "$dir/build/$program" yes
	says "$dir/build/$program"
	;;
package_static)
	project package ${target}_static
	needs "$dir/build/$program" no
	says "$dir/build/$program"
	;;
package_no_shared)
	project package $target -DBUILD_SHARED_LIBS=OFF
	needs "$dir/build/$program" no
	says "$dir/build/$program"
	;;
without_tls)
	# Where there is no OpenSSL it is left out, unless somebody insists.
	set -- -S "$ROOT" -DCMAKE_DISABLE_FIND_PACKAGE_OpenSSL=ON \
	    -DSOCK_BUILD_TESTS=OFF -DCMAKE_BUILD_TYPE=Debug
	if "$CMAKE" "$@" -B "$dir/on" -DSOCK_TLS=ON 2>"$dir/log"; then
		exit 1
	fi
	grep -q 'SOCK_TLS=ON, and there is no OpenSSL 3 here' "$dir/log"
	"$CMAKE" "$@" -B "$dir/off" >"$dir/log"
	grep -q 'libsock-tls: no, there is no OpenSSL 3' "$dir/log"
	"$CMAKE" --build "$dir/off" -j 2 \
	    --target sock_shared sock_static sock fetch
	"$CMAKE" --install "$dir/off" --prefix "$dir/prefix"
	if find "$dir/prefix" -name '*tls*' | grep .; then
		exit 1
	fi
	! "$dir/off/bin/fetch" https://localhost/ 2>"$dir/log"
	grep -q 'https://localhost/: this program was built without TLS' "$dir/log"
	prefix=$dir/prefix program=tls
	if project package sock::tls 2>"$dir/log"; then
		exit 1
	fi
	tr -s ' \n' ' ' <"$dir/log" | grep -q 'has no component "tls"'
	;;
missing_component)
	cp "$here/project.txt" "$dir/CMakeLists.txt"
	"$CMAKE" -S "$dir" -B "$dir/build" -DFROM=missing \
	    -DCMAKE_PREFIX_PATH="$prefix" >"$dir/log" 2>&1
	cat "$dir/log"
	grep -q 'found: 0, .*has no component "nonsense"' "$dir/log"
	grep -q 'optional: 1 FALSE' "$dir/log"
	;;
subdirectory)
	project subdirectory $target
	says "$dir/build/$program"
	# It installs nothing of its own.
	"$CMAKE" --install "$dir/build" --prefix "$dir/prefix"
	[ ! -e "$dir/prefix/include" ]
	;;
fetchcontent)
	project fetch ${target}_static -DFETCHCONTENT_FULLY_DISCONNECTED=ON
	needs "$dir/build/$program" no
	says "$dir/build/$program"
	;;
cxx17)
	command -v "$CXX" >/dev/null || skip "no $CXX"
	project package $target -DCXX=ON -DCMAKE_CXX_COMPILER="$CXX"
	says "$dir/build/$program"
	"$CXX" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
	    -I"$prefix/include" "$here/$program.cpp"
	;;
relocated)
	cp -a "$prefix" "$dir/before"
	mv "$dir/before" "$dir/after"
	prefix=$dir/after
	lib=$prefix/$LIBDIR
	pkg "$lib"
	"$CC" "$here/$program.c" -o "$dir/$program" $flags
	LD_LIBRARY_PATH=$lib says "$dir/$program"
	project package $target
	says "$dir/build/$program"
	if grep -rF "$WORK/prefix" "$lib/cmake" "$lib/pkgconfig"; then
		exit 1
	fi
	;;
absolute_libdir)
	"$CMAKE" -S "$ROOT" -B "$dir/lib-build" -DSOCK_BUILD_TESTS=OFF \
	    -DSOCK_BUILD_EXAMPLES=OFF -DCMAKE_BUILD_TYPE=Debug \
	    -DCMAKE_INSTALL_PREFIX="$dir/usr" \
	    -DCMAKE_INSTALL_LIBDIR="$dir/elsewhere/lib"
	"$CMAKE" --build "$dir/lib-build" -j 2
	"$CMAKE" --install "$dir/lib-build"
	pkg "$dir/elsewhere/lib"
	"$CC" "$here/$program.c" -o "$dir/$program" $flags
	LD_LIBRARY_PATH=$dir/elsewhere/lib says "$dir/$program"
	prefix=$dir/elsewhere
	project package $target
	says "$dir/build/$program"
	;;
debian)
	command -v dpkg-shlibdeps >/dev/null ||
	    skip 'no dpkg-shlibdeps (apt-get install dpkg-dev)'
	(cd "$BUILD" && cpack -G DEB -B "$dir")
	for deb in "$dir"/libsock*.deb "$dir"/sock-tools_*.deb; do
		dpkg-deb -x "$deb" "$dir/root"
	done
	dpkg-deb -f "$dir"/sock-tools_*.deb Depends | grep -q 'libsock0 (= '
	[ -e "$dir/root/usr/$LIBDIR/libsock.so.0" ]
	if dpkg-deb -f "$dir"/libsock0_*.deb Depends | grep ssl; then
		exit 1
	fi
	if [ -e "$dir/root/usr/$LIBDIR/libsock-tls.so" ]; then
		dpkg-deb -c "$dir"/libsock-tls0_*.deb | grep -q libsock-tls.so.0
		dpkg-deb -f "$dir"/libsock-tls0_*.deb Depends >"$dir/depends"
		grep -q 'libsock0 (= .*libssl3' "$dir/depends"
		dpkg-deb -f "$dir"/libsock-dev_*.deb Depends | grep -q libssl-dev
	fi
	prefix=$dir/root/usr
	"$prefix/bin/sock" --version
	project package $target
	says "$dir/build/$program"
	;;
examples)
	# Each as anybody would compile it; and the one that is installed runs.
	[ ! -e "$lib/pkgconfig/sock-tls.pc" ] || module=sock-tls
	pkg "$lib"
	[ $module = sock-tls ] || flags="-DWITHOUT_TLS $flags"
	cd "$ROOT/examples"
	while read -r files; do
		case $files in
		*_uv.c) continue ;; # needs libuv
		esac
		"$CC" -Wall -Wextra -Werror $files -o "$dir/program" $flags
		[ "$files" = "${files#tools/sock/}" ] ||
		    cp "$dir/program" "$dir/sock"
	done <"$EXAMPLES"
	LD_LIBRARY_PATH=$lib "$dir/sock" service imaps
	if [ -e "$prefix/bin/sock" ]; then
		"$prefix/bin/sock" service imaps
		[ -e "$prefix/share/bash-completion/completions/sock" ]
	fi
	;;
readme)
	# The programs of the README, and what it says that they do.
	awk -v dir="$dir" '
	/^```c$/ { getline; file = dir "/" $2; sub(/:$/, "", file) }
	/^```$/ { file = "" }
	file { print >file }' "$ROOT/README.md"
	pkg "$lib"
	for name in server client; do
		"$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror \
		    "$dir/$name.c" -o "$dir/$name" $flags
	done
	LD_LIBRARY_PATH=$lib
	export LD_LIBRARY_PATH
	mkfifo "$dir/said"
	"$dir/server" tcp:127.0.0.1:0 2>"$dir/said" &
	server=$!
	trap 'kill $server 2>/dev/null || true' EXIT
	read -r said <"$dir/said"
	address=${said#listening on }
	for turn in 1 2; do
		[ "$("$dir/client" "$address")" = hello ] ||
		    { echo "turn $turn: no answer"; exit 1; }
	done
	kill $server
	wait $server || true
	! "$dir/client" "$address" 2>"$dir/error" ||
	    { echo 'the server still answers'; exit 1; }
	echo "dial $address: connection refused" | diff - "$dir/error"
	;;
tls_readme)
	awk -v dir="$dir" '
	/^```c$/ { getline; file = dir "/" $2; sub(/:$/, "", file) }
	/^```$/ { file = "" }
	file { print >file }' "$ROOT/README.md"
	pkg "$lib"
	"$CC" -std=c11 -Wall -Wextra -Wpedantic -Werror \
	    "$dir/tls.c" -o "$dir/tls" $flags
	mkfifo "$dir/said"
	openssl s_server -accept 127.0.0.1:0 -www -cert "$dir/cert.pem" \
	    -key "$dir/key.pem" >"$dir/said" 2>&1 &
	server=$!
	trap 'kill $server 2>/dev/null || true' EXIT
	exec 8<"$dir/said"
	until read -r said <&8 && [ "$said" != "${said#ACCEPT}" ]; do
		kill -0 $server
	done
	export LD_LIBRARY_PATH="$lib" SSL_CERT_FILE="$dir/cert.pem"
	"$dir/tls" "tls:localhost:${said##*:}" >"$dir/out"
	echo 'localhost says over TLSv1.3: HTTP/1.0 200 ok' | diff - "$dir/out"
	! "$dir/tls" "tls:127.0.0.1:${said##*:}" 2>"$dir/error" ||
	    { echo 'anybody is believed'; exit 1; }
	grep -q ': certificate is for "localhost", not "127.0.0.1"$' "$dir/error"
	;;
*)
	echo "no such case: $1"
	exit 1
	;;
esac
