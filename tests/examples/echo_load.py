# SPDX-License-Identifier: MIT
"""echo_load.py ADDRESS: talks to an echo server until nobody listens there.

Many conversations at once, short ones and long ones, of a few bytes and of
many.  Prints "ready" when all are under way.  What was connected must be
answered to its end, whatever the server is told meanwhile.
"""
import os
import re
import socket
import sys
import threading

PATIENCE = 20
TALKERS = 12

failures = []
under_way = threading.Barrier(TALKERS + 1)


def connect(address):
    if address.startswith('unix:'):
        s = socket.socket(socket.AF_UNIX)
        where = address[5:]
    else:
        host, port = re.fullmatch(r'tcp:\[?(.*?)\]?:(\d+)', address).groups()
        s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
        where = (host, int(port))
    s.settimeout(PATIENCE)
    try:
        s.connect(where)
    except (ConnectionError, FileNotFoundError, BlockingIOError):
        s.close()
        return None
    return s


def say(s, words):
    s.sendall(words)
    back = b''
    while len(back) < len(words):
        more = s.recv(65536)
        if not more:
            break
        back += more
    if back != words:
        raise EOFError(f'{len(words)} bytes sent, {len(back)} came back')


def converse(s, turns, size):
    words = os.urandom(size)
    for _ in range(turns):
        say(s, words)
    s.shutdown(socket.SHUT_WR)
    if s.recv(1):
        raise EOFError('more than was sent')
    s.close()


def talk(address, turns, size):
    waited = False
    try:
        while (s := connect(address)) is not None:
            converse(s, turns, size)
            if not waited:
                under_way.wait(PATIENCE)
                waited = True
        if not waited:
            raise EOFError('nobody listens')
    except Exception as e: # of a thread
        failures.append(repr(e))
        under_way.abort()


threads = [threading.Thread(target=talk, args=(sys.argv[1], 1 + i % 4 * 20, (64, 20000)[i % 2]))
           for i in range(TALKERS)]
for t in threads:
    t.start()
try:
    under_way.wait(PATIENCE)
    print('ready', flush=True)
except threading.BrokenBarrierError:
    pass
for t in threads:
    t.join()
if failures:
    sys.exit('\n'.join(failures))
