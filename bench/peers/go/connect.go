package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"

	"concierge/bench/greeter"
	"concierge/bench/greeter/greeterconnect"

	"connectrpc.com/connect"
)

func serveConnect(listener net.Listener) {
	mux := http.NewServeMux()
	mux.Handle(greeterconnect.NewGreeterHandler(connectGreeter{}))
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{
		Handler:   mux,
		Protocols: protocols,
		HTTP2:     &http.HTTP2Config{MaxConcurrentStreams: 1000},
	}
	log.Fatal(server.Serve(listener))
}

type connectGreeter struct{}

func (connectGreeter) SayHello(
	_ context.Context, request *connect.Request[greeter.HelloRequest],
) (*connect.Response[greeter.HelloReply], error) {
	return connect.NewResponse(greet(request.Msg)), nil
}

// SayHelloStream sends as many replies as the age says.
func (connectGreeter) SayHelloStream(
	_ context.Context, request *connect.Request[greeter.HelloRequest], stream *connect.ServerStream[greeter.HelloReply],
) error {
	for range request.Msg.Age {
		if err := stream.Send(streamReply(request.Msg.Name)); err != nil {
			return err
		}
	}
	return nil
}

func (connectGreeter) SayHelloToMany(
	_ context.Context, stream *connect.ClientStream[greeter.HelloRequest],
) (*connect.Response[greeter.HelloReply], error) {
	count := 0
	for stream.Receive() {
		count++
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	return connect.NewResponse(greetMany(count)), nil
}

func (connectGreeter) Chat(
	_ context.Context, stream *connect.BidiStream[greeter.HelloRequest, greeter.HelloReply],
) error {
	for {
		request, err := stream.Receive()
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
