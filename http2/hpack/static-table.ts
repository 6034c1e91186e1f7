/** The static table of RFC 7541 appendix A, a line an entry; a name alone has the empty value. Its first index is 1. */
const entries = `:authority
:method GET
:method POST
:path /
:path /index.html
:scheme http
:scheme https
:status 200
:status 204
:status 206
:status 304
:status 400
:status 404
:status 500
accept-charset
accept-encoding gzip, deflate
accept-language
accept-ranges
accept
access-control-allow-origin
age
allow
authorization
cache-control
content-disposition
content-encoding
content-language
content-length
content-location
content-range
content-type
cookie
date
etag
expect
expires
from
host
if-match
if-modified-since
if-none-match
if-range
if-unmodified-since
last-modified
link
location
max-forwards
proxy-authenticate
proxy-authorization
range
referer
refresh
retry-after
server
set-cookie
strict-transport-security
transfer-encoding
user-agent
vary
via
www-authenticate`
  .split("\n")
  .map(line => [line.split(" ", 1)[0] ?? "", line.slice(line.split(" ", 1)[0]?.length).trimStart()] as const);

/** The names by index, from 1 to {@link staticEntries}; index 0 names nothing. */
export const staticNames: readonly string[] = ["", ...entries.map(([name]) => name)];

/** The values by index, as {@link staticNames}. */
export const staticValues: readonly string[] = ["", ...entries.map(([, value]) => value)];

/** The highest index of the static table; the dynamic table's first is one above (RFC 7541 section 2.3.3). */
export const staticEntries = entries.length;
