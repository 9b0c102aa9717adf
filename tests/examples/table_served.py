# SPDX-License-Identifier: MIT
"""Sockets of servers with services that need a second look, all of them held by
61 processes with a long name, until standard input ends.  "ready" is said when
they are there."""
import os
import socket
import sys

HOLDERS = 61


def bound(kind, port):
    s = socket.socket(socket.AF_INET, kind)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('127.0.0.1', port))
    return s


with open('/proc/self/comm', 'w') as comm:
    comm.write('systemd-resolved')

# bacnet is a port that is given to clients, too.
listener = bound(socket.SOCK_STREAM, 47808)
listener.listen()
client = socket.create_connection(listener.getsockname())
served = listener.accept()
datagrams = bound(socket.SOCK_DGRAM, 47808)
peer = bound(socket.SOCK_DGRAM, 47808)
peer.connect(('127.0.0.1', 50123))

# raid-am is 2013 of tcp, and 2007 of udp.
raid = [bound(socket.SOCK_STREAM, 2013), bound(socket.SOCK_DGRAM, 2007),
        bound(socket.SOCK_STREAM, 2007), bound(socket.SOCK_DGRAM, 2013)]
raid[0].listen()
raid[2].listen()

wait, hold = os.pipe()
for _ in range(HOLDERS - 1):
    if os.fork() == 0:
        os.close(hold)
        os.read(wait, 1)
        os._exit(0)
print('ready', flush=True)
sys.stdin.read()
os.close(hold)
for _ in range(HOLDERS - 1):
    os.wait()
