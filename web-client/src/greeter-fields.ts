import { bindField } from "./field.ts";
import { readAge, readDeadline, readName, readToken } from "./rules.ts";
import { isProtocol, type Protocol } from "./transport.ts";

/** What the visitor asks for, once every field is valid. */
export interface GreeterInput {
  name: string;
  /** Years; 0 means unknown. */
  age: number;
  /** Milliseconds; no deadline when absent. */
  deadlineMs: number | undefined;
  protocol: Protocol;
  /** Sent as a bearer token; empty for none. */
  token: string;
}

/** The fields of the greeter form. */
export interface GreeterFields {
  /** What the fields say, or nothing while one of them has a problem. */
  read: () => GreeterInput | undefined;
  /** Puts the focus into the first field that has a problem. */
  focusProblem: () => void;
}

/** Binds name, age, deadline, token and protocol in `form`. */
export function bindGreeterFields(form: HTMLFormElement): GreeterFields {
  const name = bindField(form, "name", readName);
  const age = bindField(form, "age", readAge);
  const deadline = bindField(form, "deadline", readDeadline);
  const token = bindField(form, "token", readToken);
  return {
    read() {
      const readings = { name: name.read(), age: age.read(), deadline: deadline.read(), token: token.read() };
      if (!readings.name.ok || !readings.age.ok || !readings.deadline.ok || !readings.token.ok) return undefined;
      return {
        name: readings.name.value,
        age: readings.age.value,
        deadlineMs: readings.deadline.value,
        protocol: readProtocol(form),
        token: readings.token.value,
      };
    },
    focusProblem() {
      [name, age, deadline, token].find(field => !field.read().ok)?.focus();
    },
  };
}

function readProtocol(form: HTMLFormElement): Protocol {
  const value = new FormData(form).get("protocol");
  if (isProtocol(value)) return value;
  throw new Error(`no transport for protocol "${value}"`);
}
