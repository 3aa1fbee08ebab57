// Node's own WebSocket and the built files, and nothing else. Prints what it heard.
import { pathToFileURL } from "node:url";

const [client, url, token] = process.argv.slice(2);
const { ChatWebSocketClient, DietCipher } = await import(pathToFileURL(client).href);
const chat = new ChatWebSocketClient({ url, token, contextId: "node" });
const heard = [];
chat.subscribe("message", ({ data }) => heard.push(data.content));
await chat.connect();
for (const content of ["one", "two"]) await chat.send({ type: "message", data: { content } });
await chat.disconnect();
const { publicKey } = await DietCipher.init();
console.log(JSON.stringify({ heard, state: chat.getConnectionState(), keyBytes: atob(publicKey).length }));
