# SPDX-License-Identifier: MIT
#
# try.sh CASE: somebody else's program is built against the library, in one of
# the ways there are, and runs.  Environment: ROOT, the source; BUILD, where
# the library was built; LIBDIR, where it goes below a prefix; WORK, a folder
# for this; CMAKE, CC, CXX.
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

# says PROGRAM ...: it runs, and says what it should.
says() {
	"$@" >"$dir/out"
	printf '%s\n443\nhello\n' "$(sed -n \
	    's/.*define SOCK_VERSION "\(.*\)"/\1/p' "$ROOT/include/sock/base.h")" |
	    diff - "$dir/out"
}

# needs PROGRAM yes|no: it does or does not load libsock.so.0.
needs() {
	if readelf -d "$1" | grep -q 'NEEDED.*libsock\.so\.0'; then
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
	flags=$(pkg-config "$@" --cflags --libs sock)
}

# project FROM LINK OPTIONS...: the same by CMake.
project() {
	cp "$here/project.txt" "$dir/CMakeLists.txt"
	cp "$here/main.c" "$here/main.cpp" "$dir"
	from=$1 link=$2
	shift 2
	"$CMAKE" -S "$dir" -B "$dir/build" -DFROM="$from" -DLINK="$link" \
	    -DSOCK="$ROOT" -DCMAKE_PREFIX_PATH="$prefix" "$@"
	"$CMAKE" --build "$dir/build" -j 2
}

# shellcheck disable=SC2086 # flags are several words
case $1 in
install)
	rm -rf "$prefix"
	"$CMAKE" --install "$BUILD" --prefix "$prefix"
	;;
pkgconfig_shared)
	pkg "$lib"
	"$CC" "$here/main.c" -o "$dir/main" $flags
	needs "$dir/main" yes
	LD_LIBRARY_PATH=$lib says "$dir/main"
	;;
pkgconfig_static)
	pkg "$lib" --static
	"$CC" -static "$here/main.c" -o "$dir/main" $flags
	needs "$dir/main" no
	says "$dir/main"
	;;
package)
	project package sock::sock
	needs "$dir/build/main" yes
	says "$dir/build/main"
	;;
package_shared)
	project package sock::sock_shared -DBUILD_SHARED_LIBS=OFF
	needs "$dir/build/main" yes
	says "$dir/build/main"
	;;
package_static)
	project package sock::sock_static
	needs "$dir/build/main" no
	says "$dir/build/main"
	;;
package_no_shared)
	project package sock::sock -DBUILD_SHARED_LIBS=OFF
	needs "$dir/build/main" no
	says "$dir/build/main"
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
	project subdirectory sock::sock
	says "$dir/build/main"
	# It installs nothing of its own.
	"$CMAKE" --install "$dir/build" --prefix "$dir/prefix"
	[ ! -e "$dir/prefix/include" ]
	;;
fetchcontent)
	project fetch sock::sock_static -DFETCHCONTENT_FULLY_DISCONNECTED=ON
	needs "$dir/build/main" no
	says "$dir/build/main"
	;;
cxx17)
	command -v "$CXX" >/dev/null || skip "no $CXX"
	project package sock::sock -DCXX=ON -DCMAKE_CXX_COMPILER="$CXX"
	says "$dir/build/main"
	"$CXX" -std=c++17 -Wall -Wextra -Wpedantic -Werror -fsyntax-only \
	    -I"$prefix/include" "$here/main.cpp"
	;;
relocated)
	cp -a "$prefix" "$dir/before"
	mv "$dir/before" "$dir/after"
	prefix=$dir/after
	lib=$prefix/$LIBDIR
	pkg "$lib"
	"$CC" "$here/main.c" -o "$dir/main" $flags
	LD_LIBRARY_PATH=$lib says "$dir/main"
	project package sock::sock
	says "$dir/build/main"
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
	"$CC" "$here/main.c" -o "$dir/main" $flags
	LD_LIBRARY_PATH=$dir/elsewhere/lib says "$dir/main"
	prefix=$dir/elsewhere
	project package sock::sock
	says "$dir/build/main"
	;;
debian)
	command -v dpkg-shlibdeps >/dev/null ||
	    skip 'no dpkg-shlibdeps (apt-get install dpkg-dev)'
	(cd "$BUILD" && cpack -G DEB -B "$dir")
	for name in libsock0 libsock-dev sock-tools; do
		dpkg-deb -x "$dir/$name"_*.deb "$dir/root"
	done
	dpkg-deb -f "$dir"/sock-tools_*.deb Depends | grep -q 'libsock0 (= '
	[ -e "$dir/root/usr/$LIBDIR/libsock.so.0" ]
	prefix=$dir/root/usr
	"$prefix/bin/sock" --version
	project package sock::sock
	says "$dir/build/main"
	;;
examples)
	# Each as anybody would compile it; and the one that is installed runs.
	pkg "$lib"
	for source in "$ROOT"/examples/*.c "$ROOT"/examples/clients/*.c \
	    "$ROOT"/examples/servers/*.c; do
		case $source in
		*_uv.c) continue ;; # needs libuv
		# Of several files.
		*/dns_query*.c | */fetch*.c | */chat*.c | */httpd*.c) continue ;;
		*/echo.c | */echo_options.c) continue ;;
		esac
		"$CC" -Wall -Wextra -Werror "$source" -o "$dir/program" $flags
	done
	for program in clients/dns_query clients/fetch servers/chat \
	    servers/httpd tour/ tools/sock/; do
		"$CC" -Wall -Wextra -Werror "$ROOT/examples/$program"*.c \
		    -o "$dir/program" $flags
	done
	"$CC" -Wall -Wextra -Werror "$ROOT/examples/servers/echo.c" \
	    "$ROOT/examples/servers/echo_options.c" -o "$dir/echo" $flags
	LD_LIBRARY_PATH=$lib "$dir/program" service imaps
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
*)
	echo "no such case: $1"
	exit 1
	;;
esac
