import { Html } from '../words/html.ts'

/** Stylesheet of the report for screens (light and dark), phones and print. */
export const REPORT_STYLE = new Html(`
:root { color-scheme: light dark; --ink: #17202b; --dim: #566273; --paper: #f4f6f9; --card: #fff; --line: #dde2e9;
  --accent: #0b57b7; --block: #b3261e; --throttle: #a65300; --review: #6b4fa0; --observe: #55738f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9edf2; --dim: #a8b3c1; --paper: #11161c; --card: #1a212a;
  --line: #313c48; --accent: #8ab8ff; --block: #ff8f85; --throttle: #ffb063; --review: #c0a6ff; --observe: #9cc0e0; } }
* { box-sizing: border-box; } body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; } header { padding-top: 2.5rem; }
main { display: grid; gap: 1.25rem; padding-top: 1.5rem; padding-bottom: 1.5rem; }
.kicker { margin: 0; color: var(--accent); font-weight: 700; letter-spacing: .08em; } h1 { font-size: 2rem; line-height: 1.2; margin: .1rem 0; }
.range { margin: 0; color: var(--dim); } h2 { font-size: 1.1rem; margin: 0 0 .75rem; }
section, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1.25rem; min-width: 0; }
.cards { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1rem; background: none; border: 0; padding: 0; }
.card { display: grid; gap: .1rem; align-content: start; } .card strong { font-size: 2.1rem; line-height: 1.1; font-variant-numeric: tabular-nums; }
.card small, .dim { color: var(--dim); } .small { font-size: .85rem; overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.25rem; min-width: 0; }
@media (max-width: 56rem) { .pair { grid-template-columns: minmax(0, 1fr); } .cards { grid-template-columns: 1fr 1fr; } header, main, footer { padding-left: 1rem; padding-right: 1rem; } }
.scroll { overflow-x: auto; } svg.wide, svg.phone { display: block; width: 100%; } svg.phone { display: none; }
@media (max-width: 40rem) { svg.wide { display: none; } svg.phone { display: block; } } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.grid { stroke: var(--line); } .tick { font-size: 13px; fill: var(--dim); } .end { text-anchor: end; }
.fill-block { fill: var(--block); } .fill-throttle { fill: var(--throttle); } .fill-review { fill: var(--review); } .fill-observe { fill: var(--observe); }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .75rem 0 0; font-size: .9rem; } .legend i { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
.key-block { background: var(--block); } .key-throttle { background: var(--throttle); } .key-review { background: var(--review); } .key-observe { background: var(--observe); }
table { border-collapse: collapse; width: 100%; font-size: .94rem; } th, td { text-align: left; padding: .45rem .9rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-size: .82rem; font-weight: 600; white-space: nowrap; } tbody tr:last-child td { border-bottom: 0; } .n { font-variant-numeric: tabular-nums; } .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.bar { width: 26%; min-width: 6rem; } .share { width: 100%; height: .55rem; } .share rect { fill: var(--accent); } .host, .one { white-space: nowrap; }
.tag { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 .55rem; font-size: .8rem; font-weight: 600; }
.tag.block { color: var(--block); } .tag.throttle { color: var(--throttle); } .tag.review { color: var(--review); } .tag.observe { color: var(--observe); }
article + article { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; } article p { margin: 0; } blockquote { margin: .5rem 0; padding: .1rem 0 .1rem 1rem; border-left: 4px solid var(--line); overflow-wrap: anywhere; } article ul { margin: .25rem 0; padding-left: 1.2rem; }
footer { color: var(--dim); padding-bottom: 2rem; font-size: .9rem; }
@media print { body { background: none; } section, article { break-inside: avoid; } }
`)
