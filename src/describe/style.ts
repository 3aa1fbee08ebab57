/** Style of the page at `/docs`. */
export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d5dae0;--back:#fff;--panel:#f5f7f9;--link:#0a58ca}
@media (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#9aa4ae;--line:#343b43;--back:#14181c;--panel:#1d2228;--link:#7db4ff}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:60rem;font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--back);overflow-wrap:anywhere}
a{color:var(--link)}
h1,h2,h3{line-height:1.2}
h2{margin-top:3rem;border-bottom:1px solid var(--line)}
nav ul{padding:0;list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
code,pre{font:.875rem/1.5 ui-monospace,monospace}
pre{margin:.5rem 0;padding:.75rem;background:var(--panel);white-space:pre-wrap}
details{border-bottom:1px solid var(--line);padding:.25rem 0}
summary{cursor:pointer;padding:.25rem 0}
table{width:100%;border-collapse:collapse;font-size:.9rem}
td,th{padding:.25rem .5rem .25rem 0;text-align:left;vertical-align:top;border-top:1px solid var(--line)}
p,small{color:var(--soft)}
@media (max-width:30rem){table,tbody,tr,td{display:block}thead{display:none}td{border:0;padding:0}tr{border-top:1px solid var(--line);padding:.25rem 0}}
`;
