/** The texts of the language that the browser asks for, and the language's formats of numbers and times. */

import { de } from './de.js';
import { en, type Texts } from './en.js';

const languages: Record<string, Texts> = { en, de };

function choose(): Texts {
  for (const wanted of navigator.languages) {
    const texts = languages[wanted.slice(0, 2).toLowerCase()];
    if (texts) return texts;
  }
  return en;
}

export const t: Texts = choose();

const locale = navigator.languages.find((wanted) => wanted.startsWith(t.language)) ?? t.language;
/* Digits are grouped as in the language, except in numbers of four digits: 1000, 514,000. */
const counter = new Intl.NumberFormat(locale, { useGrouping: 'min2' } as Intl.NumberFormatOptions);
const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });

export const number = (value: number) => integer.format(value);
/** Formats a row's number, or a number of rows, for a sentence. */
export const rowNumber = (value: number) => counter.format(value);
export const time = (iso: string) => moment.format(new Date(iso));

export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${(value < 10 && unit > 0 ? tenth : integer).format(value)} ${units[unit]}`;
}

export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 1) return `${integer.format(ms)} ms`;
  if (seconds < 59.5) return `${(seconds < 10 ? tenth : integer).format(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

document.documentElement.lang = t.language;
document.title = t.title;
