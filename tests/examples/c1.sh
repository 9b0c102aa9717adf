# SPDX-License-Identifier: MIT
# shellcheck shell=sh
#
# For the tests of what comes to a terminal: bytes of C1 in and out of UTF-8.

# bytes: for printf '%b'.  shown: as they are to come out of cat -v.
c1_rows() {
	cat <<-'END'
		A\0233\023331m        A\x9b\x9b31m
		\0351\0233x           M-i\x9bx
		\0351\023331m         M-i\x9b31m
		\0342\0202\0254       M-bM-^BM-,
		\0360\0237\0230\0200  M-pM-^_M-^XM-^@
		\0303\0237\0233       M-CM-^_\x9b
		\0302\0302\0233       M-BM-B\x9b
		\0340\0202\0254       M-`\x82M-,
		\0355\0237\0277       M-mM-^_M-?
		\0355\0240\0200       M-mM- \x80
		\0360\0217\0277\0277  M-p\x8fM-?M-?
		\0364\0217\0277\0277  M-tM-^OM-?M-?
		\0364\0220\0200\0200  M-t\x90\x80\x80
		\0370\0210\0200\0200  M-x\x88\x80\x80
		\0342\0342\0202\0254  M-bM-bM-^BM-,
		\0342\0202            M-b\x82
		\0360\0237\0230       M-p\x9f\x98
	END
}

c1_bytes() {
	c1_rows | awk '{ printf "%s%s", (NR > 1 ? "|" : ""), $1 }'
}

c1_shown() {
	c1_rows | sed 's/^[^ ]* *//' | paste -s -d '|'
}
