import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { readSettings } from "../host/host-settings.ts";
import { hostVariables } from "../host/settings/variables.ts";

const read = (name: string) => readFileSync(new URL(`../examples/deploy/${name}`, import.meta.url), "utf8");

// biome-ignore lint/suspicious/noExplicitAny: a manifest is what Kubernetes takes, and a path that is not there fails the test.
const manifests: any[] = parseAllDocuments(read("kubernetes.yaml")).map(document => {
  assert.deepEqual(document.errors, []);
  return document.toJS();
});

/** The milliseconds that a drain may take with these variables. */
function drainMs(env: Readonly<Record<string, string>>): number {
  const { shutdownDelayMs = 0, shutdownGraceMs = 0 } = readSettings(env);
  return shutdownDelayMs + shutdownGraceMs;
}

test("Kubernetes waits for longer than a drain takes, and its variables are the host's", () => {
  const [{ spec }] = manifests.filter(({ kind }) => kind === "Deployment");
  const { terminationGracePeriodSeconds, containers } = spec.template.spec;
  const [{ env, ports, readinessProbe, livenessProbe }] = containers;
  const variables: Record<string, string> = Object.fromEntries(
    env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  );
  const known = Object.values(hostVariables).map(({ name }) => name as string);
  for (const name of Object.keys(variables)) assert.ok(known.includes(name), name);
  assert.ok(drainMs(variables) + 2000 <= terminationGracePeriodSeconds * 1000);
  assert.equal(readinessProbe.grpc.port, ports[0].containerPort);
  assert.deepEqual(livenessProbe.httpGet, { path: "/livez", port: ports[0].name });
});

test("what Kubernetes selects is what it labels", () => {
  const [deployment, service, budget] = ["Deployment", "Service", "PodDisruptionBudget"].map(kind =>
    manifests.find(manifest => manifest.kind === kind),
  );
  const { labels } = deployment.spec.template.metadata;
  assert.deepEqual(deployment.spec.selector.matchLabels, labels);
  assert.deepEqual(service.spec.selector, labels);
  assert.deepEqual(budget.spec.selector.matchLabels, labels);
});

test("systemd waits for longer than a drain takes, and sends signals that the host knows", () => {
  const unit = read("order-desk.service");
  const grace = /SHUTDOWN_GRACE_MS=(\d+)/.exec(unit)?.[1] ?? "";
  assert.ok(drainMs({ SHUTDOWN_GRACE_MS: grace }) + 2000 <= Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)?.[1]) * 1000);
  assert.match(unit, /^ExecReload=\/bin\/kill -HUP \$MAINPID$/m);
  for (const line of unit.split("\n")) assert.match(line, /^(|#.*|\[\w+\]|\w+=.*)$/);
});

test("the image is built in two stages, of the runtime that is tested, and runs as nobody's root", () => {
  const lines = read("Dockerfile").split("\n");
  const stages = lines.filter(line => line.startsWith("FROM "));
  const { devDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  assert.equal(stages.length, 2);
  for (const stage of stages) assert.ok(stage.startsWith(`FROM node:${devDependencies.node}-`), stage);
  const last = lines.slice(lines.lastIndexOf(stages[1] ?? ""));
  assert.ok(last.indexOf("USER node") < last.findIndex(line => line.startsWith("CMD ")));
  assert.ok(last.some(line => line.startsWith("HEALTHCHECK ")));
  assert.ok(last.includes('CMD ["node", "server.ts"]'));
});
