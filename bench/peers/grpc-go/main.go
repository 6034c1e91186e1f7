// A greeter over gRPC in Go: `grpc-go serve` prints its port, `grpc-go call PORT IN_FLIGHT MESSAGE_BYTES SECONDS` its calls
// a second, `grpc-go stream PORT STREAMS COUNT SECONDS` its messages a second. HelloRequest and the part of HelloReply that
// matters have the encoding of google.protobuf.StringValue, so that no code has to be generated.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

const (
	unary     = "/greeter.Greeter/SayHello"
	streaming = "/greeter.Greeter/SayHelloStream"
)

func main() {
	if os.Args[1] == "serve" {
		serve()
		return
	}
	number := func(index int) int {
		value, err := strconv.Atoi(os.Args[index])
		if err != nil {
			log.Fatal(err)
		}
		return value
	}
	conn, err := grpc.NewClient(fmt.Sprintf("127.0.0.1:%d", number(2)), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	work := func(ctx context.Context) (int, error) {
		reply := new(wrapperspb.StringValue)
		return 1, conn.Invoke(ctx, unary, wrapperspb.String(strings.Repeat("x", number(4))), reply)
	}
	if os.Args[1] == "stream" {
		work = func(ctx context.Context) (int, error) { return readStream(ctx, conn, number(4)) }
	}
	run(work, number(3), 500*time.Millisecond)
	fmt.Println(run(work, number(3), time.Duration(number(5))*time.Second))
}

// run keeps so many calls in flight for a time, and returns how many messages came a second.
func run(work func(context.Context) (int, error), inFlight int, duration time.Duration) int {
	var messages atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range inFlight {
		group.Go(func() {
			for time.Since(begin) < duration {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				count, err := work(ctx)
				cancel()
				if err != nil {
					log.Fatal(err)
				}
				messages.Add(int64(count))
			}
		})
	}
	group.Wait()
	return int(float64(messages.Load()) / time.Since(begin).Seconds())
}

func readStream(ctx context.Context, conn *grpc.ClientConn, count int) (int, error) {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, streaming)
	if err != nil {
		return 0, err
	}
	if err := stream.SendMsg(wrapperspb.String(strconv.Itoa(count))); err != nil {
		return 0, err
	}
	if err := stream.CloseSend(); err != nil {
		return 0, err
	}
	for received := 0; ; received++ {
		if err := stream.RecvMsg(new(wrapperspb.StringValue)); err != nil {
			if received == count {
				return received, nil
			}
			return received, err
		}
	}
}

func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer(grpc.MaxConcurrentStreams(1000), grpc.UnknownServiceHandler(handle))
	fmt.Println("port", listener.Addr().(*net.TCPAddr).Port)
	log.Fatal(server.Serve(listener))
}

// handle greets once, and over the streaming method as often as the name says.
func handle(_ any, stream grpc.ServerStream) error {
	request := new(wrapperspb.StringValue)
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	method, _ := grpc.MethodFromServerStream(stream)
	if method == unary {
		return stream.SendMsg(wrapperspb.String("Hello, " + request.Value + "!"))
	}
	count, err := strconv.Atoi(request.Value)
	if err != nil {
		return err
	}
	for range count {
		if err := stream.SendMsg(wrapperspb.String("Hello!")); err != nil {
			return err
		}
	}
	return nil
}
