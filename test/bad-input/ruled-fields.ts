import { type DescMessage, type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { field as fieldRules, oneof as oneofRules } from "../../gen/buf/validate/validate_pb.ts";

/** The paths of all fields of a method's request that have a rule in its contract, as protovalidate names them. */
export function ruledFields({ input }: DescMethod): string[] {
  return [...walk(input)];
}

function* walk(message: DescMessage, prefix = ""): Generator<string> {
  for (const oneof of message.oneofs) if (hasOption(oneof, oneofRules)) yield prefix + oneof.name;
  for (const field of message.fields) {
    const path = prefix + field.name;
    if (hasOption(field, fieldRules)) {
      yield path;
      if (field.fieldKind === "list" && getOption(field, fieldRules).type.case === "repeated") yield `${path}[]`;
    }
    if (field.message?.file.proto.package === message.file.proto.package) yield* walk(field.message, `${path}.`);
  }
}
