import { createHost, readSettings, serveUntilSignal } from "concierge-host";
import { createService } from "./service.ts";

await serveUntilSignal(() => createHost({ ...readSettings(), services: [createService()] }));
