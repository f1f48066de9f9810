// How the page of a plan looks: light and dark, wide and narrow.
export const pageStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1d2129; --dim: #5d6675; --rule: #d9dde4; --lane: #f4f6f9; --good: #2f8f4e; --bad: #c8322b; --killed: #8a5cc2; --busy: #2a6fc9; --fault: #b35900; --mark: #7b8494; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e6e9ee; --dim: #9aa4b2; --rule: #323844; --lane: #1c2129; --good: #4cc272; --bad: #ff6f66; --killed: #b48df0; --busy: #6aa8ff; --fault: #ffab4d; --mark: #7d8797; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
header, .chart, .lines { margin: 0 auto; max-width: 1200px; padding: 12px 16px; }
.title { margin: 0; color: var(--dim); }
h1 { margin: 2px 0; font-size: 20px; line-height: 1.3; overflow-wrap: anywhere; }
h1.broken { color: var(--bad); }
h1.held { color: var(--good); }
.facts { margin: 0; color: var(--dim); }
.tools { display: flex; flex-wrap: wrap; gap: 6px; align-items: center; }
button { font: inherit; color: inherit; background: var(--lane); border: 1px solid var(--rule); border-radius: 6px; padding: 4px 10px; min-height: 32px; cursor: pointer; }
.told { flex: 1 1 100%; min-height: 3em; color: var(--dim); overflow-wrap: anywhere; }
svg { display: block; width: 100%; touch-action: pan-y; border: 1px solid var(--rule); border-radius: 6px; background: var(--paper); cursor: grab; user-select: none; }
svg text { fill: var(--dim); font: 11px system-ui, sans-serif; }
svg .lane { fill: var(--lane); }
svg .grid { stroke: var(--rule); }
svg .succeeded { fill: var(--good); } svg .failed { fill: var(--bad); } svg .killed { fill: var(--killed); } svg .running { fill: var(--busy); }
svg .fault { fill: var(--fault); } svg .told { fill: var(--mark); } svg .commit { fill: var(--mark); } svg .claim { fill: var(--busy); } svg .conflict { fill: var(--bad); }
svg .guilty { stroke: var(--bad); stroke-width: 2; }
svg .guilty-text { fill: var(--bad); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; list-style: none; margin: 8px 0 0; padding: 0; color: var(--dim); }
.legend li::before { content: ""; display: inline-block; width: 10px; height: 10px; margin-right: 5px; border-radius: 2px; background: var(--mark); }
.legend .succeeded::before { background: var(--good); } .legend .failed::before, .legend .conflict::before { background: var(--bad); } .legend .killed::before { background: var(--killed); }
.legend .running::before, .legend .claim::before { background: var(--busy); } .legend .fault::before { background: var(--fault); }
.lines { list-style: none; font: 12px/1.6 ui-monospace, monospace; position: relative; max-height: max(40vh, 100vh - 470px); overflow-y: auto; }
.lines li { padding: 0 8px; border-left: 3px solid transparent; white-space: pre-wrap; overflow-wrap: anywhere; cursor: pointer; }
.lines .fault { color: var(--fault); border-color: var(--fault); }
.lines .guilty { color: var(--bad); border-color: var(--bad); font-weight: 600; }
.lines .here { background: var(--lane); }
@media print { .lines { max-height: none; } }
@media (max-width: 600px) { header, .chart, .lines { padding: 10px; } .lines { font-size: 11px; } h1 { font-size: 17px; } }
`;
