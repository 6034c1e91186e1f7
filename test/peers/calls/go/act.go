package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// refusal is the error that a call asks for: FAILED_PRECONDITION, with a detail that holds the name.
type refusal struct{ name string }

func (r refusal) Error() string { return "not so: 100 % naïve\n☃" }

// act does what a call asks for by its `act`, and returns what its reply says. Calls of others are known by their id.
func act(ctx context.Context, what, id, name string) (string, error) {
	switch what {
	case "":
		return name, nil
	case "fail":
		return "", refusal{name}
	case "deadline":
		deadline, ok := ctx.Deadline()
		if !ok {
			return "none", nil
		}
		return strconv.FormatInt(time.Until(deadline).Milliseconds(), 10), nil
	case "wait":
		waiting := waitingOf(id)
		close(waiting.begun)
		<-ctx.Done()
		close(waiting.over)
		return "", ctx.Err()
	case "begun":
		return "", heard(ctx, waitingOf(id).begun)
	case "over":
		return "", heard(ctx, waitingOf(id).over)
	default:
		return "", fmt.Errorf("act %q is unknown", what)
	}
}

// waiting is a call that waits until it is given up.
type waiting struct{ begun, over chan struct{} }

var (
	lock sync.Mutex
	all  = map[string]waiting{}
)

// waitingOf returns the call of an id, which may be to come.
func waitingOf(id string) waiting {
	lock.Lock()
	defer lock.Unlock()
	found, ok := all[id]
	if !ok {
		found = waiting{make(chan struct{}), make(chan struct{})}
		all[id] = found
	}
	return found
}

func heard(ctx context.Context, told chan struct{}) error {
	select {
	case <-told:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
