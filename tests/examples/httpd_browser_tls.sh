# SPDX-License-Identifier: MIT
#
# A browser shows a page of httpd's over https, of an authority that it was
# told to trust; and shows nothing of a server's whose it was not.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"

! httpd --cert x tls:127.0.0.1:0 2>&1 | grep -q 'built without TLS' ||
    skip 'httpd was built without TLS'
# shellcheck source=tests/examples/browser.sh
. "$(dirname "$0")/browser.sh"
command -v certutil >/dev/null ||
    skip 'no certutil (apt-get install libnss3-tools)'
# shellcheck source=tests/examples/certificates.sh
. "$(dirname "$0")/certificates.sh"

certificate server localhost DNS:localhost,IP:127.0.0.1
mkdir "$dir/www" "$dir/home" "$dir/stranger"
cat >"$dir/www/page.html" <<'END'
<!DOCTYPE html>
<p id="part">none</p><p id="protocol">none</p>
<script type="module">
const tell = (id, text) => document.getElementById(id).textContent = text;
const part = await fetch("file", { headers: { Range: "bytes=7-12" } });
tell("part", part.status + " " + await part.text());
tell("protocol", location.protocol);
</script>
END
head -c 100 /dev/zero | tr '\0' x >"$dir/www/file"

# trusts HOME: the authority, for a browser that lives there.
trusts() {
	mkdir -p "$1/.pki/nssdb"
	certutil -d "sql:$1/.pki/nssdb" -N --empty-password &&
	    certutil -d "sql:$1/.pki/nssdb" -A -t C,, -n authority \
		-i "$dir/ca.pem" || exit 1
}

# shows ID TEXT
shows() {
	same "$1" "<p id=\"$1\">$2</p>" \
	    "$(grep -o "<p id=\"$1\">[^/]*</p>" "$dir/dom")"
}

start httpd --root "$dir/www" --no-log --cert "$dir/server.pem" \
    --key "$dir/server.key" tls:127.0.0.1:0
at=https://localhost:${address##*:}
trusts "$dir/home"
browse "$dir/home" "$at/page.html"
shows part '206 xxxxxx'
shows protocol https:
browse "$dir/stranger" "$at/page.html"
same 'the page, of a server that is not trusted' 0 \
    "$(grep -c 'id="protocol"' "$dir/dom")"
# By its name, or by its number.
same 'why' yes "$(cat "$dir/dom" "$dir/errors" |
    grep -q -e ERR_CERT_AUTHORITY_INVALID -e 'net_error -202' && echo yes)"
stopped 0 TERM
finish
