import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { create, type DescFile, type DescService, fromBinary, type JsonObject, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { OpenApiService } from "../../gen/concierge/openapi/v1/openapi_pb.ts";
import { readComments } from "../../protocol/comments.ts";
import { policyOf } from "../auth/policy.ts";
import { readHttpRules } from "../rest/http-rule.ts";
import { type Served, serve } from "../served.ts";
import type { OpenApiVersion } from "./operation.ts";

/** What the description of a host says that its contracts do not. */
export interface ApiOptions {
  /** Defaults to "API". */
  readonly title?: string;
  /** Defaults to "1". */
  readonly version?: string;
  /**
   * A file with a `google.protobuf.FileDescriptorSet` that has the contracts' comments, as `buf build
   * --as-file-descriptor-set` writes it. Of files that it lacks, and without it of all, nothing is told but what the contracts
   * say to programs.
   */
  readonly descriptors?: URL;
  /** Whether callers have to sign in where policies say so. Defaults to false. */
  readonly secured?: boolean;
}

/** Bytes with what tells them from others. */
interface Content {
  readonly contentType: string;
  readonly data: Uint8Array;
  readonly etag: string;
}

const versions: Readonly<Record<string, OpenApiVersion>> = {
  "": "3.2",
  "3.2": "3.2",
  "3.2.0": "3.2",
  "3.1": "3.1",
  "3.1.1": "3.1",
};

/**
 * `concierge.openapi.v1.OpenApiService` for services: `/openapi.json`, `/openapi.yaml` and `/descriptors.binpb`. Each is made
 * when it is first asked for.
 */
export function openApiOf(services: readonly DescService[], options: ApiOptions = {}): Served {
  const { title = "API", version: apiVersion = "1", descriptors, secured = false } = options;
  const contents = new Map<string, Promise<Content>>();

  async function readSet(): Promise<Uint8Array> {
    const given = descriptors ? fromBinary(FileDescriptorSetSchema, await readFile(descriptors)).file : [];
    const served = filesOf([...services, OpenApiService]);
    const names = new Set(served.map(({ name }) => name));
    // What declares no service may be what details of errors are made of.
    const commented = given.filter(({ name, service }) => service.length === 0 || names.has(name));
    for (const { name } of commented) names.delete(name);
    const file = [...commented, ...served.filter(({ name }) => names.has(name))];
    return toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file }));
  }
  async function describe(version: OpenApiVersion): Promise<JsonObject> {
    // It knows the rules of messages, which are dear to load, and few servers are ever asked for it.
    const { createDocument } = await import("./document.ts");
    return createDocument({
      version,
      title,
      apiVersion,
      services,
      bindings: readHttpRules(services.flatMap(service => service.methods)),
      comments: readComments(fromBinary(FileDescriptorSetSchema, await readSet())),
      policyOf: secured ? policyOf : () => undefined,
    });
  }
  /** Makes what has a name once; a failure is not kept. */
  function once(name: string, contentType: string, make: () => Promise<Uint8Array>): Promise<Content> {
    const known = contents.get(name);
    if (known) return known;
    const made = make().then(data => ({ contentType, data, etag: tagOf(data) }));
    contents.set(name, made);
    made.catch(() => contents.delete(name));
    return made;
  }
  async function answer(content: Promise<Content>, { responseHeader }: HandlerContext) {
    const { contentType, data, etag } = await content;
    responseHeader.set("etag", etag);
    // It changes with the next start, and is then as good as never.
    responseHeader.set("cache-control", "no-cache");
    return { contentType, data };
  }

  return serve(OpenApiService, {
    getJson({ version }, context) {
      const known = parseVersion(version);
      const make = async () => Buffer.from(JSON.stringify(await describe(known), undefined, 2));
      return answer(once(`json ${known}`, "application/json", make), context);
    },
    getYaml({ version }, context) {
      const known = parseVersion(version);
      const make = async () => {
        const { stringify } = await import("yaml");
        return Buffer.from(stringify(await describe(known), { aliasDuplicateObjects: false }));
      };
      return answer(once(`yaml ${known}`, "application/yaml", make), context);
    },
    getDescriptors(_request, context) {
      return answer(once("descriptors", "application/x-protobuf", readSet), context);
    },
  });
}

function parseVersion(text: string): OpenApiVersion {
  const version = versions[text];
  if (version) return version;
  throw new ConnectError(`version ${JSON.stringify(text.slice(0, 16))} is not 3.2 or 3.1`, Code.InvalidArgument);
}

function tagOf(data: Uint8Array): string {
  return `"${createHash("sha256").update(data).digest("base64url").slice(0, 22)}"`;
}

/** The files of services with all that they import, each after its imports. */
function filesOf(services: readonly DescService[]): DescFile["proto"][] {
  const files = new Set<DescFile>();
  function add(file: DescFile) {
    for (const dependency of file.dependencies) add(dependency);
    files.add(file);
  }
  for (const { file } of services) add(file);
  return [...files].map(({ proto }) => proto);
}
