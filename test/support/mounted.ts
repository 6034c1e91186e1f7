/** The full names of all services a server has, in the order of reflection's and health's lists. */
export const mounted = [
  "Greeter",
  "UserService",
  "concierge.directory.v1.DirectoryService",
  "greeter.Greeter",
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "techoral.users.v1.UserService",
];
