import { describe, expect, it } from 'vitest';

import { buildFailure } from '../../../src/engine/docker/build/failure.ts';
import type { Vertex } from '../../../src/engine/docker/build/messages.ts';
import { Progress } from '../../../src/engine/docker/build/progress.ts';

function vertex(name: string, changes: Partial<Vertex> = {}): Vertex {
  return { digest: name, name, cached: false, started: true, completed: false, error: '', ...changes };
}

function progress(): { readonly progress: Progress; readonly lines: string[] } {
  const lines: string[] = [];
  return { progress: new Progress((line) => lines.push(line)), lines };
}

const log = (name: string, msg: string | Uint8Array) => ({ vertex: name, msg: Buffer.from(msg) });

describe('progress of a build', () => {
  it('shows each instruction once, with CACHED, and what it writes, without BuildKit’s own steps', () => {
    const { progress: p, lines } = progress();
    p.add({ vertexes: [vertex('[internal] load build definition from Dockerfile')], logs: [] });
    p.add({
      vertexes: [vertex('[1/3] FROM x', { cached: true }), vertex('[2/3] RUN a', { started: false })],
      logs: [],
    });
    p.add({ vertexes: [vertex('[2/3] RUN a')], logs: [log('[2/3] RUN a', 'one\ntw')] });
    p.add({ vertexes: [vertex('[2/3] RUN a', { completed: true })], logs: [log('[2/3] RUN a', 'o\nlast')] });
    p.end();
    expect(lines).toEqual(['[1/3] FROM x CACHED', '[2/3] RUN a', 'one', 'two', 'last']);
  });

  it('leaves mounts out of the names of steps', () => {
    const { progress: p, lines } = progress();
    p.add({
      vertexes: [vertex('[2/3] RUN --mount=type=secret,id=a --mount=type=cache,target=/x  pip   install')],
      logs: [],
    });
    expect(lines).toEqual(['[2/3] RUN pip install']);
  });

  it('keeps characters that two messages share', () => {
    const { progress: p, lines } = progress();
    const bytes = Buffer.from('né\n');
    p.add({ vertexes: [vertex('[1/1] RUN a')], logs: [log('[1/1] RUN a', bytes.subarray(0, 2))] });
    p.add({ vertexes: [], logs: [log('[1/1] RUN a', bytes.subarray(2))] });
    expect(lines.at(-1)).toBe('né');
  });

  it('takes control codes out, and of a progress bar the last state', () => {
    const { progress: p, lines } = progress();
    const text = '\u001b[31mred\u001b[0m\r\n10 %\r50 %\r100 %\nbell\u0007\n';
    p.add({ vertexes: [vertex('[1/1] RUN a')], logs: [log('[1/1] RUN a', text)] });
    expect(lines.slice(1)).toEqual(['red', '100 %', 'bell']);
  });

  it('says whether everything came from the cache', () => {
    const { progress: p } = progress();
    p.add({
      vertexes: [
        vertex('[1/2] FROM x'),
        vertex('[2/2] RUN a', { cached: true }),
        vertex('exporting to image'),
      ],
      logs: [],
    });
    expect(p.cached).toBe(true);
    p.add({ vertexes: [vertex('[build 2/2] RUN b')], logs: [] });
    expect(p.cached).toBe(false);
  });

  it('names the step that failed and its last 20 lines, not those that were stopped for it', () => {
    const { progress: p } = progress();
    const text = Array.from({ length: 30 }, (_, index) => `line ${index}\n`).join('');
    p.add({ vertexes: [vertex('[a 2/2] RUN x', { error: 'process stopped: context canceled' })], logs: [] });
    p.add({
      vertexes: [vertex('[b 2/2] RUN y', { error: 'exit code: 3' })],
      logs: [log('[b 2/2] RUN y', text)],
    });
    expect(p.failed).toMatchObject({ name: '[b 2/2] RUN y', error: 'exit code: 3' });
    expect(p.failed?.lines).toHaveLength(20);
    expect(p.failed?.lines.at(-1)).toBe('line 29');
  });
});

describe('the error of a failed build', () => {
  const step = (error: string, ...lines: string[]) => ({ name: '[2/2] RUN x', error, lines });

  it.each([
    [
      'an old engine',
      'executor failed running [/bin/sh -c x]: exit code: 3',
      '[2/2] RUN x failed: exit code 3',
    ],
    [
      'a new engine',
      'process "/bin/sh -c x" did not complete successfully: exit code: 3',
      '[2/2] RUN x failed: exit code 3',
    ],
    [
      'a step without a command',
      'failed to compute cache key: "/y" not found: not found',
      '[2/2] RUN x failed: failed to compute cache key: "/y" not found: not found',
    ],
  ])('says what %s says', (_, error, message) => {
    expect(buildFailure('failed to solve: …', step(error))).toMatchObject({ code: 'build-failed', message });
  });

  it('keeps the message to one line without control characters, the rest being details', () => {
    const failure = buildFailure('unknown instruction: \0\u001b[31mX\nsecond line', undefined);
    expect(failure).toMatchObject({
      message: 'the build failed: unknown instruction: X',
      details: ['second line'],
    });
  });

  it('takes wrappings off where no step failed', () => {
    const message =
      'failed to solve with frontend dockerfile.v0: rpc error: code = Unknown desc = Dockerfile parse error line 2: unknown instruction: RUNN';
    expect(buildFailure(message, undefined).message).toBe(
      'the build failed: Dockerfile parse error line 2: unknown instruction: RUNN',
    );
  });

  it.each([
    ['SSL: CERTIFICATE_VERIFY_FAILED', 'ca_bundle: host'],
    ['E: Unable to locate package nope', 'packages:'],
    ['Could not resolve host: example.org', 'proxy: host'],
  ])('advises after %s', (line, hint) => {
    expect(buildFailure('', step('exit code: 1', line)).hint).toContain(hint);
  });

  it('advises by exit codes, and not at all without a sign', () => {
    expect(buildFailure('', step('exit code: 137')).hint).toContain('memory');
    expect(buildFailure('', step('exit code: 127')).hint).toContain('packages: build:');
    expect(buildFailure('', step('exit code: 1', 'ModuleNotFoundError')).hint).toBeUndefined();
  });

  it('is no-space when the disk is full', () => {
    expect(buildFailure('write /x: no space left on device', undefined).code).toBe('no-space');
  });
});
