// Sends operations with genqlient's client. Reads commands and writes results, each a line of JSON.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/Khan/genqlient/graphql"
	"github.com/gorilla/websocket"
)

type command struct {
	Do        string         `json:"do"`
	ID        int            `json:"id"`
	Name      string         `json:"name"`
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
}

type reply struct {
	ID     int    `json:"id"`
	Data   any    `json:"data,omitempty"`
	Error  string `json:"error,omitempty"`
	Broken bool   `json:"broken,omitempty"`
}

var (
	endpoint      = os.Getenv("API_URL") + "/graphql"
	authorization = "Bearer " + os.Getenv("API_KEY")
	output        sync.Mutex
)

func write(message reply) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

type authorized struct{}

func (authorized) Do(request *http.Request) (*http.Response, error) {
	request.Header.Set("Authorization", authorization)
	return http.DefaultClient.Do(request)
}

type dialer struct{}

func (dialer) DialContext(ctx context.Context, url string, header http.Header) (graphql.WSConn, error) {
	connection, _, err := websocket.DefaultDialer.DialContext(ctx, url, header)
	if err != nil {
		return nil, err
	}
	return connection, nil
}

func request(c command) *graphql.Request {
	return &graphql.Request{OpName: c.Name, Query: c.Query, Variables: c.Variables}
}

func send(client graphql.Client, c command) {
	var data map[string]any
	if err := client.MakeRequest(context.Background(), request(c), &graphql.Response{Data: &data}); err != nil {
		write(reply{ID: c.ID, Error: err.Error()})
		return
	}
	write(reply{ID: c.ID, Data: data})
}

type event struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message string `json:"message"`
	} `json:"errors"`
}

// follow subscribes over a socket of its own until the context ends or the socket breaks.
func follow(ctx context.Context, c command) {
	client := graphql.NewClientUsingWebSocket(
		strings.Replace(endpoint, "http", "ws", 1),
		dialer{},
		graphql.WithConnectionParams(map[string]any{"authorization": authorization}),
	)
	failures, err := client.Start(ctx)
	if err != nil {
		end(ctx, c.ID, err)
		return
	}
	defer client.Close()
	events := make(chan event)
	forward := func(channel any, message json.RawMessage) error {
		var next event
		if err := json.Unmarshal(message, &next); err != nil {
			return err
		}
		select {
		case channel.(chan event) <- next:
		case <-ctx.Done():
		}
		return nil
	}
	if _, err := client.Subscribe(request(c), events, forward); err != nil {
		end(ctx, c.ID, err)
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-failures:
			end(ctx, c.ID, err)
			return
		case next := <-events:
			if len(next.Errors) > 0 {
				write(reply{ID: c.ID, Error: next.Errors[0].Message})
				return
			}
			write(reply{ID: c.ID, Data: next.Data})
		}
	}
}

// end tells a refusal, whose close code is 44xx, from a broken connection.
func end(ctx context.Context, id int, err error) {
	var closed *websocket.CloseError
	if errors.As(err, &closed) && closed.Code >= 4400 {
		write(reply{ID: id, Error: closed.Text})
	} else if ctx.Err() == nil {
		write(reply{ID: id, Broken: true})
	}
}

func main() {
	client := graphql.NewClient(endpoint, authorized{})
	stops := map[int]context.CancelFunc{}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var c command
		if err := json.Unmarshal(line, &c); err != nil {
			panic(err)
		}
		switch c.Do {
		case "send":
			go send(client, c)
		case "follow":
			if stop, again := stops[c.ID]; again {
				stop()
			}
			ctx, stop := context.WithCancel(context.Background())
			stops[c.ID] = stop
			go follow(ctx, c)
		case "stop":
			stops[c.ID]()
		}
	}
}
