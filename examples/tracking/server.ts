import { timestampNow } from "@bufbuild/protobuf/wkt";
import { createClient, type Interceptor, type ServiceImpl } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { createDependency, createHost, passOn, readSettings, serve, serveUntilSignal } from "concierge-host";
import { ShipmentState, TrackingService } from "./gen/shipping/v1/tracking_pb.ts";

const { UPSTREAM: baseUrl } = process.env;
const other = baseUrl ? createClient(TrackingService, createGrpcTransport({ baseUrl })) : undefined;
const database = createDependency("postgres");
const ended = { well: 0, badly: 0 };
const version: Interceptor = next => async request => {
  const response = await next(request);
  response.header.set("x-version", "1");
  return response;
};
const tracking: ServiceImpl<typeof TrackingService> = {
  getShipment: (request, context) =>
    other?.getShipment(request, passOn(context)) ?? { id: request.id, state: ShipmentState.IN_TRANSIT },
  createShipment: ({ destination, labels }) => ({ id: "1", state: ShipmentState.CREATED, labels, destination }),
  async *trackShipment({ intervalMs, count }) {
    for (let i = 0; i < (count || 3); i++) {
      yield { time: timestampNow(), state: ShipmentState.IN_TRANSIT, note: `#${i}` };
      await new Promise(resolve => setTimeout(resolve, intervalMs));
    }
  },
  uploadScans: async scans => ({ accepted: (await Array.fromAsync(scans)).length }),
  async *courierLink(messages) {
    for await (const { body } of messages) yield { text: `${body.case}: ${body.value}` };
  },
};

await serveUntilSignal(async () => {
  const services = [serve(TrackingService, tracking, database)];
  const options = { ...readSettings(), services, interceptors: [version], errorDomain: "shipping.example.com" };
  const host = await createHost({ ...options, onCallEnd: ({ error }) => ended[error ? "badly" : "well"]++ });
  host.fastify.get("/ended", () => ended);
  database.ready();
  return host;
});
