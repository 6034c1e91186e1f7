import { type Client, Code } from "@connectrpc/connect";
import type { Greeter } from "../../gen/greeter/greeter_pb.ts";
import type { Narrator } from "./narrator.ts";
import { each } from "./streams.ts";

/** Makes the tutorials' four calls of `greeter.Greeter`, and an error. */
export async function greet(client: Client<typeof Greeter>, { chapter, call, reply, refused }: Narrator) {
  chapter("greeter.Greeter", "one call of each kind");

  call('SayHello({ name: "Ada", age: 36 })');
  reply((await client.sayHello({ name: "Ada", age: 36 })).message, "Hello, Ada! You are 36 years old.");

  call('SayHelloStream({ name: "Ada" })');
  let n = 0;
  for await (const { message } of client.sayHelloStream({ name: "Ada" })) {
    reply(message, `Hello Ada! This is message #${++n}`);
  }
  reply(`${n} replies`, "5 replies");

  call("SayHelloToMany(four people of 28, 35, 22 and 40)");
  const people = ["Alice", "Bob", "Carol", "Dan"].map((name, i) => ({ name, age: [28, 35, 22, 40][i] ?? 0 }));
  reply((await client.sayHelloToMany(each(people))).message, "Hello to 4 people! Average age: 31.2");

  call('Chat("Ada", then "Grace")');
  let echo = 0;
  const names = ["Ada", "Grace"];
  for await (const { message } of client.chat(each(names.map(name => ({ name }))))) {
    reply(message, `Echo #${echo + 1}: ${names[echo++]}`);
  }

  call("SayHelloToMany(nobody)");
  await refused(client.sayHelloToMany(each([])), Code.InvalidArgument, "at least 1 message is needed, got 0");
}
