"""HTML templates, CSS and script of the statistics page. `statistics_page` fills the templates and escapes the values."""

from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #dfe3e8;
  --mark: #0072b2; --fill: #0072b240; --other: #d55e00; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0f1216; --card: #181c22; --ink: #e8ebef; --soft: #a3abb5; --line: #313842; --mark: #4aa8e0;
    --fill: #4aa8e040; --other: #f08a3c; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 24px; }
h1 { font-size: 1.5rem; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 1.1rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0 0 8px; max-width: 90ch; }
a { color: var(--mark); }
.soft, footer { color: var(--soft); font-size: .88rem; }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 10px 0; font-size: .9rem; }
nav a { overflow-wrap: anywhere; }
input { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--line); border-radius: 6px;
  padding: 6px 10px; width: min(100%, 320px); margin: 4px 0 10px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; margin-bottom: 16px; }
.head { display: flex; flex-wrap: wrap; gap: 4px 24px; justify-content: space-between; align-items: start; margin-bottom: 8px; }
.head p { margin: 2px 0 0; overflow-wrap: anywhere; }
.empty { border: 1px dashed var(--line); border-radius: 8px; padding: 28px 14px; text-align: center; color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 8px; text-align: left; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; overflow-wrap: anywhere; max-width: 210px; }
tbody th small, .under, .ends, .none { display: block; color: var(--soft); font-weight: 400; font-size: .8rem; line-height: 1.3; }
td p { margin: 0; }
tr > :first-child { padding-left: 0; }
tr > :last-child { padding-right: 0; }
tbody tr:last-child > * { border-bottom: 0; }
.meaning { max-width: 260px; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.plot { width: 190px; }
svg { display: block; width: 150px; height: 32px; overflow: visible; touch-action: pan-y; }
.line { fill: none; stroke: var(--mark); stroke-width: 1.5; }
.share .line { stroke: var(--other); }
.dot { fill: var(--mark); }
.share .dot { fill: var(--other); }
.whisker { fill: none; stroke: var(--soft); stroke-width: 1; }
.box { fill: var(--fill); stroke: var(--mark); stroke-width: 1; }
.median { stroke: var(--ink); stroke-width: 2; }
.pointer { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 2 2; }
.bars { list-style: none; margin: 0; padding: 0; width: 180px; }
.bars li { display: flex; justify-content: space-between; gap: 8px; padding: 0 4px; margin-bottom: 2px; line-height: 1.35;
  font-size: .8rem; border-radius: 3px;
  background: linear-gradient(var(--fill), var(--fill)) 0 / calc(var(--share) * 100%) 100% no-repeat; }
.bars span { overflow: hidden; text-overflow: ellipsis; white-space: pre; }
.bars b { font-weight: 400; color: var(--soft); white-space: nowrap; }
#tip { position: absolute; pointer-events: none; background: var(--ink); color: var(--paper); border-radius: 6px;
  padding: 4px 8px; font-size: .8rem; max-width: 280px; overflow-wrap: anywhere; z-index: 1; }
[hidden] { display: none; }
@media (max-width: 900px) {
  table, tbody { display: block; }
  thead { display: none; }
  tbody tr { display: grid; grid-template-columns: repeat(auto-fill, minmax(190px, 1fr)); gap: 8px 16px; padding: 10px 0;
    border-bottom: 1px solid var(--line); }
  tbody tr[hidden] { display: none; }
  tbody tr:last-child { border-bottom: 0; }
  tbody tr > *, tbody tr > .number { border: 0; padding: 0; max-width: none; width: auto; text-align: left; }
  tbody th, .meaning { grid-column: 1 / -1; }
  td[data-name]::before { content: attr(data-name); display: block; color: var(--soft); font-size: .75rem; }
}
footer { padding-top: 8px; padding-bottom: 32px; }
"""

# The text under the pointer has two parts: the commit comes from the group's list, the value from the list of the line.
SCRIPT = """
const tip = document.getElementById("tip");
for (const group of document.querySelectorAll("section[data-commits]")) {
  const commits = JSON.parse(group.dataset.commits);
  for (const plot of group.querySelectorAll("svg.course")) {
    plot.querySelector("title").remove();
    const texts = plot.dataset.texts.split("|");
    const pointer = plot.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
    pointer.setAttribute("class", "pointer");
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect(), edge = 3, inside = 150 - 2 * edge, last = texts.length - 1;
      const share = ((event.clientX - box.left) * 150 / box.width - edge) / inside;
      const place = Math.max(0, Math.min(last, Math.round(share * last)));
      const x = last === 0 ? 75 : edge + inside * place / last;
      pointer.setAttribute("d", `M${x},0 V32`);
      tip.textContent = `${texts[place]} at ${commits[place]}`;
      tip.hidden = false;
      const left = Math.min(event.pageX + 12, scrollX + document.documentElement.clientWidth - tip.offsetWidth - 4);
      tip.style.left = `${Math.max(0, left)}px`;
      tip.style.top = `${event.pageY + 16}px`;
    });
    for (const gone of ["pointerleave", "pointercancel"]) {
      plot.addEventListener(gone, () => { tip.hidden = true; pointer.removeAttribute("d"); });
    }
  }
}
const filter = document.getElementById("filter");
if (filter) {
  filter.hidden = false;
  filter.addEventListener("input", () => {
    const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean);
    for (const group of document.querySelectorAll("section[data-commits]")) {
      const name = group.querySelector("h2").textContent;
      let shown = 0;
      for (const row of group.querySelectorAll("tbody tr")) {
        const text = `${name} ${row.cells[0].textContent} ${row.cells[1].textContent}`.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += !row.hidden;
      }
      group.hidden = shown === 0;
    }
  });
}
document.documentElement.dataset.ready = "yes";
"""

PAGE = Template("""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header>
<h1>$title</h1>
$introduction
</header>
<main>
$groups
</main>
<footer>
<p>This page was made at $generated_at UTC. Personal columns have no statistics. For a commit with many rows, quantiles, counts of
frequent values and numbers of different values are estimates.</p>
</footer>
<div id="tip" role="status" hidden></div>
<script>$script</script>
</body>
</html>
""")

GROUP = Template("""<section id="$id" data-commits="$commits">
<div class="head">
<div><h2>$name</h2><p class="soft">$newest</p><p class="soft">$shown</p></div>
<div><span class="soft">Rows of each commit</span>$rows</div>
</div>
<table>
<thead><tr><th scope="col">Feature</th><th scope="col">Meaning</th><th scope="col" class="number">Rows</th>
<th scope="col">NULL share, over commits</th><th scope="col">Newest values</th><th scope="col">Over commits</th></tr></thead>
<tbody>
$features
</tbody>
</table>
</section>""")
