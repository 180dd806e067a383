import { addFunction } from './add-function.ts';
import type { Begin } from './api.ts';
import { init, initDefaults } from './init.ts';
import { runtime, runtimes } from './runtimes.ts';
import { validate } from './validate.ts';
import { written } from './written.ts';

export const begin: Begin = {
  runtimes,
  runtime,
  initDefaults: (folder) => written(folder, () => initDefaults(folder)),
  init: (request) => written(request.root, () => init(request)),
  addFunction: (location, request) => written(location.file, () => addFunction(location, request)),
  validate,
};
