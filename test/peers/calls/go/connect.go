package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"

	"concierge/test/peers/calls/greeter"
	"concierge/test/peers/calls/greeter/greeterconnect"

	"connectrpc.com/connect"
)

func serveConnect(listener net.Listener) {
	mux := http.NewServeMux()
	mux.Handle(greeterconnect.NewGreeterHandler(connectGreeter{}, connect.WithReadMaxBytes(maxMessageBytes)))
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Handler: mux, Protocols: protocols}
	log.Fatal(server.Serve(listener))
}

type connectGreeter struct{}

func (connectGreeter) SayHello(
	ctx context.Context, request *connect.Request[greeter.HelloRequest],
) (*connect.Response[greeter.HelloReply], error) {
	message, err := reply(ctx, request.Header(), request.Msg.Name)
	if err != nil {
		return nil, withTail(err, request.Header())
	}
	response := connect.NewResponse(&greeter.HelloReply{Message: message})
	return response, tellBack(request.Header(), response.Header(), response.Trailer())
}

func (connectGreeter) SayHelloStream(
	ctx context.Context, request *connect.Request[greeter.HelloRequest], stream *connect.ServerStream[greeter.HelloReply],
) error {
	if err := tellBack(request.Header(), stream.ResponseHeader(), stream.ResponseTrailer()); err != nil {
		return err
	}
	for n := range request.Msg.Age {
		if err := stream.Send(&greeter.HelloReply{Message: fmt.Sprint(request.Msg.Name, " ", n)}); err != nil {
			return err
		}
	}
	_, err := reply(ctx, request.Header(), request.Msg.Name)
	return err
}

func (connectGreeter) SayHelloToMany(
	ctx context.Context, stream *connect.ClientStream[greeter.HelloRequest],
) (*connect.Response[greeter.HelloReply], error) {
	var names []string
	for stream.Receive() {
		names = append(names, stream.Msg().Name)
		if _, err := reply(ctx, stream.RequestHeader(), stream.Msg().Name); err != nil {
			return nil, withTail(err, stream.RequestHeader())
		}
	}
	if err := stream.Err(); err != nil {
		return nil, err
	}
	response := connect.NewResponse(&greeter.HelloReply{Message: strings.Join(names, ",")})
	return response, tellBack(stream.RequestHeader(), response.Header(), response.Trailer())
}

func (connectGreeter) Chat(
	ctx context.Context, stream *connect.BidiStream[greeter.HelloRequest, greeter.HelloReply],
) error {
	if err := tellBack(stream.RequestHeader(), stream.ResponseHeader(), stream.ResponseTrailer()); err != nil {
		return err
	}
	for {
		request, err := stream.Receive()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&greeter.HelloReply{Message: request.Name}); err != nil {
			return err
		}
		if _, err := reply(ctx, stream.RequestHeader(), request.Name); err != nil {
			return err
		}
	}
}

// tellBack tells the fields of a call, text and bytes, as they came.
func tellBack(asked, head, tail http.Header) error {
	for where, fields := range map[string]http.Header{"head": head, "tail": tail} {
		for _, value := range asked.Values("X-Ask") {
			fields.Add("x-"+where, value)
		}
		for _, value := range asked.Values("X-Ask-Bin") {
			data, err := connect.DecodeBinaryHeader(value)
			if err != nil {
				return connect.NewError(connect.CodeInvalidArgument, err)
			}
			fields.Add("x-"+where+"-bin", connect.EncodeBinaryHeader(data))
		}
	}
	return nil
}

// withTail has an error tell the fields of a call; those of calls with many replies tell them by themselves.
func withTail(err error, asked http.Header) error {
	var told *connect.Error
	if errors.As(err, &told) {
		return errors.Join(tellBack(asked, http.Header{}, told.Meta()), told)
	}
	return err
}

func reply(ctx context.Context, asked http.Header, name string) (string, error) {
	message, err := act(ctx, asked.Get("Act"), asked.Get("X-Call"), name)
	var refused refusal
	if !errors.As(err, &refused) {
		return message, err
	}
	told := connect.NewError(connect.CodeFailedPrecondition, refused)
	detail, err := connect.NewErrorDetail(&greeter.HelloReply{Message: refused.name})
	if err != nil {
		return "", err
	}
	told.AddDetail(detail)
	return "", told
}
