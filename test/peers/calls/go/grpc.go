package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"time"

	"concierge/test/peers/calls/greeter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

func serveGrpc(listener net.Listener, maxAgeMs, maxStreams int) {
	options := []grpc.ServerOption{grpc.MaxRecvMsgSize(maxMessageBytes)}
	if maxAgeMs > 0 {
		age := time.Duration(maxAgeMs) * time.Millisecond
		options = append(options, grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionAge: age}))
	}
	if maxStreams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(uint32(maxStreams)))
	}
	server := grpc.NewServer(options...)
	greeter.RegisterGreeterServer(server, grpcGreeter{})
	log.Fatal(server.Serve(listener))
}

type grpcGreeter struct {
	greeter.UnimplementedGreeterServer
}

func (grpcGreeter) SayHello(ctx context.Context, request *greeter.HelloRequest) (*greeter.HelloReply, error) {
	asked := askedOf(ctx)
	if err := errors.Join(grpc.SetHeader(ctx, asked.replied("head")), grpc.SetTrailer(ctx, asked.replied("tail"))); err != nil {
		return nil, err
	}
	return asked.reply(ctx, request.Name)
}

func (grpcGreeter) SayHelloStream(request *greeter.HelloRequest, stream greeter.Greeter_SayHelloStreamServer) error {
	ctx := stream.Context()
	asked := begin(stream)
	for n := range request.Age {
		if err := stream.Send(&greeter.HelloReply{Message: fmt.Sprint(request.Name, " ", n)}); err != nil {
			return err
		}
	}
	_, err := asked.reply(ctx, request.Name)
	return err
}

func (grpcGreeter) SayHelloToMany(stream greeter.Greeter_SayHelloToManyServer) error {
	ctx := stream.Context()
	asked := begin(stream)
	var names []string
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&greeter.HelloReply{Message: strings.Join(names, ",")})
		}
		if err != nil {
			return err
		}
		names = append(names, request.Name)
		if _, err := asked.reply(ctx, request.Name); err != nil {
			return err
		}
	}
}

func (grpcGreeter) Chat(stream greeter.Greeter_ChatServer) error {
	ctx := stream.Context()
	asked := begin(stream)
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&greeter.HelloReply{Message: request.Name}); err != nil {
			return err
		}
		if _, err := asked.reply(ctx, request.Name); err != nil {
			return err
		}
	}
}

// grpcAsked is what a call asks for, as its metadata has it.
type grpcAsked struct{ metadata.MD }

func askedOf(ctx context.Context) grpcAsked {
	fields, _ := metadata.FromIncomingContext(ctx)
	return grpcAsked{fields}
}

func begin(stream grpc.ServerStream) grpcAsked {
	asked := askedOf(stream.Context())
	must(stream.SetHeader(asked.replied("head")))
	stream.SetTrailer(asked.replied("tail"))
	return asked
}

// replied are the fields of a call, text and bytes, as they are told back.
func (asked grpcAsked) replied(where string) metadata.MD {
	return metadata.MD{"x-" + where: asked.Get("x-ask"), "x-" + where + "-bin": asked.Get("x-ask-bin")}
}

func (asked grpcAsked) reply(ctx context.Context, name string) (*greeter.HelloReply, error) {
	message, err := act(ctx, first(asked.Get("act")), first(asked.Get("x-call")), name)
	var refused refusal
	switch {
	case err == nil:
		return &greeter.HelloReply{Message: message}, nil
	case errors.As(err, &refused):
		told, err := status.New(codes.FailedPrecondition, refused.Error()).WithDetails(&greeter.HelloReply{Message: refused.name})
		if err != nil {
			return nil, err
		}
		return nil, told.Err()
	default:
		return nil, status.FromContextError(err).Err()
	}
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}
