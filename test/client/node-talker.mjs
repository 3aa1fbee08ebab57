// Node's own WebSocket and the built files, and nothing else. Prints what it hears, line by line, and how it ended.
import { pathToFileURL } from "node:url";

const [client, url, token] = process.argv.slice(2);
const { ChatWebSocketClient, DietCipher } = await import(pathToFileURL(client).href);
const reconnect = { baseDelay: 1, maxBackoff: 1 };
const chat = new ChatWebSocketClient({
  url,
  token,
  contextId: `node-${process.versions.modules}`,
  reconnect,
});
chat.subscribe("message", ({ data }) => console.log(data.content));
await chat.connect();
const contents = ["one", "two", "three", "four"];
await Promise.all(contents.map((content) => chat.send({ type: "message", data: { content } })));
await chat.disconnect();
const { publicKey } = await DietCipher.init();
console.log(chat.getConnectionState(), atob(publicKey).length);
