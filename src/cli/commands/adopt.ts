import type { Adoption } from '../../control/api.ts';
import type { AdoptJson } from '../answers.ts';
import { confirm } from '../confirm.ts';
import { printData, printLines } from '../render/print.ts';
import { renderRunAnswer } from '../render/run-answer.ts';
import { plain } from '../render/safe.ts';
import { list } from '../render/text.ts';
import { runAction } from '../run-action.ts';
import type { Call } from '../verb.ts';

/** `faaso adopt` */
export async function run(call: Call): Promise<number> {
  const client = await call.client();
  const adoption = await client.adoption();
  const say = (lines: readonly string[]): void => {
    if (!call.json) printLines(call.io, lines);
  };
  if (adoption === null) {
    say(['Nothing to adopt: no other folder runs a project of this name. To bring it up: faaso apply']);
    const nothing: AdoptJson = { kind: 'result', from: null, run: null };
    if (call.json) printData(call.io, nothing);
    return 0;
  }
  say(preview(adoption));
  if (!(await confirm(call, `take ${plain(adoption.project)} over`))) {
    say(['Nothing was changed.']);
    return 0;
  }
  return await runAction(call, {
    work: (listener, signal) => client.adopt(adoption, listener, signal),
    runOf: (answer) => answer,
    render: (answer, plan) => renderRunAnswer(answer, plan, 'restarted'),
    data: (answer) => ({ kind: 'result', from: adoption.from, run: answer }),
  });
}

function preview({ project, from, functions, daemon, secrets }: Adoption): string[] {
  return [
    `${plain(project)} runs from ${plain(from)}. Taking it over:`,
    `  ${list(functions.map(plain))}: replaced by the same from here, without a lost request`,
    ...(daemon === null ? [] : [`  its daemon there (pid ${daemon}) ends`]),
    ...(secrets === 'copied' ? ['  its secrets are copied to here'] : []),
    ...(secrets === 'kept' ? ['  the secrets of this folder are used, not those of the other'] : []),
    '  the files there stay as they are, and nothing that runs is theirs any more',
  ];
}
