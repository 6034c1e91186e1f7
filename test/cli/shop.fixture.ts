/** The contract of a server of others: a service whose messages have what is hard to show. */
export const shop = `syntax = "proto3";
package shop;
import "google/protobuf/any.proto";
import "google/protobuf/empty.proto";
service Shop {
  rpc Open(google.protobuf.Empty) returns (Parcel);
  rpc Echo(stream Parcel) returns (stream Parcel);
  rpc Fail(google.protobuf.Empty) returns (Parcel);
}
message Parcel {
  oneof content { google.protobuf.Any body = 1; string text = 2; }
  repeated google.protobuf.Any more = 3;
  map<string, google.protobuf.Any> named = 4;
  optional Size size = 5;
  string old = 6 [deprecated = true];
  enum Size { SIZE_UNSPECIFIED = 0; SIZE_LARGE = 1; }
}
`;
