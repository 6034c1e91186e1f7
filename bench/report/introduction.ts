/** What stands before the results on the page on benchmarks. */
export const introduction = `# Benchmarks

This page is written by \`npm run bench\` from \`bench/results/\`. Read it for the ratios: contenders of one table ran in
turns on one machine, minutes apart at most. The numbers themselves are that machine's.

## How it is measured

- Servers are processes of their own on core 0, the load comes from core 1 (\`taskset\`, where there is one). One core is
  all a server gets, its garbage collection and its writer thread included; where a chart says "all cores" nothing is
  pinned.
- Our server runs as shipped, with its whole chain (request id, log line, validation) and \`LOG_LEVEL=warn\`. Its data
  files lie in a temporary folder on a real disk; "durable" means that a reply leaves after the disk has confirmed.
- Within a round each contender has its turn (A B C, A B C, …). Numbers are medians of the rounds, beside the least and
  the greatest; ratios are of medians.
- Unary load is made by \`h2load\`: 200 calls in flight, over HTTP/2 on 10 connections with 20 streams each, over HTTP/1.1
  on 200 connections; for small gRPC calls also on 200 connections and one by one. One reply is looked at before each load, the load warms up for a third of its time, and afterwards
  each status must be 2xx and the bodies as long as the one looked at: gRPC's failures have status 200 and no body.
- Streams, latency and creates use a small client on bare sockets, as Node's would take longer for a call than the
  server; it takes a call for good that brought all of its messages. Imports and exports use \`node:http2\`. Streams carry
  messages of about 40 bytes, 20 streams at a time on 10 connections. A bidi stream keeps 16 messages under way.
- Latency is taken at a fixed rate from the time a call was *meant* to be sent at, so a server that stalls is charged for
  the calls that waited (no coordinated omission).
- The clients of \`client\`, \`client-latency\` and \`client-memory\` are processes of their own on core 1, one at a
  time, on one connection. Node's read streams by \`for await\`; those with an interface like Connect's send by an async
  generator, grpc-js and grpc-go by their own calls. A bidi stream keeps 16 messages under way.
- Watchers of the feed are counted through by a client on bare sockets that decodes next to nothing: Node's would take
  longer to receive than the server to send. They are in one process with the writer, so the time to a watcher needs no
  second clock; it begins when the change was *meant* to be sent.
- Peers do the same work on the same contract (\`bench/peers/\`); those in Go and Rust get one thread. The *floor* is \`node:http2\` and protobuf-es with nothing
  between them: no routing, no checks, no errors.

## The directory's scenarios

- \`get-user\`: the ratio tells what the directory adds to a call: id and rules, the read, a larger message. It falls where
  the lane gets faster, although reads are as fast as before.
- \`get-user-size\`: times as a client sees them. The read itself is a few microseconds of the call: twice as long in the
  store is less than a tenth more for a client.
- \`durable-creates\`: what bounds it is the thread that serves calls; the writer's needs a third of its time, and the store
  alone shows what it could do. On one core the two, and the garbage collector's threads, share it. The pause is the
  longest time in which nothing else was served, with 200 calls that are answered by the same commit and come again together:
  that takes 10 to 25 ms; what is longer was, where it was looked into, a collection of the whole heap, or code
  that is compiled at the first calls.
- \`export\`: the heap's peak is mostly garbage that V8 saw no reason to collect yet; "after whole collections" is what
  the export holds.
- \`start\`: two starts of three find what an earlier one compiled, as all but the first after an installation do. What is
  left is Node itself (35 ms) and the loading of some 850 modules, 180 of them ours and 140 of them the schema compiler and the
  versions of Fastify's router.

## Caveats

- Loopback, one machine: no network, no TLS, and clients that never do anything wrong.
- h2load reuses connections and packs many streams into few writes. Clients that open a connection for each call see
  other numbers, of all servers alike.
- \`grpc-js\` reads gzip but never writes it, so its compressed replies cost it nothing.
- Our latency client is a process of Node, too; its own pauses are in all percentiles alike. The rate it reached stands
  beside them.
- A user that was just read comes from the page cache. \`get-user-size\` therefore asks for 10,000 users at random places.
- Peaks of memory are sampled every 10 ms and include garbage that was not collected yet; "after whole
  collections" is the most that a collection of the whole heap left, 0 where there was none.

## To reproduce

\`\`\`sh
sudo apt-get install nghttp2-client      # h2load
scripts/install-clients.sh               # only for Python's grpcio; it, Go's and Rust's peers are left out where not installed
npm ci
npm run bench                            # all scenarios, about an hour; or: npm run bench -- unary streaming
npm run bench -- --quick                 # a smoke check in two minutes, which writes nothing here
npm run bench -- --docs                  # only writes this page and its pictures again
\`\`\`

Leave the machine alone meanwhile. \`--rounds N\` takes more or fewer rounds than a scenario's own number.`;
