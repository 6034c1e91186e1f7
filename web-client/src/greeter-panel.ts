import { type CallOptions, Code, ConnectError } from "@connectrpc/connect";
import type { HelloReply } from "../../gen/greeter/greeter_pb.ts";
import { runCall } from "./call.ts";
import { bindCallMeter } from "./call-meter.ts";
import type { GreetCall } from "./command-lines.ts";
import { bindCommandList } from "./command-list.ts";
import { find } from "./dom.ts";
import { bindGreeterFields, type GreeterInput } from "./greeter-fields.ts";
import { bindReplyLog } from "./reply-log.ts";
import { connectTo, PROTOCOL_NAMES } from "./transport.ts";

/** What {@link mountGreeterPanel} needs to know. */
export interface GreeterPanelOptions {
  /** The element that holds the form, the replies and the command lines. */
  root: HTMLElement;
  /** Scheme, host and port of the service: `http://localhost:50051`. */
  origin: string;
  /** Told of each reply. */
  onReply: () => void;
}

/** Brings the greeter to life: one call at a time, which Cancel and Escape end early. */
export function mountGreeterPanel({ root, origin, onReply }: GreeterPanelOptions): void {
  const form = find(root, "#greet-form", HTMLFormElement);
  const greet = find(root, "#greet", HTMLButtonElement);
  const greetStream = find(root, "#greet-stream", HTMLButtonElement);
  const cancel = find(root, "#cancel", HTMLButtonElement);
  const fields = bindGreeterFields(form);
  const meter = bindCallMeter(root);
  const log = bindReplyLog(root);
  const commands = bindCommandList(root, origin);
  let running: AbortController | undefined;

  const call = async (method: GreetCall["method"], starter: HTMLButtonElement) => {
    if (running) return;
    const input = fields.read();
    if (!input) {
      fields.focusProblem();
      return;
    }
    running = new AbortController();
    setRunning(true);
    const title = `${method} over ${PROTOCOL_NAMES[input.protocol]}`;
    log.clear();
    meter.start(title);
    const result = await runCall({
      open: options => openGreeting(method, input, origin, options),
      signal: running.signal,
      timeoutMs: input.deadlineMs,
      onReply(reply, progress) {
        log.add(reply);
        meter.progress(progress);
        onReply();
      },
    });
    running = undefined;
    // A disabled button loses the focus, and with it the place of who works by keyboard.
    if (document.activeElement === cancel) starter.focus();
    setRunning(false);
    meter.finish(title, result);
  };
  const setRunning = (busy: boolean) => {
    cancel.disabled = !busy;
    // Not `disabled`, for the same reason: the button that was pressed keeps the focus.
    for (const button of [greet, greetStream]) button.setAttribute("aria-disabled", String(busy));
  };
  const stop = () => running?.abort(new ConnectError("canceled from this page", Code.Canceled));
  const showCommands = () => commands.show(fields.read());

  form.addEventListener("submit", event => {
    event.preventDefault();
    call("SayHello", greet);
  });
  greetStream.addEventListener("click", () => call("SayHelloStream", greetStream));
  cancel.addEventListener("click", stop);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") stop();
  });
  form.addEventListener("input", showCommands);
  showCommands();
}

/** Opens either greeting as a stream of replies. */
async function* openGreeting(
  method: GreetCall["method"],
  { name, age, protocol, token }: GreeterInput,
  baseUrl: string,
  options: CallOptions,
): AsyncIterable<HelloReply> {
  const { greeter } = connectTo({ protocol, baseUrl, token });
  if (method === "SayHello") yield await greeter.sayHello({ name, age }, options);
  else yield* greeter.sayHelloStream({ name, age }, options);
}
