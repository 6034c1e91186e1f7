// Peers in Go: `grpc` and `connect` serve the Greeter on a port that they print; `unary`, `server`, `client` and `bidi` are
// kinds of calls that are made to one over gRPC, and print what came of them as JSON.
package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"time"

	"concierge/bench/greeter"
)

func main() {
	switch command := os.Args[1]; command {
	case "grpc":
		serveGrpc(listen())
	case "connect":
		serveConnect(listen())
	default:
		call(command, os.Args[2:])
	}
}

func listen() net.Listener {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	return listener
}

var serverID, _ = os.Hostname()

// reply is what every peer does for a unary call, so that only the way there and back differs.
func reply(message string) *greeter.HelloReply {
	return &greeter.HelloReply{
		Message:   message,
		Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z07:00"),
		ServerId:  serverID,
	}
}

func greet(request *greeter.HelloRequest) *greeter.HelloReply {
	if request.Age > 0 {
		return reply(fmt.Sprintf("Hello, %s! You are %d years old.", request.Name, request.Age))
	}
	return reply(fmt.Sprintf("Hello, %s!", request.Name))
}

// streamReply is one reply of a stream: about 40 bytes.
func streamReply(name string) *greeter.HelloReply {
	return &greeter.HelloReply{Message: "Hello " + name + "! Here is another message"}
}

func greetMany(count int) *greeter.HelloReply {
	return reply(fmt.Sprintf("Hello to %d people!", count))
}
