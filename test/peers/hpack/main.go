// Encodes and decodes field blocks by golang.org/x/net, for hpack.peers.ts: a story a line, as JSON.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"log"
	"os"

	"golang.org/x/net/http2/hpack"
)

// A step of a story. Names and values are hex digits, in turn; so are blocks.
type step struct {
	// The size of the encoder's table from here on; absent where it stays.
	TableSize *uint32  `json:"tableSize"`
	Fields    []string `json:"fields"`
	Block     string   `json:"block"`
}

type story struct {
	// Whether fields are to be encoded, or blocks to be decoded.
	Encode bool   `json:"encode"`
	Steps  []step `json:"steps"`
}

func main() {
	var stories []story
	must(json.NewDecoder(os.Stdin).Decode(&stories))
	results := [][]any{}
	for _, story := range stories {
		if story.Encode {
			results = append(results, encode(story.Steps))
		} else {
			results = append(results, decode(story.Steps))
		}
	}
	must(json.NewEncoder(os.Stdout).Encode(results))
}

func encode(steps []step) []any {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	blocks := []any{}
	for _, step := range steps {
		block.Reset()
		if step.TableSize != nil {
			encoder.SetMaxDynamicTableSize(*step.TableSize)
		}
		for i := 0; i < len(step.Fields); i += 2 {
			name, value := text(step.Fields[i]), text(step.Fields[i+1])
			must(encoder.WriteField(hpack.HeaderField{Name: name, Value: value, Sensitive: name == "authorization"}))
		}
		blocks = append(blocks, hex.EncodeToString(block.Bytes()))
	}
	return blocks
}

func decode(steps []step) []any {
	decoder := hpack.NewDecoder(4096, nil)
	lists := []any{}
	for _, step := range steps {
		fields, err := decoder.DecodeFull([]byte(text(step.Block)))
		must(err)
		list := []string{}
		for _, field := range fields {
			list = append(list, hex.EncodeToString([]byte(field.Name)), hex.EncodeToString([]byte(field.Value)))
		}
		lists = append(lists, list)
	}
	return lists
}

func text(digits string) string {
	bytes, err := hex.DecodeString(digits)
	must(err)
	return string(bytes)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
