import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { imagesByTag, pullImage, registryAnswers } from './docker-api.mjs';
import { makeBases } from './bases-make.mjs';
import { RECIPES, isCurrent, recipeFor } from './bases-recipes.mjs';
import { SetupError } from './report.mjs';

/**
 * The base images that templates can be built on: for each build and run stage the names that will do,
 * best first.
 * @param {string} templatesFolder
 * @returns {Promise<string[][]>}
 */
export async function wantedBases(templatesFolder) {
  if (!existsSync(templatesFolder)) return [];
  // Not at the top: this file is loaded before packages are installed.
  const { parse } = await import('yaml');
  const files = readdirSync(templatesFolder)
    .map((name) => join(templatesFolder, name, 'runtime.yml'))
    .filter((file) => existsSync(file));
  return uniqueLists(files.flatMap((file) => basesOf(parse(readFileSync(file, 'utf8')))));
}

/**
 * @param {unknown} runtime parsed runtime.yml
 * @returns {string[][]}
 */
export function basesOf(runtime) {
  const stages = Object.values(runtime?.bases ?? {});
  const lists = stages.map((stage) => (Array.isArray(stage) ? stage : [stage]));
  return lists.map((list) => list.filter((tag) => typeof tag === 'string')).filter((list) => list.length > 0);
}

/**
 * Which lists have no usable image yet. A stand-in made from an older recipe does not count.
 * @param {string[][]} wanted
 * @param {Map<string, Record<string, string>>} images tag → labels
 */
export function missingBases(wanted, images) {
  const usable = (tag) => images.has(tag) && isCurrent(tag, images.get(tag));
  return wanted.filter((list) => !list.some(usable));
}

/**
 * Sees to it that every template has a base image on the engine: pulled where a registry answers, else
 * made here.
 * @param {string} socket
 * @param {string} templatesFolder
 * @param {ReturnType<typeof import('./report.mjs').createReport>} report
 */
export async function ensureBases(socket, templatesFolder, report) {
  const wanted = await wantedBases(templatesFolder);
  const missing = missingBases(wanted, await imagesByTag(socket));
  if (missing.length === 0) return { text: wanted.length > 0 ? 'present' : 'no template names one' };
  report.working('bases', 'asking the registry');
  const answers = await registryAnswers(socket, missing[0][0]);
  const { pulled, left } = answers ? await pullAll(socket, missing, report) : { pulled: [], left: missing };
  // Plain Debian is made on the way to the others, and is what a function with packages of its own wants.
  const recipes = left.length > 0 ? [...new Set([RECIPES.debian, ...left.map(recipeOrFail)])] : [];
  const made = recipes.length > 0 ? await makeBases(socket, recipes, report) : undefined;
  return { text: summary({ answers, pulled, made }) };
}

/**
 * @param {{ answers: boolean, pulled: string[], made?: { names: string[], from: string } }} done
 */
export function summary({ answers, pulled, made }) {
  const parts = [];
  if (pulled.length > 0) parts.push(`${pulled.join(', ')} pulled`);
  if (made) {
    const why = answers ? 'not in the registry' : 'no registry answers';
    parts.push(`${why}: ${made.names.join(', ')} made from ${made.from}`);
  }
  return parts.join('; ');
}

async function pullAll(socket, missing, report) {
  const pulled = [];
  const left = [];
  for (const list of missing) {
    const [tag] = list;
    report.working('bases', `pulling ${tag}`);
    try {
      await pullImage(socket, tag);
      pulled.push(tag);
    } catch (error) {
      if (!list.some(recipeFor)) throw cannotGet(list, error);
      left.push(list);
    }
  }
  return { pulled, left };
}

/** @param {string[]} list */
function recipeOrFail(list) {
  const tag = list.find(recipeFor);
  if (!tag) throw cannotGet(list);
  return recipeFor(tag);
}

function cannotGet(list, cause) {
  return new SetupError(`no registry gives ${list[0]}, and faaso cannot make a stand-in for it`, {
    details: cause ? [cause.message] : [],
    hint: [
      'Bring it to this engine, then run this again:',
      `  docker load < image.tar    (tagged ${list[0]})`,
    ],
    cause,
  });
}

function uniqueLists(lists) {
  return [...new Map(lists.map((list) => [list.join('\n'), list])).values()];
}
