package main

import (
	"context"
	"fmt"
	"log"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"concierge/bench/greeter"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// call takes PORT IN_FLIGHT AMOUNT SECONDS: the amount is bytes of a name for unary calls, messages of a stream for others.
func call(kind string, args []string) {
	numbers := make([]float64, 4)
	for index := range numbers {
		value, err := strconv.ParseFloat(args[index], 64)
		if err != nil {
			log.Fatal(err)
		}
		numbers[index] = value
	}
	port, inFlight, amount := int(numbers[0]), int(numbers[1]), int(numbers[2])
	duration := time.Duration(numbers[3] * float64(time.Second))
	target := fmt.Sprintf("127.0.0.1:%d", port)
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	work := works[kind]
	if work == nil {
		log.Fatalf("%q is no kind of call", kind)
	}
	once := func(ctx context.Context) error { return work(ctx, greeter.NewGreeterClient(conn), amount) }
	replies := 1
	if kind != "unary" {
		replies = amount
	}
	run(once, inFlight, min(duration, 500*time.Millisecond))
	begin, before := time.Now(), processorTime()
	messages := replies * run(once, inFlight, duration)
	rate := float64(messages) / time.Since(begin).Seconds()
	cpu := float64((processorTime() - before).Nanoseconds()) / 1000 / float64(messages)
	fmt.Printf("{\"rate\": %f, \"cpu\": %f}\n", rate, cpu)
}

// run keeps so many calls in flight for a time, and returns how many it made.
func run(once func(context.Context) error, inFlight int, duration time.Duration) int {
	var calls atomic.Int64
	var group sync.WaitGroup
	begin := time.Now()
	for range inFlight {
		group.Go(func() {
			for time.Since(begin) < duration {
				ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
				err := once(ctx)
				cancel()
				if err != nil {
					log.Fatal(err)
				}
				calls.Add(1)
			}
		})
	}
	group.Wait()
	return int(calls.Load())
}

// processorTime is what this process has taken so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
