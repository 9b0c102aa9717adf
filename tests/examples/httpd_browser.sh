# SPDX-License-Identifier: MIT
#
# A browser shows a page of httpd's, with its style, its script, a picture and
# what the script asks for.
# shellcheck source=tests/examples/harness.sh
. "$(dirname "$0")/harness.sh"
# shellcheck source=tests/examples/httpd_site.sh
. "$(dirname "$0")/httpd_site.sh"
# shellcheck source=tests/examples/browser.sh
. "$(dirname "$0")/browser.sh"

make_site
cat >"$site/page.html" <<'END'
<!DOCTYPE html>
<link rel="stylesheet" href="style.css">
<p id="style">none</p><p id="picture">none</p><p id="part">none</p>
<p id="module">none</p>
<script type="module" src="module.mjs"></script>
END
echo '#style { margin-left: 7px }' >"$site/style.css"
echo '<svg xmlns="http://www.w3.org/2000/svg" width="31" height="5"/>' \
    >"$site/picture.svg"
echo 'export const answer = 42;' >"$site/answer.mjs"
cat >"$site/module.mjs" <<'END'
import { answer } from "./answer.mjs";
const tell = (id, text) => document.getElementById(id).textContent = text;
tell("module", answer);
tell("style", getComputedStyle(document.getElementById("style")).marginLeft);
const picture = new Image();
picture.onload = () => tell("picture", picture.width);
picture.src = "picture.svg";
const part = await fetch("thousand.txt", { headers: { Range: "bytes=7-12" } });
tell("part", part.status + " " + await part.text());
END
serve tcp:127.0.0.1:0
mkdir "$dir/home"
browse "$dir/home" "$at/page.html"
for row in style:7px picture:31 'part:206 100001' module:42; do
	same "${row%%:*}" "<p id=\"${row%%:*}\">${row#*:}</p>" \
	    "$(grep -o "<p id=\"${row%%:*}\">[^/]*</p>" "$dir/dom")"
done
stopped 0 TERM
finish
