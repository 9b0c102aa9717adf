# SPDX-License-Identifier: MIT
"""ftp_script.py SCRIPT ASKED [CERTIFICATE]: an FTP server that says what it is
told to say.

SCRIPT is read anew for each connection; a line is COMMAND and its answer, in
which backslashes escape and

    @PORT@     the port on which it listens for data
    @DATA@     data are sent here: what the line of "data" has
    @CALL@     the same, over a connection to the port that the client told
    @STRANGE@  somebody else connects to that port first, and is sent away
    @TLS@      hands are shaken, and before all data, too
    @CLOSE@    the connection ends here
    @RESET@    the same, with a reset
    @STALL@    nothing comes any more, until the client ends
    @EVER x@   x comes again and again, a hundred at a time
    @DRIP x@   the same, slowly

"greeting" is the command that nobody gives.  Commands without a line are
answered by 500; what was asked is appended to ASKED, and of data over TLS
whether they came in a session that was resumed.  CERTIFICATE has its key, too;
"data-as" names another for the data, and with "data-cut" they end without a
close_notify.
"""

import re
import socket
import ssl
import struct
import sys
import time

PATIENCE = 30
script_path, asked_path, *certificate = sys.argv[1:]


def read_script():
    with open(script_path, encoding="latin-1") as file:
        lines = [line.rstrip("\n").partition(" ") for line in file]
    return {key: answer.encode("latin-1").decode("unicode_escape")
            for key, _, answer in lines}


def serves_as(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def note(line):
    with open(asked_path, "a", encoding="latin-1") as file:
        file.write(line + "\n")


class Conversation:
    def __init__(self, connection, script, data):
        self.script, self.data = script, data
        self.told = self.tls = None
        self.goes_over(connection)

    def goes_over(self, connection):
        self.connection = connection
        self.lines = connection.makefile("r", encoding="latin-1",
                                         newline="\r\n")

    def send(self, text):
        self.connection.sendall(text.encode("latin-1"))

    def send_data(self, connection):
        connection.settimeout(PATIENCE)
        if self.tls:
            as_whom = self.script.get("data-as")
            tls = serves_as(as_whom) if as_whom else self.tls
            connection = tls.wrap_socket(connection, server_side=True)
            note("data, " + ("resumed" if connection.session_reused else "new"))
        connection.sendall(self.script.get("data", "").encode("latin-1"))
        if "data-reset" in self.script:
            reset(connection)
        if "data-stall" in self.script:
            connection.recv(1)
        if self.tls and "data-cut" not in self.script:
            connection.unwrap()
        connection.close()

    def act(self, act, text):
        if act == "PORT":
            self.send(str(self.data.getsockname()[1]))
        elif act == "DATA":
            self.send_data(self.data.accept()[0])
        elif act == "CALL":
            self.send_data(socket.create_connection(self.told))
        elif act == "STRANGE":
            try:
                socket.create_connection(self.told, PATIENCE,
                                         ("127.0.0.2", 0)).recv(1)
            except ConnectionResetError:
                pass
        elif act == "TLS":
            self.tls = serves_as(certificate[0])
            self.lines.close()
            self.goes_over(self.tls.wrap_socket(self.connection,
                                                server_side=True))
        elif act == "STALL":
            self.connection.recv(65536)
            raise EOFError
        elif act in ("EVER", "DRIP"):
            while True:
                self.send(text[1:] * (1 if act == "DRIP" else 100))
                time.sleep(0.02 if act == "DRIP" else 0)
        else:
            if act == "RESET":
                reset(self.connection)
            raise EOFError

    def answer(self, command):
        answer = self.script.get(command, "500 what?\r\n")
        for part in re.split("(@[A-Z]+[^@]*@)", answer):
            match = re.fullmatch("@([A-Z]+)([^@]*)@", part)
            if match:
                self.act(*match.groups())
            else:
                self.send(part)

    def note_port(self, line):
        if line.startswith("EPRT"):
            _, _, host, port, _ = line.split("|")
            self.told = (host, int(port))
        elif line.startswith("PORT"):
            parts = line[5:].split(",")
            self.told = (".".join(parts[:4]),
                         256 * int(parts[4]) + int(parts[5]))

    def converse(self):
        self.answer("greeting")
        while line := self.lines.readline():
            line = line.rstrip("\r\n")
            note(line)
            self.note_port(line)
            self.answer(line.partition(" ")[0])

    def end(self):
        self.lines.close()
        self.connection.close()


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
    connection.close()


listener = socket.create_server(("127.0.0.1", 0))
data = socket.create_server(("127.0.0.1", 0))
data.settimeout(PATIENCE)
print("listening on tcp:127.0.0.1:%d" % listener.getsockname()[1],
      file=sys.stderr, flush=True)
while True:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    conversation = Conversation(connection, read_script(), data)
    try:
        conversation.converse()
    except (OSError, EOFError):
        pass
    conversation.end()
    # What was connected and not accepted is not the next one's.
    data.settimeout(0)
    try:
        while True:
            data.accept()[0].close()
    except OSError:
        data.settimeout(PATIENCE)
