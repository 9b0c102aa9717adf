// SPDX-License-Identifier: MIT

// Go's net, a goroutine a connection: echo PORT [BYTES]
package main

import (
	"net"
	"os"
	"strconv"
)

func serve(c net.Conn, size int) {
	defer c.Close()
	b := make([]byte, size)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if _, err := c.Write(b[:n]); err != nil {
			return
		}
	}
}

func main() {
	size := 65536
	if len(os.Args) > 2 {
		size, _ = strconv.Atoi(os.Args[2])
	}
	l, err := net.Listen("tcp4", "0.0.0.0:"+os.Args[1])
	if err != nil {
		panic(err)
	}
	for {
		if c, err := l.Accept(); err == nil {
			go serve(c, size)
		}
	}
}
