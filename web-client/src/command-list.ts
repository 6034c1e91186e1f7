import { curlLine, type GreetCall, grpcurlLine, restLine } from "./command-lines.ts";
import { bindCopyButton } from "./copy-button.ts";
import { find } from "./dom.ts";
import type { GreeterInput } from "./greeter-fields.ts";

/** The command lines that make the same call from a shell. */
export interface CommandList {
  /** Shows the lines for what the fields say; without an input, that they are waiting for one. */
  show: (input: GreeterInput | undefined) => void;
}

/** Binds the lines and their copy buttons. */
export function bindCommandList(root: ParentNode, origin: string): CommandList {
  const commands = [
    command(root, "#rest-say-hello", restLine, "SayHello"),
    command(root, "#curl-say-hello", curlLine, "SayHello"),
    command(root, "#grpcurl-say-hello", grpcurlLine, "SayHello"),
    command(root, "#rest-say-hello-stream", restLine, "SayHelloStream"),
    command(root, "#curl-say-hello-stream", curlLine, "SayHelloStream"),
    command(root, "#grpcurl-say-hello-stream", grpcurlLine, "SayHelloStream"),
  ];
  return {
    show(input) {
      for (const { code, copy, line, method } of commands) {
        code.textContent = input
          ? line({ ...input, signedIn: input.token !== "", method, origin })
          : "waits for valid fields above";
        copy.disabled = input === undefined;
      }
    },
  };
}

function command(root: ParentNode, selector: string, line: (call: GreetCall) => string, method: GreetCall["method"]) {
  const code = find(root, selector, HTMLElement);
  const copy = find(root, `[data-copies="${code.id}"]`, HTMLButtonElement);
  bindCopyButton(copy, code);
  return { code, copy, line, method };
}
