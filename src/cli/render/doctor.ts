import type { DoctorAnswer, Finding, FindingState } from '../../core/finding.ts';
import type { Paint } from './paint.ts';
import { plain } from './safe.ts';
import { pad, wrap } from './width.ts';

/** Texts are wrapped at this width where there is no terminal, or a wider one. */
const COLUMNS = 100;
/** Commands stand alone under what they mend, whole, so that they can be copied. */
const COMMAND = ' '.repeat(8);
const WORDS: Readonly<Record<FindingState, string>> = { ok: 'ok', warn: 'warn', fail: 'FAIL', skipped: '-' };

/** `faaso doctor`: a line for each finding, what follows from it and the commands that mend it, and a count. */
export function renderDoctor(answer: DoctorAnswer, columns: number | undefined, paint: Paint): string[] {
  const names = Math.max(...answer.findings.map(({ check }) => check.length), 0) + 2;
  const room = Math.min(columns ?? COLUMNS, COLUMNS);
  const seen = answer.findings.filter(({ state }) => state !== 'skipped');
  const lines = seen.flatMap((finding) => renderFinding(finding, names, room, paint));
  return [...lines, ...skipped(answer.findings, room, paint), '', summary(answer)];
}

/** What was not looked at: a line for each reason, however many checks it keeps from looking. */
function skipped(findings: readonly Finding[], room: number, paint: Paint): string[] {
  const reasons = new Map<string, string[]>();
  for (const { state, check, message } of findings) {
    if (state === 'skipped') reasons.set(message, [...(reasons.get(message) ?? []), check]);
  }
  return [...reasons].flatMap(([message, checks]) => {
    const [first = '', ...rest] = wrapped(`not looked at: ${checks.join(', ')} (${message})`, 6, room);
    return [`-     ${first}`, ...rest.map((line) => ' '.repeat(6) + line)].map(paint.faint);
  });
}

function renderFinding(finding: Finding, names: number, room: number, paint: Paint): string[] {
  const head = pad(WORDS[finding.state], 6);
  const [first = '', ...rest] = wrapped(finding.message, 6 + names, room);
  const label = `${colorOf(finding.state, paint)(head)}${pad(finding.check, names)}`;
  const why = finding.why === undefined ? [] : wrapped(finding.why, 6 + names, room);
  const below = [...rest, ...why.map((line) => paint.faint(line))].map(
    (line) => ' '.repeat(6 + names) + line,
  );
  return [`${label}${first}`, ...below, ...finding.fix.map((command) => COMMAND + plain(command))];
}

function wrapped(text: string, indent: number, room: number): string[] {
  return wrap(plain(text), Math.max(room - indent, 20));
}

function colorOf(state: FindingState, paint: Paint): (text: string) => string {
  switch (state) {
    case 'ok':
      return paint.good;
    case 'warn':
      return paint.warn;
    case 'fail':
      return paint.bad;
    case 'skipped':
      return paint.faint;
  }
}

function summary({ attention, checks, findings }: DoctorAnswer): string {
  if (attention === 0) return `${checks} checks, nothing needs attention.`;
  // One check may find several things, and each stands above as a line of its own.
  const lines = findings.filter(({ state }) => state === 'warn' || state === 'fail').length;
  const all = lines === attention ? '' : `, with ${lines} findings`;
  return `${attention} of ${checks} checks ${attention === 1 ? 'needs' : 'need'} attention${all}.`;
}
