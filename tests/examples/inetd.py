# SPDX-License-Identifier: MIT
"""inetd.py PROGRAM ARGUMENT...: one of it for each connection, as inetd does."""

import socket
import subprocess
import sys

listener = socket.create_server(("127.0.0.1", 0))
print("listening on tcp:127.0.0.1:%d" % listener.getsockname()[1],
      file=sys.stderr, flush=True)
children = []
while True:
    connection, _ = listener.accept()
    children.append(subprocess.Popen(sys.argv[1:], stdin=connection,
                                     stdout=connection, stderr=connection))
    connection.close()
    children = [child for child in children if child.poll() is None]
