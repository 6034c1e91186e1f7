import type { Command } from "commander";
import { addExamples } from "../command.ts";
import type { Context } from "../context.ts";
import { collect } from "../parsers.ts";

interface DevCertOptions {
  readonly out: string;
  readonly name?: readonly string[];
}

/** `concierge dev-cert`: certificates for development. */
export function addDevCert(program: Command, { stdout }: Context): void {
  const command = program
    .command("dev-cert")
    .summary("make certificates for development")
    .description(
      "Writes an authority, a server's certificate for localhost, 127.0.0.1 and ::1, and a client's: ca.pem, server.pem, server-key.pem, client.pem, client-key.pem. The authority's own key is kept nowhere.",
    )
    .option("--out <folder>", "where to; files of these names are replaced", "certs")
    .option("--name <host>", "a further name or address of the server (repeatable)", collect)
    .action(async (options: DevCertOptions) => {
      stdout.write(await writeAndDescribe(options));
    });
  addExamples(command, [
    ["into ./certs", "concierge dev-cert"],
    ["for a second name", "concierge dev-cert --name concierge.test --out ./my-certs"],
  ]);
}

async function writeAndDescribe({ out, name = [] }: DevCertOptions): Promise<string> {
  const [{ loopbackNames, writeDevelopmentCertificates }, { commands }] = await Promise.all([
    import("../make-certificates.ts"),
    import("../../server/process/installation.ts"),
  ]);
  const names = [...loopbackNames, ...name];
  await writeDevelopmentCertificates(out, names);
  const at = /^[./]/.test(out) ? out : `./${out}`;
  const server = `TLS_CERT_FILE=${at}/server.pem TLS_KEY_FILE=${at}/server-key.pem`;
  return `
  Certificates for ${names.join(", ")} are in ${at}; trust ca.pem in a browser to have no warning there.

  server            ${server} ${commands.serve}
  with clients'     ${server} TLS_CLIENT_CA_FILE=${at}/ca.pem ${commands.serve}
  concierge         ${commands.concierge} greet Ada --url https://localhost:50051 --ca ${at}/ca.pem --cert ${at}/client.pem --key ${at}/client-key.pem
  curl              curl --cacert ${at}/ca.pem --cert ${at}/client.pem --key ${at}/client-key.pem https://localhost:50051/
  grpcurl           grpcurl -cacert ${at}/ca.pem -cert ${at}/client.pem -key ${at}/client-key.pem -d '{"name":"Ada"}' localhost:50051 greeter.Greeter/SayHello

`;
}
