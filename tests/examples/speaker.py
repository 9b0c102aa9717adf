# SPDX-License-Identifier: MIT
"""speaker.py ANSWERS HEARD: a server that speaks first.

Says to each connection what is in the first file of a folder, which then
goes, and writes all that it hears to another file until the client ends.  The
name of the answer may hold

    .drip   a byte at a time
    .stall  does not end before the client does
    .cut    ends at once, with a reset
    .ever   again and again, until the client ends
    .oob    its last byte is urgent
"""

import os
import socket
import struct
import sys
import threading

folder, heard = sys.argv[1:]
PATIENCE = 30


def first_answer():
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            words = file.read()
        os.unlink(path)
        return name, words
    return "", b""


def speak(connection, name, words):
    if ".drip" in name:
        for i in range(len(words)):
            connection.sendall(words[i:i + 1])
    elif ".oob" in name:
        connection.sendall(words[:-1])
        connection.send(words[-1:], socket.MSG_OOB)
    else:
        connection.sendall(words)
    while ".ever" in name:
        connection.sendall(words)
    if ".cut" in name:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
    elif ".stall" not in name:
        connection.shutdown(socket.SHUT_WR)


def listen_to(connection, file):
    try:
        while words := connection.recv(65536):
            file.write(words)
            file.flush()
    except OSError:
        pass


listener = socket.create_server(("127.0.0.1", 0))
print("listening on tcp:127.0.0.1:%d" % listener.getsockname()[1],
      file=sys.stderr, flush=True)
while True:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    name, words = first_answer()
    with open(heard, "wb") as file:
        ear = threading.Thread(target=listen_to, args=(connection, file))
        if ".cut" not in name:
            ear.start()
        try:
            speak(connection, name, words)
        except OSError:
            pass
        if ".cut" not in name:
            ear.join()
    connection.close()
    with open(heard + ".done", "ab") as file:
        file.write(b".")
