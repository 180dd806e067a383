/** What differs between an answer and what a test expects, in words. Pure. */
import type { TestCase } from '../core/specs.ts';
import type { Answer } from './http-call.ts';

/** Of a value or a text that is not long. */
const SHOWN = 120;
/** Of a whole body. */
const BODY_SHOWN = 300;
/** More differences than this are only counted. */
const MANY = 12;
/** Of two long texts, what stands before the first difference. */
const BEFORE = 20;

/** A line for each difference; empty when there is none. */
export function compare(test: TestCase, answer: Answer): string[] {
  const { expect } = test;
  const text = answer.body.toString('utf8');
  const problems: string[] = [];
  for (const [name, value] of Object.entries(expect.headers)) {
    const got = answer.headers[name];
    const shown = got === undefined ? 'none' : String(got);
    if (shown !== value) problems.push(`header ${name}: expected ${value}, got ${shown}`);
  }
  // With another status the body is another matter altogether.
  if (answer.status !== expect.status)
    return [
      `status: expected ${expect.status}, got ${answer.status} with the body ${body(text)}`,
      ...problems,
    ];
  if (expect.body !== undefined) problems.push(...textProblems(expect.body, text));
  if ('json' in expect) problems.push(...jsonProblems(expect.json, text));
  if (problems.length <= MANY) return problems;
  return [...problems.slice(0, MANY), `… and ${problems.length - MANY} more differences`];
}

function jsonProblems(expected: unknown, text: string): string[] {
  let got: unknown;
  try {
    got = JSON.parse(text);
  } catch {
    return [`body: expected JSON, got ${body(text)}`];
  }
  const problems: string[] = [];
  differences('', expected, got, problems);
  return problems;
}

/** `path`: as one would write it to get the value, `.items[2].name`. */
function differences(path: string, expected: unknown, got: unknown, problems: string[]): void {
  const at = path === '' ? 'body' : path;
  if (Array.isArray(expected) && Array.isArray(got)) {
    const both: readonly unknown[][] = [expected, got];
    const [wanted = [], found = []] = both;
    for (let index = 0; index < Math.max(wanted.length, found.length); index += 1) {
      const here = `${path}[${index}]`;
      if (index >= found.length) problems.push(`${here}: missing, expected ${shown(wanted[index])}`);
      else if (index >= wanted.length) problems.push(`${here}: unexpected, got ${shown(found[index])}`);
      else differences(here, wanted[index], found[index], problems);
    }
  } else if (isRecord(expected) && isRecord(got)) {
    for (const [key, value] of Object.entries(expected)) {
      const here = path + step(key);
      if (Object.hasOwn(got, key)) differences(here, value, got[key], problems);
      else problems.push(`${here}: missing, expected ${shown(value)}`);
    }
    for (const [key, value] of Object.entries(got)) {
      if (!Object.hasOwn(expected, key))
        problems.push(`${path}${step(key)}: unexpected, got ${shown(value)}`);
    }
  } else if (typeof expected === 'string' && typeof got === 'string') {
    if (expected !== got) problems.push(`${at}: ${twoTexts(expected, got)}`);
  } else if (expected !== got) {
    problems.push(`${at}: expected ${shown(expected)}, got ${shown(got)}`);
  }
}

/** Of several lines the first that differs. */
function textProblems(expected: string, got: string): string[] {
  if (expected === got) return [];
  if (got === '') return [`body: expected ${cut(JSON.stringify(expected), SHOWN)}, got none`];
  const wanted = expected.split('\n');
  const found = got.split('\n');
  const isLastBreak = got === `${expected}\n` || expected === `${got}\n`;
  if (isLastBreak || wanted.length === 1 || found.length === 1) return [`body: ${twoTexts(expected, got)}`];
  const at = wanted.findIndex((line, index) => line !== found[index]);
  const line = `body, line ${(at === -1 ? wanted.length : at) + 1}`;
  const [left, right] = at === -1 ? [undefined, found[wanted.length]] : [wanted[at], found[at]];
  if (left === undefined) return [`${line}: unexpected, got ${shown(right)}`];
  if (right === undefined) return [`${line}: missing, expected ${shown(left)}`];
  return [`${line}: ${twoTexts(left, right)}`];
}

/** Two texts that differ. Of long ones what is around the difference. */
function twoTexts(expected: string, got: string): string {
  const [left, right] = [JSON.stringify(expected), JSON.stringify(got)];
  if (Math.max(left.length, right.length) <= SHOWN) return `expected ${left}, got ${right}`;
  let at = 0;
  while (at < expected.length && expected[at] === got[at]) at += 1;
  const from = Math.max(0, at - BEFORE);
  const part = (text: string): string => {
    const end = from + SHOWN - BEFORE;
    return `${from > 0 ? '…' : ''}${JSON.stringify(text.slice(from, end))}${end < text.length ? '…' : ''}`;
  };
  return `they differ from character ${at + 1} on: expected ${part(expected)}, got ${part(got)}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function step(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function shown(value: unknown): string {
  try {
    return cut(JSON.stringify(value), SHOWN);
  } catch {
    // What a function answers may be nested deeper than can be written out.
    return 'something that is nested too deeply to be shown';
  }
}

function body(text: string): string {
  return text === '' ? '(empty)' : cut(text, BODY_SHOWN);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
