import { rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

import { parseListen } from '../../config/addresses.ts';
import { findProjectFile, PROJECT_FILE } from '../../config/find.ts';
import { firstFile } from '../../config/first-file.ts';
import { errorCode, FaasoError } from '../../core/errors.ts';
import { isName, NAME_RULE, nameFrom, parseRoutePath } from '../../core/names.ts';
import type { FunctionName } from '../../core/names.ts';
import { exclusively } from '../../files/exclusive.ts';
import { makeFolder } from '../../files/make-folder.ts';
import { functionName } from './add-function.ts';
import type { InitAnswer, InitDefaults, InitRequest } from './api.ts';
import { FIRST_PORT, freePort } from './free-port.ts';
import { ignoreOwnFiles } from './git-ignore.ts';
import { runtime, runtimes } from './runtimes.ts';
import { copyScaffold, exists } from './scaffold.ts';

/** Where a folder's name can name nothing. */
const FALLBACK_NAME = 'functions';
const FIRST_FUNCTION = 'hello';
const FIRST_RUNTIME = 'python';

/** What `faaso init` does in `folder` where nothing else is said. */
export async function initDefaults(folder: string): Promise<InitDefaults> {
  const root = resolve(folder);
  await checkFree(root);
  const { runtimes: found } = await runtimes(undefined);
  const names = found.map((item) => item.name);
  const port = await freePort();
  const outer = await findProjectFile(dirname(root));
  return {
    root,
    name: nameFrom(basename(root)) ?? FALLBACK_NAME,
    function: FIRST_FUNCTION,
    runtime: names.includes(FIRST_RUNTIME) ? FIRST_RUNTIME : (names[0] ?? FIRST_RUNTIME),
    runtimes: found,
    listen: `127.0.0.1:${port}`,
    ...(port === FIRST_PORT ? {} : { busyPort: FIRST_PORT }),
    ...(outer === undefined ? {} : { inside: dirname(outer) }),
  };
}

/** Writes the function's folder first and functions.yml last: it is what makes the folder a project. */
export async function init(request: InitRequest): Promise<InitAnswer> {
  const { root, name, listen } = request;
  if (!isName(name)) {
    throw new FaasoError('usage', `"${name}" cannot name a project`, { hint: `a name is ${NAME_RULE}` });
  }
  const fn = functionName(request.function);
  const template = await runtime(undefined, request.runtime);
  const address = checkedListen(listen);
  return await exclusively(`new ${root}`, async () => {
    await checkFree(root);
    const made = await makeFolder(root);
    const shown = join('functions', fn);
    const undo: (() => Promise<void>)[] = [];
    if (made !== undefined) undo.push(() => rm(made, { recursive: true, force: true }));
    try {
      const written = await copyScaffold(template, join(root, shown), shown);
      undo.push(() => written.undo());
      const ignored = await ignoreOwnFiles(root);
      await writeFile(join(root, PROJECT_FILE), fileText(name, address, fn), { flag: 'wx', flush: true });
      return {
        ...request,
        listen: address,
        files: [
          PROJECT_FILE,
          ...written.files.map((path) => join(shown, path)),
          ...(ignored ? ['.gitignore'] : []),
        ],
        url: `http://${address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:')}/${fn}`,
      };
    } catch (error) {
      for (const step of undo.toReversed()) await step();
      throw error;
    }
  });
}

function fileText(name: string, listen: string, fn: FunctionName): string {
  const route = parseRoutePath(`/${fn}`);
  if (!route.ok) throw new Error(route.problem);
  return firstFile(name, listen, route.path, fn);
}

/** `8081` or `0.0.0.0:8081` → an address with its port, or `usage`. */
function checkedListen(text: string): string {
  const listen = /^[0-9]{1,5}$/.test(text) ? `127.0.0.1:${text}` : text;
  const parsed = parseListen(listen);
  if (!('problem' in parsed)) return listen;
  throw new FaasoError('usage', `--listen "${text}" ${parsed.problem}`, {
    hint: '--listen takes a port, or an address and a port such as 127.0.0.1:8080',
  });
}

async function checkFree(root: string): Promise<void> {
  if (await exists(join(root, PROJECT_FILE))) {
    throw new FaasoError('file-exists', `${join(root, PROJECT_FILE)} is there already`, {
      hint: 'faaso new NAME adds a function to it',
    });
  }
  const found = await stat(root).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return undefined;
    if (errorCode(error) !== 'ENOTDIR') throw error;
    throw notAFolder(root);
  });
  if (found !== undefined && !found.isDirectory()) throw notAFolder(root);
}

function notAFolder(root: string): FaasoError {
  return new FaasoError('file-exists', `${root} is no folder`, { hint: 'faaso init takes a folder' });
}
