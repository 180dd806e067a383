import { createHash } from 'node:crypto';

const SUITE = 'bookworm';
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/**
 * Dpkg reads these again whenever a template installs packages on a base, so its layers stay small too. A
 * layer that is lost in a crash is built again: syncing every file only costs time.
 */
const LEAN = [
  'force-unsafe-io',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
];

/**
 * How each stand-in is made. `npm` packages are laid over the packages of Debian.
 * @typedef {{ name: string, packages: string[], dpkg: string[], command: string, npm?: string[],
 *   fallback?: string[] }} Recipe
 */

/** @type {Record<string, Recipe>} */
export const RECIPES = {
  debian: { name: 'debian', packages: ['ca-certificates'], dpkg: LEAN, command: 'bash' },
  python: {
    name: 'python',
    packages: ['ca-certificates', 'python3', 'python3-venv', 'python3-pip', 'python-is-python3'],
    // In the official image pip installs where it is told to; Debian's mark would make the stand-in differ.
    dpkg: [...LEAN, 'path-exclude=/usr/lib/python3*/EXTERNALLY-MANAGED'],
    command: 'python3',
  },
  node: {
    name: 'node',
    packages: ['ca-certificates'],
    dpkg: LEAN,
    command: 'node',
    npm: [`node-linux-${process.arch}@24`, 'npm@11'],
    fallback: ['ca-certificates', 'nodejs', 'npm'],
  },
};

/**
 * @param {Recipe} recipe
 * @returns {string}
 */
export const tagOf = ({ name }) => `faaso/base-${name}:${SUITE}`;

/**
 * The recipe of a stand-in's tag, if it is one.
 * @param {string} tag
 * @returns {Recipe | undefined}
 */
export function recipeFor(tag) {
  return Object.values(RECIPES).find((recipe) => tagOf(recipe) === tag);
}

/**
 * Whether an image is what today's recipe makes; what has no recipe is as good as it is.
 * @param {string} tag
 * @param {Record<string, string>} labels
 */
export function isCurrent(tag, labels) {
  const recipe = recipeFor(tag);
  return !recipe || labels['faaso.base.recipe'] === fingerprint(recipe);
}

/**
 * The image's configuration as Dockerfile instructions.
 * @param {Recipe} recipe
 * @returns {string[]}
 */
export function imageChanges(recipe) {
  return [
    `ENV PATH=${PATH}`,
    'ENV LANG=C.UTF-8',
    `LABEL faaso.base=${recipe.name}`,
    `LABEL faaso.base.recipe=${fingerprint(recipe)}`,
    `CMD ["${recipe.command}"]`,
  ];
}

/** @param {Recipe} recipe */
export function fingerprint(recipe) {
  return createHash('sha256')
    .update(JSON.stringify([SUITE, recipe]))
    .digest('hex')
    .slice(0, 12);
}

/**
 * Arguments of mmdebstrap for a tar with these packages.
 * @param {{ packages: string[], dpkg: string[] }} recipe
 * @param {string} tar
 * @returns {string[]}
 */
export function mmdebstrapArguments({ packages, dpkg }, tar) {
  return [
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    '--aptopt=Acquire::Languages "none"',
    ...dpkg.map((option) => `--dpkgopt=${option}`),
    // Names of the machine that made the image: the engine gives every container its own.
    '--customize-hook=rm -f "$1"/etc/hostname "$1"/etc/resolv.conf',
    SUITE,
    tar,
  ];
}
