import type { JsonValue } from "@bufbuild/protobuf";
import type { Control } from "./shape.ts";

/** The value that a control begins with: the zero value, in Protobuf JSON. */
export function emptyOf(control: Control): JsonValue {
  switch (control.kind) {
    case "bool":
      return false;
    case "integer":
      return control.long ? "0" : 0;
    case "float":
      return 0;
    case "enum":
      return control.desc.values[0]?.name ?? 0;
    case "json":
      return JSON.parse(control.zero) as JsonValue;
    case "duration":
      return "0s";
    case "timestamp":
      return "1970-01-01T00:00:00Z";
    case "message":
    case "any":
      return {};
    default:
      return "";
  }
}
