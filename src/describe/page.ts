import { createHash } from "node:crypto";
import { z } from "zod";
import type { Operation } from "../http/operation.ts";
import type { Action, Channel, Described } from "./channels.ts";
import { type Field, fieldsOf } from "./fields.ts";
import { html, Markup } from "./html.ts";
import { jsonSchema } from "./schema.ts";
import { style } from "./style.ts";

/** The page loads nothing, runs nothing and sends nothing. */
export const policy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'`,
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
].join("; ");

/** The description as a page for people. */
export function page(
  channels: readonly Channel[],
  operations: readonly Operation[],
  { version }: { readonly version: string },
): string {
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Switchboard ${version}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>Switchboard ${version}</h1>
<p>What this server takes and says. For programs: <a href="/asyncapi.json">asyncapi.json</a>, <a href="/openapi.json">openapi.json</a>.</p>
<nav><ul>${channels.map(({ key, protocol, path }) => html`<li><a href="#${key}">${protocol.name} <code>${path}</code></a></li>`)}<li><a href="#http">HTTP</a></li></ul></nav>
</header>
<main>
${channels.map(channelSection)}
<section id="http"><h2>HTTP</h2>
<p>What is under <code>/v1</code> is for backends, which bring <code>Authorization: Bearer</code> and an API key. Errors are problems (RFC 9457).</p>
${operations.map(operationDetails)}
</section>
</main>
</body>
</html>
`;
  return text;
}

const channelSection = ({ key, path, protocol, admission, messages }: Channel): Markup => html`
<section id="${key}"><h2>${protocol.name} <code>${path}</code></h2>
<p>${admission.words}</p>
<h3>Clients say</h3>
${of("receive", messages).map((message) => messageDetails(key, message))}
<h3>The server says</h3>
${of("send", messages).map((message) => messageDetails(key, message))}
</section>`;

const of = (action: Action, messages: readonly Described[]) =>
  messages.filter((one) => one.action === action);

const messageDetails = (channel: string, { key, name, payload, examples }: Described): Markup => html`
<details id="${channel}-${key}"><summary><code>${name}</code></summary>
${fieldTable(fieldsOf(payload))}
${examples.map((example) => html`<pre>${JSON.stringify(example, null, 2)}</pre>`)}
</details>`;

const operationDetails = ({ method, path, summary, query, body, answers }: Operation): Markup => html`
<details id="${method}-${path}"><summary><code>${method.toUpperCase()} ${path}</code> <small>${summary}</small></summary>
${query && html`<p>In the query:</p>${fieldTable(fieldsOf(json(query)))}`}
${body && html`<p>In the body:</p>${fieldTable(fieldsOf(json(body)))}`}
${Object.entries(answers).map(([status, answer]) => answerOf(status, answer))}
</details>`;

function answerOf(status: string, answer: Operation["answers"][number] | undefined): Markup {
  if (answer instanceof z.ZodType) {
    return html`<p>Answered with ${status} and:</p>${fieldTable(fieldsOf(json(answer)))}`;
  }
  return html`<p>Answered with ${status}${answer ? ` and ${answer}` : ""}.</p>`;
}

const json = (schema: z.ZodType) => jsonSchema(schema, "draft-2020-12");

const fieldTable = (fields: readonly Field[]): Markup | false =>
  fields.length > 0 &&
  html`<table><thead><tr><th>Field</th><th>Type</th><th></th></tr></thead><tbody>${fields.map(fieldRow)}</tbody></table>`;

const fieldRow = ({ path, required, type, limits }: Field): Markup =>
  html`<tr><td><code>${path}</code></td><td>${type}${limits === "" ? "" : `, ${limits}`}</td><td>${required ? "" : "optional"}</td></tr>`;
