// Servers in Go for calls.peers.ts: `grpc` or `connect` serves the Greeter on a port that it prints, until its input
// ends. gRPC's takes two numbers: the milliseconds after which it sends a connection away, and the streams of one; 0 for
// its own defaults.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"strconv"
)

// maxMessageBytes is above what grpc-go reads by default, 4 MiB with the field around it.
const maxMessageBytes = 16 << 20

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	switch os.Args[1] {
	case "grpc":
		maxAgeMs, err := strconv.Atoi(os.Args[2])
		must(err)
		maxStreams, err := strconv.Atoi(os.Args[3])
		must(err)
		go serveGrpc(listener, maxAgeMs, maxStreams)
	case "connect":
		go serveConnect(listener)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	_, err = io.Copy(io.Discard, os.Stdin)
	must(err)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
