import type { InitAnswer, NewAnswer } from '../../control/begin/api.ts';

/** What `faaso init` wrote, and what to type next. `folder`: as it was named. `busyPort`: the one that was passed over. `inside`: another project's. */
export function renderInit(
  answer: InitAnswer,
  folder: string,
  busyPort: number | undefined,
  inside?: string,
): string[] {
  const { root, name, files, listen, url } = answer;
  const go = folder === '.' ? [] : [`  cd ${folder}`];
  return [
    `Project ${name} in ${root}`,
    ...files.map((file) => `  ${file}`),
    ...(busyPort === undefined ? [] : ['', `Port ${busyPort} is in use here: it listens on ${listen}.`]),
    ...(inside === undefined
      ? []
      : [
          '',
          `It lies in the folder of another project, ${inside}: they know nothing of each other. To add a function to that one, remove this one and run "faaso new NAME" there.`,
        ]),
    '',
    'Next',
    ...go,
    '  faaso apply',
    `  curl ${url}`,
    '  faaso new NAME',
  ];
}

/** What `faaso new` wrote, and what to type next. */
export function renderNew({ function: name, runtime, files, route, edited }: NewAnswer): string[] {
  return [
    `Function ${name} (${runtime})`,
    ...files.map((file) => `  ${file}`),
    ...(edited === null ? [] : [`  ${edited}: ${route ?? ''} leads to it`]),
    ...(route !== null && edited === null ? [`  ${route} led to it already`] : []),
    '',
    'Next',
    `  faaso apply ${name}`,
    ...(route === null ? [`  faaso invoke ${name}`] : []),
  ];
}
