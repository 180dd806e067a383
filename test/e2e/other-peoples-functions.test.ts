import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { importTestImage, removeTestImage } from '../support/engine-image.ts';
import { docker } from '../support/local-engine.ts';
import { TestProject } from '../support/project.ts';

const FLASK = `from flask import Flask, jsonify, request

app = Flask(__name__)

@app.get("/hello/<name>")
def hello(name):
    return jsonify(hello=name, loud=request.args.get("loud"))
`;

const STARLETTE = `from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

async def total(request):
    return JSONResponse({"total": sum(await request.json())})

app = Starlette(routes=[Route("/total", total, methods=["POST"])])
`;

const EXPRESS = `import express from 'express';

export const app = express();
app.use(express.json());
app.post('/shout', (request, response) => response.status(201).json({ shout: request.body.say.toUpperCase() }));
`;

const SERVER = `import { createServer } from 'node:http';

export const app = createServer((request, response) => {
  response.setHeader('x-kind', 'server');
  response.end(\`\${request.method} \${request.url}\`);
});
`;

const DICE = `import random

def handler(event, context):
    """{"dice": 2, "sides": 6} -> {"rolls": [3, 5], "total": 8}"""
    dice, sides = int(event.get("dice", 1)), int(event.get("sides", 6))
    if not (1 <= dice <= 100 and 2 <= sides <= 1000):
        return {"statusCode": 400, "body": {"error": "1-100 dice with 2-1000 sides"}}
    rolls = [random.randint(1, sides) for _ in range(dice)]
    return {"rolls": rolls, "total": sum(rolls)}
`;

const WORDS = `const counts = new Map();

export default (event, context) => {
  if (context.method === 'DELETE') counts.clear();
  else for (const word of String(event).split(/\\s+/)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
};
`;

describe('what other people wrote runs', () => {
  let project: TestProject;
  let image: string;

  beforeAll(async () => {
    image = await importTestImage(docker);
    project = new TestProject({
      routes: {
        '/flask': 'flask',
        '/starlette': 'starlette',
        '/express': 'express',
        '/server': 'server',
        '/dice': 'dice',
        '/words': 'words',
        '/image': 'image',
      },
      functions: {
        image: { image, port: 8099, writable: ['/scratch'] },
      },
    });
    project.python('flask', FLASK);
    project.write('functions/flask/requirements.txt', 'flask==3.1.3\n');
    project.python('starlette', STARLETTE);
    project.write('functions/starlette/requirements.txt', 'starlette\n');
    project.node('express', EXPRESS);
    project.write(
      'functions/express/package.json',
      '{ "type": "module", "dependencies": { "express": "^5.1.0" } }\n',
    );
    project.node('server', SERVER);
    project.python('dice', DICE, {
      description: 'Rolls dice',
      test: [
        {
          name: 'refuses',
          request: { method: 'POST', path: '/', json: { dice: 0 } },
          expect: { status: 400 },
        },
      ],
    });
    project.node('words', WORDS);
    await project.deploy();
  }, 300_000);
  afterAll(async () => {
    await project.dispose();
    await removeTestImage(docker, image);
  });

  const post = async (path: string, body: unknown): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' };
    return JSON.parse(
      (await project.call(path, { method: 'POST', body: JSON.stringify(body), headers })).text,
    );
  };

  test('a Flask app', async () => {
    const { text } = await project.call('/flask/hello/world?loud=yes');
    expect(JSON.parse(text)).toEqual({ hello: 'world', loud: 'yes' });
    expect((await project.call('/flask/none')).status).toBe(404);
  });

  test('a Starlette app', async () => {
    expect(await post('/starlette/total', [1, 2, 3])).toEqual({ total: 6 });
    expect((await project.call('/starlette/total')).status).toBe(405);
  });

  test('an Express app', async () => {
    expect(await post('/express/shout', { say: 'hi' })).toEqual({ shout: 'HI' });
  });

  test('an http.Server', async () => {
    const answer = await project.call('/server/a%2Fb?c=d', { method: 'PUT', body: 'x' });
    expect(answer).toMatchObject({ status: 200, text: 'PUT /a%2Fb?c=d' });
    expect(answer.headers['x-kind']).toBe('server');
  });

  test('a dice roller', async () => {
    const { rolls, total } = (await post('/dice', { dice: 5, sides: 8 })) as {
      rolls: number[];
      total: number;
    };
    expect(rolls).toHaveLength(5);
    expect(rolls.every((roll) => roll >= 1 && roll <= 8)).toBe(true);
    expect(total).toBe(rolls.reduce((sum, roll) => sum + roll, 0));
    expect((await project.call('/dice?dice=2')).status).toBe(200);
    expect((await project.call('/dice?sides=1')).status).toBe(400);
  });

  test('a function that keeps state between calls', async () => {
    const say = (body: string): Promise<unknown> =>
      project.call('/words', { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
    await say('to be or not');
    await say('to be');
    expect(JSON.parse((await project.call('/words', { method: 'DELETE' })).text)).toEqual({});
  });

  test('a prebuilt image, on the port that it listens on, with what may be written', async () => {
    expect((await project.call('/image')).text).toMatch(/^hello from/);
    const evaluate = async (code: string): Promise<unknown> =>
      JSON.parse((await project.call('/image/evaluate', { method: 'POST', body: code })).text);
    expect(await evaluate('process.env.PORT')).toBe('8099');
    expect(
      await evaluate("fs.writeFileSync('/scratch/x', 'y') ?? fs.readFileSync('/scratch/x', 'utf8')"),
    ).toBe('y');
    expect(await evaluate("fs.writeFileSync('/x', 'y')")).toEqual({ error: 'EROFS' });
    expect(await project.row('image')).toMatchObject({ runtime: 'image', state: 'running' });
  });

  test('all of them survive a second apply without a restart', async () => {
    const before = await project.containers();
    expect(before).toHaveLength(7);
    expect((await project.deploy()).answer).toMatchObject({ changed: [], failed: [] });
    expect(await project.containers()).toEqual(before);
  });
});
