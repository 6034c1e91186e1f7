#!/bin/sh
# Installs the foreign programs of `npm run test:clients`, `npm run test:peers` and `npm run test:judge` into .tools/: from
# Go's proxy, PyPI, npm and Maven Central, at pinned versions. Needs Go 1.24 or later, Python 3.11 or later with venv, and a
# JDK of 11 or later with Maven.
set -eu

cd "$(dirname "$0")/.."
for tool in go python3; do
  command -v "$tool" >/dev/null || { echo "install-clients: $tool is missing" >&2; exit 1; }
done

mkdir -p .tools/bin
GOBIN="$PWD/.tools/bin" go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3
GOBIN="$PWD/.tools/bin" go install github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible
go build -C test/peers/hpack -o "$PWD/.tools/bin/hpack-peer" .

[ -x .tools/python/bin/python ] || python3 -m venv .tools/python
.tools/python/bin/python -m pip install --quiet --disable-pip-version-check \
  grpcio==1.85.1 grpcio-reflection==1.85.1 grpcio-health-checking==1.85.1 grpcio-tools==1.85.1 \
  hpack==4.2.0 h2==4.4.1 openapi-spec-validator==0.9.0 prometheus-client==0.26.0

# Apart from this package's own: the generator needs a TypeScript of before 7.
mkdir -p .tools/openapi
[ -f .tools/openapi/package.json ] || echo '{"private":true,"type":"module"}' > .tools/openapi/package.json
npm install --prefix .tools/openapi --no-audit --no-fund --save-exact --loglevel error \
  @redocly/cli@2.77.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 typescript@5.9.3

for tool in javac mvn; do
  command -v "$tool" >/dev/null || { echo "install-clients: $tool is missing, for grpc-java alone" >&2; exit 1; }
done
mkdir -p .tools/java/classes
[ -d .tools/java/lib ] || mvn --quiet --batch-mode --file test/clients/java/pom.xml \
  org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
  -DincludeScope=runtime -DoutputDirectory="$PWD/.tools/java/lib"
javac -d .tools/java/classes -cp '.tools/java/lib/*' test/clients/java/Calls.java
