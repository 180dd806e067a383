import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

import { locate } from '../../../src/control/project.ts';
import { projectFolder } from '../../support/project-folder.ts';

const FILES = { 'functions.yml': '', 'prod.yml': '', 'deep/er/notes.txt': '', 'other/functions.yml': '' };

describe('the project is', () => {
  test('that of the folder or of one above', async () => {
    const { root, file } = projectFolder(FILES);
    const env = {};
    const found = await locate({ path: join(root, 'deep', 'er'), files: [] }, env);
    expect(found).toEqual({ file, overlays: [], env });
    expect(await locate({ path: file, files: [] }, env)).toEqual(found);
  });

  test("that of the first file of -f, whatever its name; the others' keys win over it", async () => {
    const { root, file } = projectFolder(FILES);
    const files = [join(root, 'prod.yml'), file, join(root, 'other/functions.yml')];
    expect(await locate({ path: undefined, files }, {})).toMatchObject({
      file: files[0],
      overlays: files.slice(1),
    });
  });

  test('that of FAASO_FILE where no -f is given, with ":" between the paths', async () => {
    const { root, file } = projectFolder(FILES);
    const env = { FAASO_FILE: `${file}::${join(root, 'prod.yml')}:` };
    expect(await locate({ path: undefined, files: [] }, env)).toMatchObject({
      file,
      overlays: [join(root, 'prod.yml')],
    });
    const other = join(root, 'other/functions.yml');
    expect(await locate({ path: undefined, files: [other] }, env)).toMatchObject({
      file: other,
      overlays: [],
    });
  });

  test('that of this folder where FAASO_FILE is empty', async () => {
    const { root, file } = projectFolder(FILES);
    expect(await locate({ path: root, files: [] }, { FAASO_FILE: '' })).toMatchObject({ file, overlays: [] });
  });
});

describe('-C and -f', () => {
  test('may both name the same project', async () => {
    const { root, file } = projectFolder(FILES);
    for (const path of [root, `${root}/`, file])
      expect(await locate({ path, files: [file] }, {})).toMatchObject({ file });
  });

  test('may not name two, nor may -C and FAASO_FILE', async () => {
    const { root, file } = projectFolder(FILES);
    const path = join(root, 'other');
    await expect(locate({ path, files: [file] }, {})).rejects.toMatchObject({
      code: 'usage',
      message: `-C names ${path}, but the first file of -f is ${file}`,
    });
    await expect(locate({ path, files: [] }, { FAASO_FILE: file })).rejects.toMatchObject({
      code: 'usage',
      hint: expect.stringContaining('unset FAASO_FILE'),
    });
  });
});

describe('what is not there is named with what named it', () => {
  test('a file of -f or FAASO_FILE', async () => {
    const { root, file } = projectFolder(FILES);
    const gone = join(root, 'gone.yml');
    await expect(locate({ path: undefined, files: [file, gone] }, {})).rejects.toMatchObject({
      code: 'project-missing',
      message: `${gone} does not exist`,
      hint: '-f names it',
    });
    await expect(locate({ path: undefined, files: [] }, { FAASO_FILE: gone })).rejects.toMatchObject({
      hint: 'FAASO_FILE names it',
    });
    await expect(locate({ path: root, files: ['gone.yml'] }, {})).rejects.toMatchObject({
      hint: '-f names it, as seen from the current folder and not from that of -C',
    });
  });

  test('a folder where a file is wanted', async () => {
    const { root } = projectFolder(FILES);
    await expect(locate({ path: undefined, files: [root] }, {})).rejects.toMatchObject({
      code: 'usage',
      message: `${root} is a folder, and -f takes files`,
    });
  });

  test("a file that is a function's or a runtime's", async () => {
    const { root, file } = projectFolder({ ...FILES, 'functions/a/metadata.yml': 'runtime: python\n' });
    const metadata = join(root, 'functions/a/metadata.yml');
    const error = {
      code: 'usage',
      message: `${metadata} says what one function is, and is no project's file`,
    };
    await expect(locate({ path: undefined, files: [metadata] }, {})).rejects.toMatchObject({
      ...error,
      hint: `-f takes the files of projects; the project's is ${file}`,
    });
    await expect(locate({ path: undefined, files: [file, metadata] }, {})).rejects.toMatchObject(error);
    await expect(locate({ path: metadata, files: [] }, {})).rejects.toMatchObject(error);
  });

  test('a project: with how to begin one', async () => {
    const { root } = projectFolder();
    await expect(locate({ path: root, files: [] }, {})).rejects.toMatchObject({
      code: 'project-missing',
      hint: expect.stringContaining('faaso init'),
    });
  });
});
