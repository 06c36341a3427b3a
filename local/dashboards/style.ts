/** Style sheet of the pages: light and dark by the reader's setting. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #ffffff; --text: #1b1f26; --muted: #667085; --line: #e4e7ec; --accent: #2563eb; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0e1116; --card: #171b22; --text: #e6e9ef; --muted: #8b95a5; --line: #262c36; --accent: #6ea8fe; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 14px/1.45 system-ui, "DejaVu Sans", sans-serif; }
header, main, footer { max-width: 1680px; margin: 0 auto; padding: 0 20px; }
header { padding-top: 20px; }
h1 { font-size: 22px; margin: 0; letter-spacing: -0.01em; }
header p { color: var(--muted); margin: 4px 0 12px; }
nav { display: flex; flex-wrap: wrap; gap: 6px; }
nav a { color: var(--muted); text-decoration: none; padding: 3px 10px; border: 1px solid var(--line); border-radius: 999px; background: var(--card); font-size: 12.5px; }
nav a[aria-current] { color: #fff; background: var(--accent); border-color: var(--accent); }
h2 { font-size: 13px; font-weight: 600; color: var(--muted); margin: 22px 0 8px; }
.grid { display: grid; grid-template-columns: repeat(24, 1fr); gap: 10px; }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 10px 12px; min-width: 0; height: calc(var(--rows) * 34px); display: flex; flex-direction: column; overflow: hidden; }
h3 { font-size: 12.5px; font-weight: 600; margin: 0 0 4px; cursor: help; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.chart { flex: 1; min-height: 0; width: 100%; }
.number { font-size: 27px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.2; white-space: nowrap; }
.stat .chart { margin: 0 -12px -10px; width: calc(100% + 24px); }
.legend { list-style: none; margin: 4px 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 11.5px; color: var(--muted); max-height: 36px; overflow: hidden; }
.legend li { display: flex; align-items: center; gap: 5px; min-width: 0; max-width: 100%; }
.legend span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 300px; }
.legend i { width: 9px; height: 9px; border-radius: 3px; flex: none; }
.legend b { color: var(--text); font-weight: 600; white-space: nowrap; }
.bars { display: flex; flex-direction: column; gap: 7px; justify-content: center; flex: 1; overflow: hidden; }
.bar { display: grid; grid-template-columns: minmax(60px, 42%) 1fr auto; gap: 10px; align-items: center; font-size: 12px; }
.bar .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); }
.bar .track { background: var(--line); border-radius: 4px; height: 12px; overflow: hidden; }
.bar .track span { display: block; height: 100%; border-radius: 4px; }
.bar .value { font-weight: 600; white-space: nowrap; }
.nothing { flex: 1; display: flex; align-items: center; justify-content: center; text-align: center; color: var(--muted); font-size: 12.5px; padding: 0 8px; }
article.off { border-style: dashed; background: transparent; }
article.empty, article.failed { border-color: #e5484d; }
.nothing.empty, .nothing.failed { color: #e5484d; }
footer { color: var(--muted); font-size: 12px; padding-top: 18px; padding-bottom: 24px; }
`;
