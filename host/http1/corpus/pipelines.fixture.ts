import { type Case, cases, get, handed, type Judgement, plain, post, waits } from "./case.fixture.ts";

const chunks = "2\r\n{}\r\n0\r\n\r\n";
const whole = post(["Transfer-Encoding: chunked"], chunks);

function of(fast: number, handed: number, refused: boolean): Judgement {
  return { fast, handed, refused };
}

/** Requests that come behind one another: RFC 9112 section 9.3.2. */
export const pipelines: readonly Case[] = [
  ...cases("all plain", of(2, 0, false), [plain() + plain(), get() + plain(), plain() + get(), get() + get()]),
  ...cases("bodies that read like requests", of(1, 0, false), [
    post([`Content-Length: ${plain().length}`], plain()),
    post(["Content-Length: 4"], "\r\n\r\n"),
    post(["Content-Length: 12"], chunks),
  ]),
  ...cases("plain, then node:http's", of(1, 1, false), [plain() + whole, get() + whole, `${plain()}\r\n${plain()}`]),
  ...cases("plain, then node:http's, then plain", of(1, 2, false), [plain() + whole + plain(), get() + whole + get()]),
  ...cases("node:http's, then plain", of(0, 2, false), [whole + plain(), whole + get(), `\r\n${plain()}${plain()}`]),
  ...cases("plain, then what is no request", of(1, 0, true), [
    ...["x", "{}", "0\r\n\r\n", "\0", " ", "GET\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "\x16\x03\x01"].map(
      text => plain() + text,
    ),
    `${plain()}${plain("Content-Length: 2")}`,
    `${plain()}${plain("X : y")}`,
    `${get()}${plain("Transfer-Encoding: chunked")}`,
    post(["Content-Length: 1"], "{}"),
    post(["Content-Length: 0"], "{}"),
    post(["Content-Length: 0"], chunks),
    `${get()}{}`,
  ]),
  ...cases("plain, then what is refused, then plain", of(1, 0, true), [
    `${plain()}${plain("Content-Length: 3")}${plain()}`,
    `${plain()}x${plain()}`,
    `${plain()}${plain("X\0: y")}${plain()}`,
  ]),
  ...cases("closed by the first", handed, [plain("Connection: close") + plain(), `${plain("Connection: close")}x`]),
  ...cases("a body that is not whole", of(1, 0, false), [post(["Content-Length: 3"], "{}")]),
  ...cases("empty lines behind a plain one", of(1, 0, false), [
    `${plain()}\r\n`,
    `${plain()}\r\n\r\n`,
    `${plain()}\r\r\n`,
  ]),
  ...cases("a head that is not whole", waits, [
    "P",
    "POST",
    "POST /",
    plain().slice(0, -4),
    "GET / HTTP/1.1\r\n",
    "\r\n",
  ]),
];
