"""Parses a server's metrics by Prometheus' own client in both formats, and tells what it read in JSON."""

import json
import sys
import urllib.request

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families


def read(accept):
    request = urllib.request.Request(sys.argv[1], headers={"Accept": accept})
    with urllib.request.urlopen(request) as response:
        return response.headers["Content-Type"], response.read().decode()


def told(families):
    samples = [sample for family in families for sample in family.samples]
    calls = [s for s in samples if s.name == "grpc_server_handled_total" and s.value > 0]
    return {
        "families": sorted(family.name for family in families),
        "calls": [[s.labels["grpc_method"], s.labels["grpc_code"], s.value] for s in calls],
        "exemplars": sorted({s.exemplar.labels["trace_id"] for s in samples if s.exemplar}),
    }


plain_type, plain = read("text/plain")
open_type, opened = read("application/openmetrics-text; version=1.0.0")
print(json.dumps({
    "types": [plain_type, open_type],
    "plain": told(list(text_string_to_metric_families(plain))),
    "open": told(list(openmetrics.text_string_to_metric_families(opened))),
}))
