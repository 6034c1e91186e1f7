/** An HTTP/2 frame, RFC 9113 section 4.1. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  /** What has arrived of it. */
  readonly payload: Buffer;
  /** Bytes of the whole payload. */
  readonly length: number;
}

/** Frame types and flags, RFC 9113 section 6. */
export const types = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const ack = 1;
export const endStream = 1;
export const endHeaders = 4;

/** The bytes of a frame. */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = new Uint8Array()): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The frames in `bytes`, of which the last may have come in part. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const payload = bytes.subarray(at + 9, at + 9 + length);
    const [type = 0, flags = 0] = bytes.subarray(at + 3);
    frames.push({ type, flags, stream: bytes.readUInt32BE(at + 5), payload, length });
    at += 9 + length;
  }
  return frames;
}

/** The code and the text of the first GOAWAY in `bytes`. */
export function goawayIn(bytes: Buffer): { code: number; text: string } | undefined {
  const payload = framesOf(bytes).find(({ type }) => type === types.goaway)?.payload;
  return payload && { code: payload.readUInt32BE(4), text: payload.subarray(8).toString() };
}

/** The client connection preface, RFC 9113 section 3.4. */
export const preface: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** `GET /` of authority "x", RFC 7541 appendix A. */
const getFields = [0x82, 0x84, 0x86, 0x41, 1, 0x78];

/** `POST /` of authority "x". */
export const postFields: Buffer = Buffer.from([0x83, 0x84, 0x86, 0x41, 1, 0x78]);

/** Preface and empty SETTINGS. */
export const hello: Buffer = Buffer.concat([preface, frame(types.settings, 0, 0)]);

/** A client's first bytes: preface, empty SETTINGS, and `GET /`. */
export const http2Get: Buffer = Buffer.concat([
  hello,
  frame(types.headers, endStream | endHeaders, 1, Buffer.from(getFields)),
]);

/** A field that is not indexed, RFC 7541 section 6.2.2. Name and value are up to 126 bytes each. */
export function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

/** The fields of a gRPC call of localhost. */
export function callFields(path: string): Buffer {
  const start = Buffer.from([0x83, 0x86]);
  const fields = { ":path": path, ":authority": "localhost", "content-type": "application/grpc", te: "trailers" };
  return Buffer.concat([start, ...Object.entries(fields).map(([name, value]) => literal(name, value))]);
}
