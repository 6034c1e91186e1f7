import { Code, ConnectError } from "@connectrpc/connect";
import { HelloRequestSchema } from "../../gen/greeter/greeter_pb.ts";
import { serveGreeter } from "./greeter-server.ts";
import type { TestServer } from "./listen.ts";

/** The header of a call in JSON. */
export const json = { "content-type": "application/json" };

/** Serves a greeter that answers, fails and echoes by the name that it is given. */
export function serveAnswers(): Promise<TestServer> {
  return serveGreeter({
    sayHello({ name }, { requestHeader, responseHeader, responseTrailer }) {
      if (name === "fail") {
        const metadata = { "x-error": "e" };
        throw new ConnectError("not here", Code.NotFound, metadata, [
          { desc: HelloRequestSchema, value: { name: "detail" } },
        ]);
      }
      for (const value of ["1", "2"]) responseHeader.append("x-echo", requestHeader.get("x-ask") ?? value);
      for (const cookie of ["a=1", "b=2"]) responseHeader.append("set-cookie", cookie);
      responseTrailer.set("x-sum-bin", "AAEC");
      return { message: `Hello, ${name}` };
    },
    async *sayHelloStream({ name }, { responseTrailer }) {
      yield { message: name };
      responseTrailer.set("x-last", "1");
      if (name === "fail") throw new ConnectError("midway", Code.DataLoss);
    },
    async *chat(requests) {
      for await (const { name } of requests) yield { message: name };
    },
  });
}

/** Calls a method of the greeter over HTTP/1.1. */
export function post(
  server: TestServer,
  method: string,
  body: NonNullable<RequestInit["body"]>,
  headers: Record<string, string> = json,
): Promise<Response> {
  return fetch(`${server.url}/greeter.Greeter/${method}`, { method: "POST", body, headers });
}
