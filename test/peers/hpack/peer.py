"""Encodes and decodes field blocks by python-hyper's hpack, for hpack.peers.ts: stories as JSON, as in main.go."""

import json
import sys

from hpack import Decoder, Encoder, HeaderTuple, NeverIndexedHeaderTuple


def encode(steps):
    encoder = Encoder()
    for step in steps:
        if step.get("tableSize") is not None:
            encoder.header_table_size = step["tableSize"]
        texts = [bytes.fromhex(text) for text in step["fields"]]
        fields = [
            (NeverIndexedHeaderTuple if name == b"authorization" else HeaderTuple)(name, value)
            for name, value in zip(texts[::2], texts[1::2])
        ]
        yield encoder.encode(fields, huffman=step["huffman"]).hex()


def decode(steps):
    decoder = Decoder(max_header_list_size=2**20)
    for step in steps:
        fields = decoder.decode(bytes.fromhex(step["block"]), raw=True)
        yield [text.hex() for field in fields for text in field]


stories = json.load(sys.stdin)
json.dump([list(encode(s["steps"]) if s["encode"] else decode(s["steps"])) for s in stories], sys.stdout)
