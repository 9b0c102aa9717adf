#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A mail server that does what it is told, for the clients among the examples.

    mail_script.py ANSWERS ASKED [CERTIFICATE KEY]

Each connection is held as the first of the files in a folder has it, which
then goes.  Its lines:

    > TEXT        says it, and CR LF
    = TEXT        says it, with \\r, \\n, \\0 and the like, and nothing behind it
    * TEXT        says it, and CR LF, until nobody hears it
    < PATTERN     hears a line, which must be like it, as in a shell
    some          hears some bytes
    .             hears lines up to one with a dot alone
    drip          from here on says a byte at a time
    tls           TLS from here on
    reset         ends in a reset
    stall         does not end before the client does

What was heard is appended to ASKED, and what was wrong with it.
"""
import fnmatch
import os
import socket
import ssl
import struct
import sys

PATIENCE = 20


class Talk:
    def __init__(self, stream, asked):
        self.stream = stream
        self.asked = asked
        self.heard = b''
        self.step = 1 << 16

    def say(self, data):
        for at in range(0, len(data), self.step):
            self.stream.sendall(data[at:at + self.step])

    def hear(self):
        while b'\n' not in self.heard:
            more = self.stream.recv(65536)
            if not more:
                raise EOFError
            self.heard += more
        line, _, self.heard = self.heard.partition(b'\n')
        self.asked.write(line + b'\n')
        return line

    def expect(self, pattern):
        line = self.hear().decode('latin-1').rstrip('\r')
        if not fnmatch.fnmatchcase(line, pattern):
            self.asked.write(b'WRONG, not ' + pattern.encode() + b'\n')
            raise EOFError

    def secure(self, files):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.stream = context.wrap_socket(self.stream, server_side=True)

    def wait(self):
        while self.stream.recv(65536):
            pass

    def reset(self):
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack('ii', 1, 0))

    def step_of(self, line, files):
        word, _, text = line.partition(' ')
        if word == '>':
            self.say(text.encode('latin-1') + b'\r\n')
        elif word == '=':
            self.say(text.encode().decode('unicode_escape').encode('latin-1'))
        elif word == '*':
            while True:
                self.say(text.encode('latin-1') + b'\r\n')
        elif word == '<':
            self.expect(text)
        elif word == '.':
            while self.hear() != b'.\r':
                pass
        elif word == 'some':
            self.stream.recv(65536)
        elif word == 'drip':
            self.step = 1
        elif word == 'tls':
            self.secure(files)
        elif word == 'reset':
            self.reset()
        elif word == 'stall':
            self.wait()
        else:
            raise ValueError(line)


def script(folder):
    names = sorted(os.listdir(folder))
    if not names:
        return []
    path = os.path.join(folder, names[0])
    with open(path, encoding='latin-1') as file:
        lines = file.read().split('\n')
    os.unlink(path)
    return lines


def converse(stream, lines, asked, files):
    stream.settimeout(PATIENCE)
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    talk = Talk(stream, asked)
    try:
        for line in filter(None, lines):
            talk.step_of(line, files)
    except (OSError, EOFError):
        pass
    talk.stream.close()


def main():
    folder, asked = sys.argv[1:3]
    listener = socket.create_server(('127.0.0.1', 0))
    print('listening on tcp:127.0.0.1:%d' % listener.getsockname()[1],
          file=sys.stderr, flush=True)
    while True:
        stream, _ = listener.accept()
        with stream, open(asked, 'ab', buffering=0) as file:
            converse(stream, script(folder), file, sys.argv[3:5])


main()
