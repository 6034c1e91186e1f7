import { availableParallelism } from "node:os";
import { readableFile } from "../../host/settings/access-settings.ts";
import { booleanOrAuto, integer, maxTimer, oneOf, variable } from "../../host/settings/parsers.ts";
import { hostVariables } from "../../host/settings/variables.ts";

/** A number, or `auto`: the cores by the affinity and the quota of this process (cgroups). */
function parseWorkers(text: string): number {
  if (text === "auto") return Math.min(availableParallelism(), maxWorkers);
  const value = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > maxWorkers) throw `auto, or a whole number from 1 to ${maxWorkers}`;
  return value;
}

const maxWorkers = 256;

/** Every setting: those of the host, and Concierge's own. */
export const variables = {
  ...hostVariables,
  workers: variable(
    "WORKERS",
    "1",
    "processes that serve on the one port, 1 to 256; auto: as many as the cores that this process may use",
    parseWorkers,
  ),
  databaseUrl: variable(
    "DATABASE_URL",
    "sqlite:./data/concierge.db",
    "where users are kept; sqlite::memory: is a file that goes with the process, postgresql://… a database to share",
    text => text,
  ),
  databasePasswordFile: variable(
    "DATABASE_PASSWORD_FILE",
    "",
    "file that holds the password of a postgresql: DATABASE_URL",
    readableFile,
  ),
  otlpEndpoint: variable(
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "",
    "collector that spans of calls are sent to, by OTLP over HTTP, such as http://localhost:4318; none are made without",
    collector,
  ),
  serviceName: variable("OTEL_SERVICE_NAME", "concierge", "what this server is called in traces", text => text),
  traceRatio: variable(
    "OTEL_TRACES_SAMPLER_ARG",
    "1",
    "share of the traces that begin here which are recorded, from 0 to 1",
    ratio,
  ),
  traceTrust: variable(
    "TRACE_TRUST",
    "signed-in",
    "whose traces go on here: signed-in, everybody or nobody; others are linked",
    oneOf("signed-in", "everybody", "nobody"),
  ),
  demoData: variable(
    "DEMO_DATA",
    "auto",
    "fills an empty directory with the five demo users: true, false, or auto: on loopback without authentication",
    booleanOrAuto,
  ),
  greeterStreamIntervalMs: variable(
    "GREETER_STREAM_INTERVAL_MS",
    "1000",
    "pause between the replies of SayHelloStream, in milliseconds",
    integer(0, maxTimer),
  ),
  feedMaxEvents: variable(
    "FEED_MAX_EVENTS",
    "1000000",
    "events that are kept, so that who was away can go on where it was",
    integer(1, 1_000_000_000),
  ),
  feedMaxAgeHours: variable("FEED_MAX_AGE_HOURS", "168", "hours that events are kept", integer(1, 87_600)),
  feedMaxSubscribers: variable("FEED_MAX_SUBSCRIBERS", "20000", "subscriptions at a time", integer(1, 10_000_000)),
  feedMaxSubscribersPerCaller: variable(
    "FEED_MAX_SUBSCRIBERS_PER_CALLER",
    "1000",
    "subscriptions of one caller at a time",
    integer(1, 10_000_000),
  ),
  feedBookmarkIntervalMs: variable(
    "FEED_BOOKMARK_INTERVAL_MS",
    "5000",
    "an idle subscription gets a bookmark after one to two times as many milliseconds",
    integer(1, maxTimer),
  ),
} as const;

/** An address of HTTP or HTTPS; none is unset. */
function collector(text: string): URL | undefined {
  if (text === "") return undefined;
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash) {
    throw "an http or https URL, without a query, such as http://localhost:4318";
  }
  return url;
}

function ratio(text: string): number {
  const share = /^(0|1|0?\.\d{1,9}|[01]\.\d{1,9})$/.test(text) ? Number(text) : Number.NaN;
  if (!(share >= 0 && share <= 1)) throw "a number from 0 to 1";
  return share;
}
