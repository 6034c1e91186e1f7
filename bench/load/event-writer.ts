import { create, toBinary } from "@bufbuild/protobuf";
import {
  CreateUserRequestSchema,
  DirectoryService,
  ReportEventRequestSchema,
} from "../../gen/concierge/directory/v1/directory_pb.ts";
import { envelope, pathOf } from "./call.ts";
import { ended, openSessions, type Sessions } from "./sessions.ts";

const CONNECTIONS = 4;
const reportPath = pathOf(DirectoryService.method.reportEvent);

/** Reports events of one user; each carries a number as a big-endian double. */
export class EventWriter implements Disposable {
  readonly #sessions: Sessions;
  #calls = 0;

  /** Connects, and stores the user, where there is none. */
  static async open(port: number): Promise<EventWriter> {
    const writer = new EventWriter(await openSessions(port, CONNECTIONS));
    const user = { name: "Grace Hopper", email: `grace-${process.hrtime.bigint()}@example.com` };
    const request = toBinary(CreateUserRequestSchema, create(CreateUserRequestSchema, { user }));
    await writer.#call(pathOf(DirectoryService.method.createUser), request);
    return writer;
  }

  private constructor(sessions: Sessions) {
    this.#sessions = sessions;
  }

  /** Reports an event; resolves when it is acknowledged. */
  report(number: number): Promise<void> {
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setFloat64(0, number);
    const request = create(ReportEventRequestSchema, { userId: "1", type: "bench", payload });
    return this.#call(reportPath, toBinary(ReportEventRequestSchema, request));
  }

  [Symbol.dispose](): void {
    this.#sessions[Symbol.dispose]();
  }

  #call(path: string, request: Uint8Array): Promise<void> {
    const stream = this.#sessions.open(this.#calls++, path);
    const done = ended(stream, () => {});
    stream.end(envelope(request));
    return done;
  }
}
