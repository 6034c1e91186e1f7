import assert from "node:assert/strict";
import { test } from "node:test";
import { create, createFileRegistry, type DescService, type MessageInitShape, setExtension } from "@bufbuild/protobuf";
import {
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
  FileDescriptorSetSchema,
  MethodOptions_IdempotencyLevel as Idempotency,
  FieldDescriptorProto_Label as Label,
  MethodOptionsSchema,
  FieldDescriptorProto_Type as Type,
} from "@bufbuild/protobuf/wkt";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { request_id_field } from "../gen/concierge/policy/v1/policy_pb.ts";
import { serve } from "../host/served.ts";
import { startHost } from "../test/support/service-host.ts";
import { createConcierge } from "./index.ts";

/** What the contract of a method may say. */
interface Promised {
  /** The field that has the request id. */
  readonly requestIdField?: string;
  readonly idempotency?: Idempotency;
}

/** Somebody else's service: its request has fields of usual names, `request_id` among them. */
function orders({ requestIdField, idempotency }: Promised): DescService {
  const options = create(MethodOptionsSchema, idempotency === undefined ? {} : { idempotencyLevel: idempotency });
  if (requestIdField !== undefined) setExtension(options, request_id_field, requestIdField);
  const field = (name: string, number: number, type: Type): MessageInitShape<typeof FieldDescriptorProtoSchema> => ({
    name,
    number,
    type,
    label: Label.OPTIONAL,
  });
  const file = create(FileDescriptorProtoSchema, {
    name: "orders.proto",
    package: "stranger",
    syntax: "proto3",
    messageType: [
      {
        name: "Order",
        field: [
          field("request_id", 1, Type.STRING),
          field("idempotency_key", 2, Type.STRING),
          field("count", 3, Type.INT32),
        ],
      },
    ],
    service: [
      {
        name: "Orders",
        method: [{ name: "Place", inputType: ".stranger.Order", outputType: ".stranger.Order", options }],
      },
    ],
  });
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService("stranger.Orders");
  assert.ok(service);
  return service;
}

type Order = Record<"requestId" | "idempotencyKey", string>;

/** A server that does what it is told, and then fails; what it saw of a client's one call. */
async function placeAt(service: DescService, order: Partial<Order> = {}): Promise<Order[]> {
  const seen: Order[] = [];
  const implementation = {
    place(request: unknown) {
      seen.push(request as Order);
      throw new ConnectError("done, but not answered", Code.Unavailable);
    },
  };
  // Of a service that is made here no type is known.
  await using host = await startHost(serve(service, implementation as object));
  await using concierge = createConcierge({ baseUrl: host.baseUrl, retry: { initialBackoffMs: 1, maxBackoffMs: 2 } });
  const client = createClient(service, concierge.transport) as Client<DescService> & {
    place(order: Partial<Order>): Promise<unknown>;
  };
  await assert.rejects(client.place(order), { code: Code.Unavailable });
  return seen;
}

test("a write whose contract promises nothing is made once, and gets no id, whatever its fields are called", async () => {
  const [first, ...repeats] = await placeAt(orders({}));
  assert.deepEqual([first?.requestId, first?.idempotencyKey], ["", ""]);
  assert.equal(repeats.length, 0);
  // The caller's own id says no more about the server.
  assert.equal((await placeAt(orders({}), { requestId: "mine" })).length, 1);
});

test("a write whose contract names the field of the request id gets one there, and is repeated with it", async () => {
  const seen = await placeAt(orders({ requestIdField: "idempotency_key" }));
  assert.equal(seen.length, 5);
  assert.match(seen[0]?.idempotencyKey ?? "", /^[0-9a-f-]{36}$/);
  assert.equal(new Set(seen.map(({ idempotencyKey }) => idempotencyKey)).size, 1);
  assert.ok(seen.every(({ requestId }) => requestId === ""));
});

test("a write that says that it is idempotent is repeated as it is", async () => {
  const seen = await placeAt(orders({ idempotency: Idempotency.IDEMPOTENT }));
  assert.equal(seen.length, 5);
  assert.ok(seen.every(({ requestId }) => requestId === ""));
});

test("a contract that names a field which cannot be the request id is refused by its name", async () => {
  await using concierge = createConcierge({ baseUrl: "http://localhost:1" });
  for (const name of ["count", "nothing"]) {
    const client = createClient(orders({ requestIdField: name }), concierge.transport) as Client<DescService> & {
      place(order: Partial<Order>): Promise<unknown>;
    };
    const message = new RegExp(
      `stranger.Orders/Place: request_id_field "${name}" is no string field of stranger.Order`,
    );
    await assert.rejects(client.place({}), { message });
  }
});
