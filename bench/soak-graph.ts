import type { SoakReport } from './soak-run.ts';

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly top: number;
}

const width = 860;
const panelHeight = 190;
const gap = 56;
const left = 62;
const right = 190;
const colours = ['#0b6e99', '#c2410c', '#4d7c0f', '#7e22ce', '#475569'];
const mebibyte = 1024 * 1024;

/** A graph of the series of a soak, readable by itself and on light and dark pages. */
export function drawSoak(report: SoakReport): string {
  const { samples, rests } = report;
  const live = Object.keys(rests[0]?.live ?? {}).map((thread): Line => {
    const points = rests.map(({ seconds, live: { [thread]: bytes } }) => {
      return [seconds, ((bytes?.data ?? 0) + (bytes?.code ?? 0)) / mebibyte] as const;
    });
    return { name: `live, ${thread}`, points };
  });
  const resident: Line = { name: 'resident', points: samples.map((it) => [it.seconds, it.residentBytes / mebibyte]) };
  const files: Line = { name: 'open files', points: samples.map((it) => [it.seconds, it.openFiles]) };
  const connections: Line = {
    name: 'connections of clients',
    points: samples.map((it) => [it.seconds, it.connections]),
  };
  const panels = [
    { title: 'Memory, MiB', lines: [resident, ...live] },
    { title: 'Open files', lines: [files, connections] },
    { title: 'Requests a second', lines: [rateOf(report)] },
  ].map((panel, at): Panel => ({ ...panel, top: 34 + at * (panelHeight + gap) }));
  const height = 34 + panels.length * (panelHeight + gap);
  const drawn = panels.map((panel) => drawPanel(panel, report)).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#ffffff"/>
${drawn}
</svg>
`;
}

function rateOf({ samples }: SoakReport): Line {
  const points = samples.slice(1).map((sample, at) => {
    const before = samples[at] ?? sample;
    return [sample.seconds, (sample.requests - before.requests) / (sample.seconds - before.seconds)] as const;
  });
  return { name: 'requests', points };
}

function drawPanel({ title, lines, top }: Panel, { seconds, warmUpSeconds }: SoakReport): string {
  const highest = Math.max(...lines.flatMap(({ points }) => points.map(([, value]) => value)), 1);
  const step = niceStep(highest / 4);
  const limit = Math.ceil(highest / step) * step;
  const plotWidth = width - left - right;
  const x = (at: number) => (left + (at / seconds) * plotWidth).toFixed(1);
  const y = (value: number) => (top + panelHeight - (value / limit) * panelHeight).toFixed(1);
  const parts = [
    `<text x="${left}" y="${top - 10}" font-weight="600" fill="#1e293b">${title}</text>`,
    `<rect x="${left}" y="${top}" width="${(Number(x(warmUpSeconds)) - left).toFixed(1)}" height="${panelHeight}" fill="#f1f5f9"/>`,
  ];
  for (let value = 0; value <= limit; value += step) {
    parts.push(`<path d="M${left} ${y(value)}H${left + plotWidth}" stroke="#e2e8f0"/>`);
    parts.push(`<text x="${left - 8}" y="${Number(y(value)) + 4}" text-anchor="end" fill="#475569">${value}</text>`);
  }
  const minutes = seconds / 60;
  const minuteStep = niceStep(minutes / 6);
  for (let minute = 0; minute <= minutes; minute += minuteStep) {
    const label = `${Number(minute.toFixed(2))} min`;
    parts.push(
      `<text x="${x(minute * 60)}" y="${top + panelHeight + 16}" text-anchor="middle" fill="#475569">${label}</text>`,
    );
  }
  for (const [at, { name, points }] of lines.entries()) {
    const colour = colours[at % colours.length];
    const path = points
      .map(([second, value], number) => `${number === 0 ? 'M' : 'L'}${x(second)} ${y(value)}`)
      .join('');
    parts.push(`<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`);
    parts.push(`<text x="${width - right + 12}" y="${top + 12 + at * 18}" fill="${colour}">${name}</text>`);
  }
  return parts.join('\n');
}

/** 1, 2 or 5 times a power of ten, at least as much as was asked for. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}
