// A strict parser of Prometheus' text format, and the rules of `promtool check metrics`.

import { execFileSync } from 'node:child_process';

// Its path, undefined where it is not installed (Debian has it in the package prometheus, which would start a server).
export const promtool = (() => {
  try {
    return execFileSync('sh', ['-c', 'command -v "${PROMTOOL:-promtool}"'], { encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
})();

const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\]|\\[\\"n])*",?)*)\})? ([+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/;
// Time is in seconds, sizes are in bytes, ratios are not percentages.
const OTHER_UNITS = /_(milliseconds|microseconds|minutes|hours|days|ms|kb|mb|gb|kilobytes|megabytes|gigabytes|percent)(_|$)/i;
const TYPE_IN_NAME = /(^|_)(gauge|counter|summary|histogram|untyped)(_|$)/i;

// Samples by family, and what breaks the format: { families: Map(name → { help, type, samples }), wrong: [] }.
function parse(text) {
  const families = new Map();
  const wrong = [];
  let current;
  const family = (name) => {
    if (!families.has(name)) families.set(name, { samples: [] });
    else if (current !== name) wrong.push(`${name}: its lines do not stand together`);
    current = name;
    return families.get(name);
  };
  if (!text.endsWith('\n')) wrong.push('the last line has no end');
  for (const line of text.split('\n').slice(0, -1)) {
    const [, keyword, name, rest] = line.match(/^# (HELP|TYPE) (\S+) (.*)$/) ?? [];
    const sample = line.match(SAMPLE);
    if (keyword) {
      const known = family(name);
      const member = keyword.toLowerCase();
      if (known[member] !== undefined) wrong.push(`${name}: a second ${keyword}`);
      if (known.samples.length > 0) wrong.push(`${name}: ${keyword} after its samples`);
      known[member] = rest;
    } else if (sample) family(sample[1]).samples.push({ labels: sample[2] ?? '', value: Number(sample[3].replace('Inf', 'Infinity')) });
    else wrong.push(`not understood: ${line}`);
  }
  return { families, wrong };
}

// What a scraper or promtool would object to, as sentences.
export function complaints(text) {
  const { families, wrong } = parse(text);
  for (const [name, { help, type, samples }] of families) {
    const say = (what) => wrong.push(`${name}: ${what}`);
    if (!help || /(^|[^\\])\\([^\\n]|$)/.test(help)) say('no help text');
    if (!['counter', 'gauge'].includes(type)) say(`type ${type}`);
    if ((type === 'counter') !== name.endsWith('_total')) say('counters, and nothing else, end in _total');
    if (!/^pg_xlsx(_[a-z][a-z0-9]*)+$/.test(name)) say('no name of ours in lower case');
    if (OTHER_UNITS.test(name)) say('no base unit');
    if (TYPE_IN_NAME.test(name)) say('its type is in its name');
    if (samples.length === 0) say('no sample');
    if (new Set(samples.map(({ labels }) => labels)).size !== samples.length) say('a series twice');
    if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) say('a counter below 0');
  }
  return wrong;
}
