import { request } from 'node:http';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { startLoad } from '../support/load.ts';
import { TestProject } from '../support/project.ts';
import { until } from '../support/until.ts';
import { versionedApp } from '../support/versioned-app.ts';

describe('redeploys', () => {
  let project: TestProject;
  let version = 1;

  const deployNext = async (): Promise<void> => {
    version += 1;
    project.python('app', versionedApp(version));
    await project.deploy();
  };

  beforeAll(async () => {
    project = new TestProject({ routes: { '/app': { function: 'app', timeout: '30s' } } });
    project.python('app', versionedApp(version));
    await project.deploy();
  });
  afterAll(() => project.dispose());

  test(
    'five in a row lose no request, and nothing old answers once one is reported',
    { timeout: 120_000 },
    async () => {
      const load = startLoad({
        url: `${project.url}/app`,
        rate: 200,
        isRight: (text) => /^v\d+$/.test(text),
      });
      const deployed: { readonly at: number; readonly text: string }[] = [];
      for (let count = 0; count < 5; count += 1) {
        await deployNext();
        deployed.push({ at: performance.now(), text: `v${version}` });
      }
      const { lost, answered } = await load.stop();
      expect(lost).toEqual([]);
      expect(answered.length).toBeGreaterThan(200);
      for (const [index, { at, text }] of deployed.entries()) {
        const next = deployed[index + 1];
        // Between two reports the next one may answer already, but none before.
        const allowed = next === undefined ? [text] : [text, next.text];
        const since = answered.filter((item) => item.sentAt > at && item.sentAt < (next?.at ?? Infinity));
        expect(
          [...new Set(since.map((item) => item.text))].filter((item) => !allowed.includes(item)),
        ).toEqual([]);
      }
      await project.whenSettled(['app']);
    },
  );

  test(
    'what is in flight ends where it began; WebSockets and events go on until the drain ends',
    { timeout: 120_000 },
    async () => {
      const old = `v${version}`;
      const before = await project.container('app');
      const slow = project.call('/app/slow');
      const socket = await openSocket(`${project.url.replace('http', 'ws')}/app/ws`);
      const events = openEvents(`${project.url}/app/events`);
      await until('the first event', () => events.text().includes(`data: ${old}\n\n`));
      expect(await socket.ask('one')).toBe(`${old} one`);

      await deployNext();
      expect((await project.call('/app')).text).toBe(`v${version}`);
      expect(await slow).toMatchObject({ status: 200, text: old });
      const drainingSince = performance.now();
      let asked = 0;
      const wrong: string[] = [];
      await until(
        'the drain ends the WebSocket',
        async () => {
          if (socket.closed() !== undefined) return true;
          asked += 1;
          const answer = await socket.ask(`${asked}`);
          if (answer !== undefined && answer !== `${old} ${asked}`) wrong.push(answer);
          return false;
        },
        60_000,
      );
      expect(performance.now() - drainingSince).toBeGreaterThan(15_000);
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(20);
      expect(socket.closed()).toBe(1001);
      await until('the drain ends the events', () => events.ended());
      expect(events.text()).toMatch(new RegExp(`^(?:data: ${old}\\n\\n)+$`));
      const after = await project.whenSettled(['app']);
      expect(after.map((item) => item.id)).not.toContain(before.id);

      const again = await openSocket(`${project.url.replace('http', 'ws')}/app/ws`);
      expect(await again.ask('two')).toBe(`v${version} two`);
      again.close();
    },
  );

  test('a serve that is ended with Ctrl-C accepts no more and finishes what is in flight', async () => {
    const serve = await project.start(['serve']).shows(/Serving on http/);
    const slow = project.call('/app/slow');
    await until('it is in flight', async () => (await project.call('/app')).status === 200);
    const ending = serve.interrupt();
    await serve.shows(/Stopping: requests in flight are finished/);
    await until('it accepts no more', () =>
      project.call('/app').then(
        () => false,
        () => true,
      ),
    );
    expect(await slow).toMatchObject({ status: 200, text: `v${version}` });
    expect((await ending).code).toBe(0);
    expect(project.routerPid).toBeUndefined();
    await project.whenSettled(['app']);
  });
});

interface Echo {
  /** Sends a message; resolves with the answer, or with nothing when the socket closes first. */
  ask(text: string): Promise<string | undefined>;
  /** The code it was closed with. */
  closed(): number | undefined;
  close(): void;
}

async function openSocket(url: string): Promise<Echo> {
  const socket = new WebSocket(url);
  let code: number | undefined;
  let answered: (text: string | undefined) => void = () => undefined;
  socket.on('message', (data: Buffer) => answered(data.toString()));
  socket.on('close', (closedWith) => {
    code = closedWith;
    answered(undefined);
  });
  await new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return {
    ask: (text) =>
      new Promise((resolve) => {
        answered = resolve;
        if (code === undefined) socket.send(text);
        else resolve(undefined);
      }),
    closed: () => code,
    close: () => socket.terminate(),
  };
}

function openEvents(url: string): { text(): string; ended(): boolean } {
  let text = '';
  let ended = false;
  const outgoing = request(url, { agent: false }, (incoming) => {
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('error', () => undefined);
    incoming.on('close', () => (ended = true));
  });
  outgoing.on('error', () => (ended = true));
  outgoing.end();
  return { text: () => text, ended: () => ended };
}
