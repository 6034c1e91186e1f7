import { type DescMethod, type FileRegistry, getOption, hasOption } from "@bufbuild/protobuf";
import { MethodOptions_IdempotencyLevel } from "@bufbuild/protobuf/wkt";

/** One way to ask for a method over plain HTTP (`google.api.http`). */
export interface Binding {
  /** `GET`, `POST`, … */
  readonly verb: string;
  /** As the contract has it: `/v1/users/{id}:undelete`. */
  readonly template: string;
  /** The request's field that is the body, `*` for all that the path does not give, empty for none. */
  readonly body: string;
  /** The reply's field that is the whole answer; empty for the reply itself. */
  readonly responseBody: string;
}

/** A call that the contract shows, in Protobuf JSON. */
export interface Example {
  readonly summary: string;
  readonly request: string;
}

/** What the contract says beside a method. */
export interface MethodOptions {
  readonly role: string | undefined;
  readonly self: boolean;
  readonly safe: boolean;
  readonly requestIdField: string | undefined;
  readonly bindings: readonly Binding[];
  readonly examples: readonly Example[];
}

/** The messages of options, as far as they are read; the registry of a server makes them. */
interface Policy {
  readonly access: number;
  readonly self: boolean;
}
interface HttpRule {
  readonly pattern: {
    readonly case?: string;
    readonly value?: string | { readonly kind: string; readonly path: string };
  };
  readonly body: string;
  readonly responseBody: string;
  readonly additionalBindings: readonly HttpRule[];
}

/**
 * Reads options by the extensions that `registry` has: a server without policies, rules or examples has none of them, and
 * the console carries no generated code for them.
 */
export function readMethodOptions(registry: FileRegistry): (method: DescMethod) => MethodOptions {
  function read<Value>(method: DescMethod, name: string): Value | undefined {
    const extension = registry.getExtension(name);
    return extension && hasOption(method, extension) ? (getOption(method, extension) as Value) : undefined;
  }
  const access = registry.getEnum("concierge.policy.v1.Access");
  return method => {
    const policy = read<Policy>(method, "concierge.policy.v1.policy");
    const rule = read<HttpRule>(method, "google.api.http");
    return {
      role: policy && roleName(access?.value[policy.access]?.name),
      self: policy?.self ?? false,
      safe: method.idempotency === MethodOptions_IdempotencyLevel.NO_SIDE_EFFECTS,
      requestIdField: read<string>(method, "concierge.policy.v1.request_id_field"),
      bindings: rule ? [rule, ...rule.additionalBindings].flatMap(toBinding) : [],
      examples: read<Example[]>(method, "concierge.rest.v1.example") ?? [],
    };
  };
}

function roleName(access: string | undefined): string | undefined {
  return access?.replace(/^ACCESS_/, "").toLowerCase();
}

function toBinding({ pattern, body, responseBody }: HttpRule): Binding[] {
  const { case: kind, value } = pattern;
  if (kind === undefined || value === undefined) return [];
  return typeof value === "string"
    ? [{ verb: kind.toUpperCase(), template: value, body, responseBody }]
    : [{ verb: value.kind.toUpperCase(), template: value.path, body, responseBody }];
}
