/** The stylesheet of the desk. Colours have a contrast of at least 4.5:1 in both schemes. */
export const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --dim: #55606f; --paper: #f6f7f9; --card: #fff; --line: #d9dee5;
  --link: #0b57b7; --block: #b3261e; --throttle: #9a4a00; --review: #6b4fa0; --observe: #3f5a73; --ok: #1b6e3c;
  --c1: #0b57b7; --c2: #b3261e; --c3: #1b6e3c; --c4: #9a4a00; --c5: #6b4fa0; --c6: #00697a; --c7: #8a2a6b; --c8: #5c5c00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf1; --dim: #a9b4c2; --paper: #12171d; --card: #1a2129;
  --line: #333e4a; --link: #8ab8ff; --block: #ff9d94; --throttle: #ffb877; --review: #c9b3ff; --observe: #a9c7e3; --ok: #83d6a3;
  --c1: #8ab8ff; --c2: #ff9d94; --c3: #83d6a3; --c4: #ffb877; --c5: #c9b3ff; --c6: #6fd3e3; --c7: #f2a3d6; --c8: #d6d270; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: .75rem 1.5rem;
  background: var(--card); border-bottom: 1px solid var(--line); }
header strong { letter-spacing: .02em; } header nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; flex: 1; white-space: nowrap; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; display: grid; gap: 1.25rem; }
h1 { font-size: 1.4rem; margin: 0; line-height: 1.3; } h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
a { color: var(--link); } :focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.1rem 1.25rem; min-width: 0; }
.columns { display: grid; grid-template-columns: 3fr 2fr; gap: 1.25rem; align-items: start; }
.stack { display: grid; gap: 1.25rem; min-width: 0; }
@media (max-width: 50rem) { .columns { grid-template-columns: 1fr; } main { padding: 1rem; } }
form.search { display: grid; grid-template-columns: 10rem 1fr auto auto auto; gap: .75rem; align-items: end; }
@media (max-width: 60rem) { form.search { grid-template-columns: 1fr 1fr; } form.search .wide { grid-column: 1 / -1; } }
form.times { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; } form.times label { flex: 1 1 12rem; } form + form.times, form + dl, form + .tabs, .tiles + p { margin-top: .75rem; } section > p:last-child { margin-bottom: 0; } .host { white-space: nowrap; margin-right: .6rem; }
label { display: grid; gap: .25rem; font-size: .85rem; color: var(--dim); min-width: 0; }
input, select, textarea, button { font: inherit; color: var(--ink); background: var(--paper); border: 1px solid var(--dim);
  border-radius: 6px; padding: .45rem .6rem; min-width: 0; width: 100%; }
button { cursor: pointer; width: auto; font-weight: 600; } button.main { background: var(--link); color: var(--card); border-color: var(--link); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th { text-align: left; font-weight: 600; color: var(--dim); font-size: .82rem; } th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; } .time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.tag { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 .55rem; font-size: .8rem; font-weight: 600; white-space: nowrap; }
.block { color: var(--block); } .throttle { color: var(--throttle); } .review { color: var(--review); } .observe, .shadow { color: var(--observe); }
.message { font-size: 1.1rem; border-left: 4px solid var(--line); padding: .2rem 0 .2rem 1rem; margin: 0 0 .8rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1rem; margin: 0; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.dim { color: var(--dim); } .for { color: var(--block); } .against { color: var(--ok); } p { margin: 0 0 .5rem; } ul { margin: .25rem 0; padding-left: 1.2rem; }
.reason + .reason { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem; }
.given { border-left: 4px solid var(--ok); padding-left: .8rem; } .buttons { display: flex; flex-wrap: wrap; gap: .6rem; margin-top: .75rem; }
.small { font-size: .82rem; padding: .1rem .5rem; } .pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; } details { margin-top: 1rem; } summary { cursor: pointer; margin-bottom: .6rem; }
.earlier { border-left: 4px solid var(--throttle); padding-left: .8rem; } .applied { color: var(--ok); } .refused { color: var(--block); } .unsent { color: var(--throttle); }
.facet { display: flex; flex-wrap: wrap; gap: .35rem .5rem; align-items: center; margin: .4rem 0; } .facet b { min-width: 5.5rem; } .facet button { font-weight: 400; max-width: 100%; overflow-wrap: anywhere; } .facet button[aria-pressed=true] { border-color: var(--link); box-shadow: inset 0 0 0 1px var(--link); }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem 1rem; } .tabs [aria-current] { font-weight: 700; text-decoration: none; } .bar { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; } .bar details { margin: 0; }
.case[aria-current] { outline: 3px solid var(--link); outline-offset: 1px; } .case .message { margin-bottom: .4rem; max-height: 6.5em; overflow: auto; } .button { border: 1px solid var(--dim); border-radius: 6px; padding: .45rem .6rem; font-weight: 600; text-decoration: none; color: var(--ink); background: var(--paper); }
.csv { text-align: right; font-size: .82rem; margin: .3rem 0 0; } .codes { color: var(--dim); font-size: .85rem; overflow-wrap: anywhere; } .wide { flex: 4 1 20rem; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.mark { display: inline-block; margin-right: .8rem; } abbr { text-decoration: none; } figure { margin: 0; min-width: 0; } .drawing { height: 15rem; width: 100%; overflow: hidden; } .drawing.graph { height: 30rem; } .drawing:empty { display: none; } .drawn .drawing { display: block; }
.lists { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 16rem), 1fr)); gap: 1rem 2rem; } .lists > div { min-width: 0; } h3 { font-size: .95rem; margin: 0 0 .4rem; } td { overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem; } .tiles b { font-size: 1.4rem; font-variant-numeric: tabular-nums; display: block; }
.check { grid-template-columns: max-content 1fr; align-items: center; } input[type=checkbox] { width: auto; }
figcaption { color: var(--dim); font-size: .85rem; margin-top: .5rem; } td abbr { overflow-wrap: normal; } td a[href^="/port/"] { white-space: nowrap; }
@media (max-width: 40rem) { header { padding: .75rem 1rem; } header strong { flex: 1; } header nav { order: 1; flex-basis: 100%; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; } table, tbody, tr, td { display: block; }
  tr { border-bottom: 1px solid var(--line); padding: .6rem 0; } tr:last-child { border-bottom: 0; } td, td.n { border: 0; padding: .1rem 0; text-align: left; white-space: normal; }
  td[data-heading]::before { content: attr(data-heading) " "; color: var(--dim); font-size: .82rem; font-weight: 600; margin-right: .4rem; } }
.fields { display: grid; gap: .75rem; } .login { max-width: 26rem; margin: 12vh auto 0; width: 100%; }
`
