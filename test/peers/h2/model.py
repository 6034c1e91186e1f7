"""Tells what python-hyper's h2, as server, makes of what a client sends. For h2.peers.ts.

Takes sessions on its input, each a list of reads in hex digits, as JSON. Prints for each the number of the read at which
h2 raised, and what; null where it did not. No request is answered, and all that comes is acknowledged.
"""

import json
import sys

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived


def play(reads):
    connection = H2Connection(H2Configuration(client_side=False, header_encoding=None))
    connection.initiate_connection()
    for number, read in enumerate(reads):
        try:
            for event in connection.receive_data(bytes.fromhex(read)):
                if isinstance(event, DataReceived) and event.flow_controlled_length:
                    connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        except Exception as error:
            return {"read": number, "error": type(error).__name__, "text": str(error)}
    return None


json.dump([play(reads) for reads in json.load(sys.stdin)], sys.stdout)
