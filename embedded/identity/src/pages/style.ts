/** The look of the sign-in pages: the dashboard's own tokens, because the two feel like one place. */

export const STYLE = `:root {
  color-scheme: light dark;
  --surface: #f7f8fa; --raised: #ffffff; --ink: #14202b; --ink-soft: #4a5a68; --line: #d5dce3; --edge: #6b7a88;
  --accent: #0b6bcb; --accent-ink: #ffffff; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --surface: #10161c; --raised: #18212a; --ink: #e8eef4; --ink-soft: #a9b7c4; --line: #2c3945; --edge: #8494a3;
    --accent: #6db3ff; --accent-ink: #06223f; --bad: #ff8a80;
  }
}
*, *::before, *::after { box-sizing: border-box; }
body {
  margin: 0; min-block-size: 100vh; display: flex; flex-direction: column; align-items: center; gap: 16px;
  padding: 32px 16px; background: var(--surface); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
header, main { inline-size: 100%; max-inline-size: 384px; }
.product { margin: 0; display: flex; align-items: center; gap: 8px; font-size: 20px; font-weight: 700; letter-spacing: -0.01em; }
main { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: 24px; }
h1 { margin: 0 0 8px; font-size: 24px; line-height: 1.25; }
h2 { margin: 0 0 4px; font-size: 16px; }
p { margin: 0 0 16px; overflow-wrap: anywhere; }
.soft { color: var(--ink-soft); }
.field { margin-block-end: 16px; }
label { display: block; margin-block-end: 4px; font-weight: 600; }
input:not([type="hidden"]) {
  inline-size: 100%; min-block-size: 44px; padding: 8px 12px; font: inherit; color: inherit;
  background: var(--surface); border: 1px solid var(--edge); border-radius: 8px;
}
input[aria-invalid="true"] { border-color: var(--bad); border-inline-start-width: 4px; }
button, .button {
  display: grid; place-items: center; inline-size: 100%; min-block-size: 44px; padding: 8px 16px; text-align: center; font: inherit;
  font-weight: 600; color: var(--accent-ink); background: var(--accent); border: 1px solid transparent; border-radius: 8px;
  text-decoration: none; cursor: pointer;
}
button.quiet { margin-block-end: 8px; color: var(--accent); background: var(--surface); border-color: var(--edge); }
section { margin-block-end: 24px; }
.list { margin: 0 0 16px; padding: 0; list-style: none; }
.list li { padding-block: 12px; border-block-start: 1px solid var(--line); }
.list p { margin-block-end: 8px; }
.saved { padding: 8px 16px; border: 1px solid var(--accent); border-inline-start-width: 4px; border-radius: 8px; }
a { color: var(--accent); }
a.button { color: var(--accent-ink); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.problem { margin-block-end: 16px; padding: 12px 16px; border: 1px solid var(--bad); border-inline-start-width: 4px; border-radius: 8px; }
.problem ul { margin: 0; padding: 0; list-style: none; }
.problem h2, .problem a, .field-problem { color: var(--bad); }
.field-problem { margin-block-end: 4px; font-size: 14px; }
.hint { margin-block-end: 4px; color: var(--ink-soft); font-size: 14px; }
.after { margin-block: 16px 0; }
.steps { margin: 0; padding-inline-start: 20px; }
.steps > li::marker { font-weight: 600; }
.qr { display: block; inline-size: 224px; block-size: auto; margin-block-end: 16px; border: 1px solid var(--line); border-radius: 8px; }
.qr-paper { fill: #ffffff; }
.qr-ink { fill: #000000; }
code { font: 16px/1.5 ui-monospace, "Cascadia Mono", "Noto Sans Mono", monospace; overflow-wrap: anywhere; }
.recovery { display: grid; gap: 4px; margin: 0 0 16px; padding: 12px 16px; list-style: none; border: 1px solid var(--line); border-radius: 8px; }
.languages { display: flex; flex-wrap: wrap; gap: 16px; margin: 24px 0 0; padding: 0; list-style: none; font-size: 14px; }
.languages a, .languages span { display: inline-block; min-block-size: 24px; }
.languages span { color: var(--ink-soft); }
@media (forced-colors: active) { main, button, .button { border-color: CanvasText; } }
`;

/** The dial of a meter, as on the dashboard. */
export const MARK = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="8" fill="#0b6bcb"/>
<path d="M23.5 20.2a9 9 0 1 1 0-8.4" fill="none" stroke="#fff" stroke-width="3.2" stroke-linecap="round"/>
<path d="M16 16l5.2-3.2" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/>
<circle cx="16" cy="16" r="2.1" fill="#fff"/>
</svg>
`;
