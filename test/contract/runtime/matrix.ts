import { bodies } from './cases/bodies.ts';
import { connections } from './cases/connections.ts';
import { containment } from './cases/containment.ts';
import { context } from './cases/context.ts';
import { failures } from './cases/failures.ts';
import { stopping } from './cases/stopping.ts';
import type { Form } from './forms.ts';
import type { Case } from './target.ts';

/** The rows of the matrix; its columns are the fixtures. */
export const CASES: readonly Case[] = [
  ...bodies,
  ...context,
  ...failures,
  ...connections,
  ...containment,
  ...stopping,
];

type Excuses = Readonly<Record<string, string>>;

const noContext = (reason: string): Excuses => ({
  'the context tells of function, request and deadline': reason,
  'without a timeout there is no deadline': reason,
});

const withoutWebSocket = (reason: string): Excuses => ({
  'a WebSocket': reason,
  'SIGTERM says goodbye on a WebSocket': reason,
});

const noWebSocket = withoutWebSocket('a handler gets one event and gives one answer');

const blocking: Excuses = {
  'a handler that waits is cancelled when its client has gone': 'a thread that blocks cannot be interrupted',
};

const yieldsOnly: Excuses = {
  'JSON in and out':
    'a generator yields text or bytes; JSON is tested without its content type by the next cases',
  'status, headers and two cookies': 'a generator has no way to set them; a handler that returns one has',
  'nothing returned is 204': 'a generator that yields nothing is an empty stream',
  'a result that cannot be sent is 500 and the log says why': 'a generator encodes what it yields itself',
};

const ownBodies: Excuses = {
  'JSON as curl -d sends it': 'an app reads its bodies itself',
  'a form as an object': 'an app reads its bodies itself',
  'JSON that is none is 400': 'an app reads its bodies itself',
  'nothing returned is 204': 'an app answers itself',
  'a result that cannot be sent is 500 and the log says why': 'an app encodes its answers itself',
};

const ownContext = noContext('an app gets its framework’s request');

const ownErrorPage: Excuses = {
  'an exception is a problem that names its type and can be found in the log':
    'the framework has its own error page',
  'a request id that is not safe to log is replaced': 'the framework writes its own log line',
};

/** Cells that do not apply, by `runtime/form` and case, each with the reason. Every other cell is run. */
export const EXCUSED: Readonly<Record<string, Excuses>> = {
  'node/commonjs': noWebSocket,
  'node/express': {
    ...ownBodies,
    ...ownContext,
    ...ownErrorPage,
    ...withoutWebSocket('Express has none; the http.Server around it has, and is a form of its own'),
  },
  'node/fetch': { ...ownBodies, ...noWebSocket },
  'node/function': noWebSocket,
  'node/generator': { ...yieldsOnly, ...noWebSocket },
  'node/server': { ...ownBodies, ...ownContext },
  'python/asgi': {
    ...ownBodies,
    ...ownContext,
    ...ownErrorPage,
    'a handler that waits is cancelled when its client has gone':
      'ASGI tells the app, and FastAPI does not cancel for it',
  },
  'python/async-generator': { ...yieldsOnly, ...noWebSocket },
  'python/async-handler': noWebSocket,
  'python/generator': { ...yieldsOnly, ...blocking, ...noWebSocket },
  'python/handler': { ...blocking, ...noWebSocket },
  'python/main-handler': { ...noContext('main_handler(event) gets none'), ...blocking, ...noWebSocket },
  'python/wsgi': {
    ...ownBodies,
    ...ownContext,
    ...ownErrorPage,
    ...blocking,
    ...withoutWebSocket('WSGI has none'),
  },
};

/** Why a cell is not run; `undefined` when it is. */
export function excuseFor(form: Form, { name }: Case): string | undefined {
  return EXCUSED[`${form.runtime}/${form.name}`]?.[name];
}
