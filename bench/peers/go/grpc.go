package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"

	"concierge/bench/greeter"

	"google.golang.org/grpc"
	_ "google.golang.org/grpc/encoding/gzip"
)

func serveGrpc(listener net.Listener) {
	server := grpc.NewServer(grpc.MaxConcurrentStreams(1000))
	greeter.RegisterGreeterServer(server, grpcGreeter{})
	log.Fatal(server.Serve(listener))
}

type grpcGreeter struct {
	greeter.UnimplementedGreeterServer
}

func (grpcGreeter) SayHello(_ context.Context, request *greeter.HelloRequest) (*greeter.HelloReply, error) {
	return greet(request), nil
}

// SayHelloStream sends as many replies as the age says.
func (grpcGreeter) SayHelloStream(request *greeter.HelloRequest, stream greeter.Greeter_SayHelloStreamServer) error {
	for range request.Age {
		if err := stream.Send(streamReply(request.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (grpcGreeter) SayHelloToMany(stream greeter.Greeter_SayHelloToManyServer) error {
	for count := 0; ; count++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return stream.SendAndClose(greetMany(count))
		} else if err != nil {
			return err
		}
	}
}

func (grpcGreeter) Chat(stream greeter.Greeter_ChatServer) error {
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(streamReply(request.Name)); err != nil {
			return err
		}
	}
}
