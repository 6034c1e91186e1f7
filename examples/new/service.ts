import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampNow } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { callerKey, type Served, serve } from "concierge-host";
import { type NoteSchema, SampleService } from "./gen/sample/v1/sample_pb.ts";

/** Keeps notes for as long as the process runs. */
export function createService(): Served {
  const notes: MessageInitShape<typeof NoteSchema>[] = [];

  return serve(SampleService, {
    getNote({ id }) {
      const note = notes[id - 1];
      if (!note) throw new ConnectError(`there is no note ${id}`, Code.NotFound);
      return { note };
    },
    addNote({ text }, { values }) {
      const author = values.get(callerKey).subject;
      const note = { id: notes.length + 1, text, author, createTime: timestampNow() };
      notes.push(note);
      return { note };
    },
    async *listNotes() {
      for (const note of notes) yield { note };
    },
  });
}
