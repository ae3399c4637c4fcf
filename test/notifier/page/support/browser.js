// Debian's Chromium, and pages that fail the test if they log an error or contact another origin.

import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { atEnd } from '../../process/support/cleanup.js';
import { root } from '../../process/support/server.js';

const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find((path) => path && existsSync(path));
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const shots = join(root, 'build/page');

export const webRoot = join(root, 'build/web');

export async function launch() {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  atEnd(() => browser.close());
  mkdirSync(shots, { recursive: true });
  return browser;
}

// Notes what goes wrong in a page, or goes to another origin, in faults.
function watched(page, url, expected) {
  const faults = [];
  const unless = (text) => { if (!expected.some((pattern) => pattern.test(text))) faults.push(text); };
  page.on('pageerror', (error) => unless(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') unless(`${message.text()} ${message.location().url}`); });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== new URL(url).origin && protocol !== 'blob:' && protocol !== 'data:') faults.push(`left its origin: ${request.url()}`);
  });
  page.setDefaultTimeout(30000);
  return Object.assign(page, { faults, expected });
}

// A window of its own on the page of a sidecar. prepare is called with the page before it loads.
export async function open(browser, url, { expected = [], prepare, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce', ...options });
  const page = watched(await context.newPage(), url, expected);
  await prepare?.(page);
  await page.goto(url);
  return page;
}

// Another tab beside a page, of the same browser.
export async function tab(page, url) {
  const other = watched(await page.context().newPage(), url, page.expected);
  await other.goto(url);
  return other;
}

export const shoot = (page, name) => page.screenshot({ path: join(shots, `${name}.png`), fullPage: true, animations: 'disabled' });

// What axe objects to, as text.
export async function violations(page) {
  await page.evaluate(await import('node:fs').then((fs) => fs.readFileSync(axePath, 'utf8')));
  const { violations: found } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }));
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`);
}

export const file = (name, buffer) => ({ name, mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', buffer });
