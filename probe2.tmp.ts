import { frame, framesOf, types } from "./test/support/frames.ts";
import { startTcp } from "./test/support/tcp-server.ts";
import http2 from "node:http2";
const front = await startTcp((socket) => {
    socket.write(frame(types.settings, 0, 0));
    socket.on("data", (bytes: Buffer) => {
      console.log(bytes.length, framesOf(bytes.subarray(24)).map(f => f.type));
      if (framesOf(bytes.subarray(24)).some(({ type }) => type === types.headers)) socket.write(frame(types.goaway, 0, 0, Buffer.alloc(8)));
    });
});
const s = http2.connect(front.baseUrl);
s.on("error", e => console.log("session error", e.message)); s.on("goaway", (...a) => console.log("goaway", a)); s.on("close", () => console.log("session close"));
s.on("remoteSettings", () => { const st = s.request({":path": "/", ":method": "POST"}); st.on("error", e => console.log("stream error", e.message)); st.on("close", () => console.log("stream close", st.rstCode)); console.log("id", st.id, st.pending); setTimeout(() => console.log("id", st.id, st.pending), 10); st.end("x"); });
setTimeout(() => process.exit(), 1500);
