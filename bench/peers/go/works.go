package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"concierge/bench/greeter"
)

// underWay is how many messages of a bidi stream wait for their reply at a time.
const underWay = 16

// work makes a call, and fails where not all came that should have.
type work func(ctx context.Context, client greeter.GreeterClient, amount int) error

var works = map[string]work{"unary": greetOne, "server": readMany, "client": sendMany, "bidi": chat}

func greetOne(ctx context.Context, client greeter.GreeterClient, bytes int) error {
	_, err := client.SayHello(ctx, &greeter.HelloRequest{Name: strings.Repeat("x", bytes)})
	return err
}

func readMany(ctx context.Context, client greeter.GreeterClient, count int) error {
	stream, err := client.SayHelloStream(ctx, &greeter.HelloRequest{Name: "Ada", Age: int32(count)})
	if err != nil {
		return err
	}
	return readAll(stream.Recv, count, func() {})
}

func sendMany(ctx context.Context, client greeter.GreeterClient, count int) error {
	stream, err := client.SayHelloToMany(ctx)
	if err != nil {
		return err
	}
	for range count {
		if err := stream.Send(&greeter.HelloRequest{Name: "Ada", Age: 36}); err != nil {
			return err
		}
	}
	reply, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if expected := fmt.Sprintf("Hello to %d people!", count); reply.Message != expected {
		return fmt.Errorf("%q came in place of %q", reply.Message, expected)
	}
	return nil
}

func chat(ctx context.Context, client greeter.GreeterClient, count int) error {
	stream, err := client.Chat(ctx)
	if err != nil {
		return err
	}
	room := make(chan struct{}, underWay)
	go func() {
		for range count {
			room <- struct{}{}
			// What fails here fails the reader, too.
			if stream.Send(&greeter.HelloRequest{Name: "Ada", Age: 36}) != nil {
				return
			}
		}
		stream.CloseSend()
	}()
	return readAll(stream.Recv, count, func() { <-room })
}

// readAll reads a stream to its end, and fails where another number of messages came.
func readAll(receive func() (*greeter.HelloReply, error), count int, came func()) error {
	for received := 0; ; received++ {
		if _, err := receive(); errors.Is(err, io.EOF) {
			if received != count {
				return fmt.Errorf("%d of %d messages came", received, count)
			}
			return nil
		} else if err != nil {
			return err
		}
		came()
	}
}
