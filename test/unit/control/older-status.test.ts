import { expect, test } from 'vitest';

import { renderStatus } from '../../../src/cli/render/status.ts';
import { createPaint } from '../../../src/cli/render/paint.ts';
import { completed } from '../../../src/control/older-status.ts';
import { TestIo } from '../../support/cli-io.ts';

test('the status of a daemon of before an upgrade can be shown', () => {
  const status = completed({
    project: 'demo',
    root: '/demo',
    files: ['/demo/functions.yml'],
    control: { state: 'running', socket: '/run/x', pid: 1, since: null },
    router: { kind: 'builtin', listen: 'http://127.0.0.1:8080', state: 'serving' },
    engine: { state: 'connected', detail: '' },
    functions: [],
    problems: [],
  });
  expect(status).toMatchObject({ changed: [], router: { https: null, hint: null, state: 'serving' } });
  expect(renderStatus(status, new TestIo(), createPaint(false)).join('\n')).toContain(
    'demo  http://127.0.0.1:8080',
  );
});
