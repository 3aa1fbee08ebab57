import app from "./page/app.js" with { type: "text" };
import backend from "./page/backend.js" with { type: "text" };
import charts from "./page/charts.js" with { type: "text" };
import cluster from "./page/cluster.js" with { type: "text" };
import style from "./page/console.css" with { type: "text" };
import contracts from "./page/contracts.js" with { type: "text" };
import conversation from "./page/conversation.js" with { type: "text" };
import description from "./page/description.js" with { type: "text" };
import editor from "./page/editor.js" with { type: "text" };
import element from "./page/element.js" with { type: "text" };
import feed from "./page/feed.js" with { type: "text" };
import feedStream from "./page/feed-stream.js" with { type: "text" };
import form from "./page/form.js" with { type: "text" };
import formStyle from "./page/forms.css" with { type: "text" };
import frameStyle from "./page/frames.css" with { type: "text" };
import frames from "./page/frames.js" with { type: "text" };
import icon from "./page/icon.svg" with { type: "text" };
import page from "./page/index.html" with { type: "text" };
import json from "./page/json.js" with { type: "text" };
import line from "./page/line.js" with { type: "text" };
import log from "./page/log.js" with { type: "text" };
import pageStyle from "./page/pages.css" with { type: "text" };
import present from "./page/present.js" with { type: "text" };
import resume from "./page/resume.js" with { type: "text" };
import server from "./page/server.js" with { type: "text" };
import tabs from "./page/tabs.js" with { type: "text" };
import theme from "./page/theme.js" with { type: "text" };
import webhooks from "./page/webhooks.js" with { type: "text" };
import words from "./page/words.js" with { type: "text" };

export interface Asset {
  /** The content type. */
  readonly type: string;
  readonly text: string;
}

const scripts = {
  ...{
    app,
    backend,
    charts,
    cluster,
    contracts,
    conversation,
    description,
    editor,
    element,
    feed,
    "feed-stream": feedStream,
    form,
  },
  ...{ frames, json, line, log, present, resume, server, tabs, theme, webhooks, words },
};
const script = ([name, text]: [string, string]): [string, Asset] => [
  `/console/${name}.js`,
  { type: "text/javascript; charset=utf-8", text },
];
const sheet = ([name, text]: [string, string]): [string, Asset] => [
  `/console/${name}.css`,
  { type: "text/css; charset=utf-8", text },
];

/** The page and its assets by path. The program contains them, in the binary too. */
export const assets: ReadonlyMap<string, Asset> = new Map([
  ["/", { type: "text/html; charset=utf-8", text: page }],
  ...Object.entries({ console: style, forms: formStyle, frames: frameStyle, pages: pageStyle }).map(sheet),
  ["/console/icon.svg", { type: "image/svg+xml", text: icon }],
  ...Object.entries(scripts).map(script),
]);
