import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { docker } from '../support/local-engine.ts';
import type { Postgres } from '../support/postgres.ts';
import { startPostgres } from '../support/postgres.ts';
import { TestProject } from '../support/project.ts';

const VISITS = `import os
import pg8000.native

def handler(event, context):
    database = pg8000.native.Connection("postgres", host="db", database="postgres")
    try:
        database.run("create table if not exists visits (who text)")
        database.run("insert into visits values (:who)", who=event["who"])
        with open("/data/log", "a") as log:
            log.write(event["who"] + "\\n")
        with open("/data/log") as log:
            kept = log.read().split()
        rows = database.run("select who from visits order by who")
        return {"visits": [who for (who,) in rows], "kept": kept, "style": os.environ["STYLE"]}
    finally:
        database.close()
`;

describe('a function that joins a database’s network and keeps a volume', () => {
  let postgres: Postgres;
  let project: TestProject;
  const settings = (network: string, style: string) => ({
    functions: { visits: { networks: [network], volumes: { log: '/data' }, env: { STYLE: style } } },
  });

  beforeAll(async () => {
    postgres = await startPostgres();
    project = new TestProject({ routes: { '/visits': 'visits' } });
    project.python('visits', VISITS);
    project.write('functions/visits/requirements.txt', 'pg8000==1.31.2\n');
  }, 180_000);
  afterAll(async () => {
    await project?.dispose();
    await postgres?.close();
  });

  const visit = async (who: string): Promise<unknown> =>
    JSON.parse(
      (
        await project.call('/visits', {
          method: 'POST',
          body: JSON.stringify({ who }),
          headers: { 'content-type': 'application/json' },
        })
      ).text,
    );

  test('is refused while the network is not there, and nothing is left of the attempt', async () => {
    project.configure(settings(`${project.name}-none`, 'a'));
    const applied = await project.apply();
    expect(applied.code).toBe(3);
    expect(applied.text).toContain('network-missing');
    expect(applied.text).toContain(`there is no network ${project.name}-none`);
    expect(await project.containers()).toEqual([]);
    const label = [`faaso.project=${project.name}`];
    expect((await docker.listVolumes({ filters: { label } })).Volumes ?? []).toEqual([]);
  }, 120_000);

  test('reaches the database by its name, and finds its volume again after a deploy', async () => {
    project.configure(settings(postgres.network, 'a'));
    await project.deploy();
    expect(await visit('ada')).toEqual({ visits: ['ada'], kept: ['ada'], style: 'a' });
    project.configure(settings(postgres.network, 'b'));
    await project.deploy();
    expect(await visit('bob')).toEqual({ visits: ['ada', 'bob'], kept: ['ada', 'bob'], style: 'b' });
  }, 120_000);
});
