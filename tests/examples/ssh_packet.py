# SPDX-License-Identifier: MIT
"""ssh_packet.py KIND [NAME=VALUE]...: a packet of SSH on standard output.

KIND is kexinit, ignore, disconnect or the number of a message.  lists: its
lists, "/" between two, or the text; length, padding: what these fields say in
place of the truth; cut: bytes that are missing at the end; more: bytes behind
the lists.
"""

import struct
import sys

NUMBERS = {"disconnect": 1, "ignore": 2, "kexinit": 20}
ALL = "curve25519-sha256/ssh-ed25519/a/a/hmac-a/hmac-a/none/none//"

kind = sys.argv[1]
given = dict(word.split("=", 1) for word in sys.argv[2:])


def text(words):
    words = words.encode("latin-1").decode("unicode_escape").encode("latin-1")
    return struct.pack(">I", len(words)) + words


payload = bytes([NUMBERS[kind] if kind in NUMBERS else int(kind)])
if kind == "kexinit":
    payload += bytes(16)
    payload += b"".join(map(text, given.get("lists", ALL).split("/")))
    payload += bytes(5)
elif kind == "disconnect":
    payload += struct.pack(">I", 2) + text(given.get("lists", "")) + text("")
elif kind == "ignore":
    payload += text(given.get("lists", ""))
payload += b"x" * int(given.get("more", 0))
payload = payload[:len(payload) - int(given.get("cut", 0))]
padding = 8 - (len(payload) + 5) % 8
padding += 8 if padding < 4 else 0
length = 1 + len(payload) + padding
sys.stdout.buffer.write(
    struct.pack(">IB", int(given.get("length", length)),
                int(given.get("padding", padding))) +
    payload + bytes(padding))
