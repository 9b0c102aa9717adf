// SPDX-License-Identifier: MIT

// Go's crypto/tls, a goroutine a connection: tls PORT CERT KEY echo|discard
package main

import (
	"crypto/tls"
	"net"
	"os"
)

func serve(c net.Conn, answer bool) {
	defer c.Close()
	b := make([]byte, 16384)
	for {
		n, err := c.Read(b)
		if err != nil {
			return
		}
		if answer {
			if _, err := c.Write(b[:n]); err != nil {
				return
			}
		}
	}
}

func main() {
	pair, err := tls.LoadX509KeyPair(os.Args[2], os.Args[3])
	if err != nil {
		panic(err)
	}
	l, err := tls.Listen("tcp4", "0.0.0.0:"+os.Args[1],
		&tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		panic(err)
	}
	for {
		if c, err := l.Accept(); err == nil {
			go serve(c, os.Args[4] == "echo")
		}
	}
}
