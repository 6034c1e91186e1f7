package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"concierge/bench/greeter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// work makes a call, and returns how many messages came.
type work func(context.Context) (int, error)

// call takes PORT IN_FLIGHT AMOUNT SECONDS: the amount is bytes of a name for `call`, messages of a stream for `stream`.
func call(kind string, args []string) {
	numbers := make([]int, 4)
	for index := range numbers {
		value, err := strconv.Atoi(args[index])
		if err != nil {
			log.Fatal(err)
		}
		numbers[index] = value
	}
	port, inFlight, amount, seconds := numbers[0], numbers[1], numbers[2], numbers[3]
	target := fmt.Sprintf("127.0.0.1:%d", port)
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	client := greeter.NewGreeterClient(conn)
	works := map[string]work{
		"call": func(ctx context.Context) (int, error) {
			_, err := client.SayHello(ctx, &greeter.HelloRequest{Name: strings.Repeat("x", amount)})
			return 1, err
		},
		"stream": func(ctx context.Context) (int, error) { return readStream(ctx, client, amount) },
	}
	run(works[kind], inFlight, 500*time.Millisecond)
	fmt.Println(run(works[kind], inFlight, time.Duration(seconds)*time.Second))
}

// run keeps so many calls in flight for a time, and returns how many messages came a second.
func run(work work, inFlight int, duration time.Duration) int {
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

func readStream(ctx context.Context, client greeter.GreeterClient, count int) (int, error) {
	stream, err := client.SayHelloStream(ctx, &greeter.HelloRequest{Name: "Ada", Age: int32(count)})
	if err != nil {
		return 0, err
	}
	for received := 0; ; received++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			if received != count {
				return received, fmt.Errorf("%d of %d messages came", received, count)
			}
			return received, nil
		} else if err != nil {
			return received, err
		}
	}
}
