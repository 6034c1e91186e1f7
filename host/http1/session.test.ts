import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Connection, ok, post } from "./session.fixture.ts";

describe("a connection", () => {
  test("without a request is closed when it is idle for long, and not before", async () => {
    await using connection = await Connection.open();
    connection.clock.advance(299_000);
    connection.client.write(post("{}"));
    const { stream, complete, closed } = await connection.next();
    await complete.promise;
    connection.clock.advance(3_600_000);
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    await closed.promise;
    connection.clock.advance(299_000);
    assert.deepEqual(connection.cuts, []);
    connection.clock.advance(2_000);
    assert.match(await connection.readAll(), /reply$/);
    assert.deepEqual(connection.cuts, ["idle"]);
  });

  test("whose body does not come in time is told 408", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream, closed } = await connection.next();
    stream.limitBody(120_000);
    connection.clock.advance(119_000);
    assert.deepEqual(connection.cuts, []);
    connection.clock.advance(2_000);
    assert.match(await connection.readAll(), /^HTTP\/1\.1 408 Request Timeout\r\n.*\r\n\r\n$/s);
    assert.deepEqual(connection.cuts, ["body"]);
    connection.client.destroy();
    assert.equal((await closed.promise).by, "connection");
  });

  test("whose body came in time may take as long as it likes to be answered", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream, complete } = await connection.next();
    stream.limitBody(120_000);
    connection.client.write("}");
    await complete.promise;
    connection.clock.advance(3_600_000);
    stream.respond(ok);
    stream.end(Buffer.from("late"));
    await connection.reads("late");
    assert.deepEqual(connection.cuts, []);
  });

  test("whose client goes on too slowly behind its response is closed", async () => {
    await using connection = await Connection.open();
    connection.client.write(post("{", 2));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.end(Buffer.from("early"));
    connection.clock.advance(6_000);
    assert.match(await connection.readAll(), /early$/);
    assert.deepEqual(connection.cuts, ["unread"]);
  });

  test("that is retired closes at once, or behind the response to come, which says so", async () => {
    await using idle = await Connection.open();
    idle.session.retire();
    assert.equal(await idle.readAll(), "");

    await using busy = await Connection.open();
    busy.client.write(post("{}") + post("{}"));
    const { stream } = await busy.next();
    busy.session.retire();
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    assert.match(await busy.readAll(), /connection: close\r\ncontent-length: 5\r\n\r\nreply$/);
  });

  test("that is to close after its response serves one more", async () => {
    await using connection = await Connection.open();
    connection.session.closeAfterResponse();
    connection.client.write(post("{}"));
    const { stream } = await connection.next();
    stream.respond(ok);
    stream.end(Buffer.from("reply"));
    assert.match(await connection.readAll(), /connection: close\r\ncontent-length: 5\r\n\r\nreply$/);
  });
});
