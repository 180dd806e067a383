import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { until } from './until.ts';

const SERVER = fileURLToPath(import.meta.resolve('yaml-language-server/bin/yaml-language-server'));

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** What an editor may offer at one place. */
export interface Completion {
  readonly label: string;
  /** What it writes. */
  readonly insertText: string;
  readonly documentation: string;
}

/** A problem that an editor underlines. */
export interface Finding {
  readonly line: number;
  readonly message: string;
}

/** The real yaml-language-server, as an editor speaks to it: LSP over its standard input and output. */
export class LanguageServer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #findings = new Map<string, readonly Finding[]>();
  readonly #schemas: Readonly<Record<string, string>>;
  #unread = Buffer.alloc(0);
  #lastId = 0;
  #opened = 0;

  private constructor(schemas: Readonly<Record<string, string>>) {
    this.#schemas = schemas;
    this.#child = spawn(process.execPath, [SERVER, '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdout?.on('data', (bytes: Buffer) => this.#read(bytes));
  }

  /** Starts it with an editor's settings: URL of a schema → name of the files that it is for. */
  static async start(schemas: Readonly<Record<string, string>>): Promise<LanguageServer> {
    const server = new LanguageServer(schemas);
    await server.#ask('initialize', {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        workspace: { configuration: true },
        textDocument: {
          completion: { completionItem: { documentationFormat: ['plaintext'] } },
          hover: { contentFormat: ['plaintext'] },
        },
      },
    });
    server.#tell('initialized', {});
    server.#tell('workspace/didChangeConfiguration', { settings: {} });
    // It asks for the settings then, and answers without them meanwhile.
    const [known = ''] = Object.values(schemas);
    await until('the schemas are known', async () => (await server.complete(known, '|')).length > 0);
    return server;
  }

  /** What is offered where `|` stands in the text of a file of this name. */
  async complete(name: string, marked: string): Promise<readonly Completion[]> {
    const at = await this.#open(name, marked);
    const result = (await this.#ask('textDocument/completion', at)) as {
      readonly items: readonly {
        readonly label: string;
        readonly insertText?: string;
        readonly documentation?: string | { readonly value: string };
      }[];
    };
    return result.items.map(({ label, insertText = '', documentation = '' }) => ({
      label,
      insertText,
      documentation: typeof documentation === 'string' ? documentation : documentation.value,
    }));
  }

  /** What is shown of the word before which `|` stands. */
  async hover(name: string, marked: string): Promise<string> {
    const at = await this.#open(name, marked);
    const result = (await this.#ask('textDocument/hover', at)) as {
      readonly contents: string | { readonly value: string };
    } | null;
    const contents = result?.contents ?? '';
    return typeof contents === 'string' ? contents : contents.value;
  }

  /** What it finds wrong with a file. */
  async findings(name: string, text: string): Promise<readonly Finding[]> {
    const { textDocument } = await this.#open(name, `${text}|`);
    return await until('the file is checked', () => this.#findings.get(textDocument.uri));
  }

  async stop(): Promise<void> {
    await this.#ask('shutdown', null);
    this.#tell('exit', null);
    await new Promise((resolve) => this.#child.once('close', resolve));
  }

  async #open(
    name: string,
    marked: string,
  ): Promise<{ readonly textDocument: { readonly uri: string }; readonly position: object }> {
    this.#opened += 1;
    const uri = `file:///project/${this.#opened}/${name}`;
    const before = marked.slice(0, marked.indexOf('|'));
    const text = marked.replace('|', '');
    this.#tell('textDocument/didOpen', { textDocument: { uri, languageId: 'yaml', version: 1, text } });
    const lines = before.split('\n');
    const position = { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
    return { textDocument: { uri }, position };
  }

  async #ask(method: string, params: unknown): Promise<unknown> {
    this.#lastId += 1;
    const id = this.#lastId;
    const answer = new Promise<Message>((resolve) => this.#waiting.set(id, resolve));
    this.#send({ id, method, params });
    const { result, error } = await answer;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  #tell(method: string, params: unknown): void {
    this.#send({ method, params });
  }

  #send(message: Message): void {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    this.#child.stdin?.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  #read(bytes: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, bytes]);
    for (;;) {
      const end = this.#unread.indexOf('\r\n\r\n');
      const length = Number(/Content-Length: (\d+)/i.exec(this.#unread.toString('latin1', 0, end))?.[1]);
      if (end === -1 || this.#unread.length < end + 4 + length) return;
      const body = this.#unread.toString('utf8', end + 4, end + 4 + length);
      this.#unread = this.#unread.subarray(end + 4 + length);
      this.#take(JSON.parse(body) as Message);
    }
  }

  #take(message: Message): void {
    const { id, method, params } = message;
    if (method === undefined && id !== undefined) {
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    } else if (method === 'textDocument/publishDiagnostics') {
      const { uri, diagnostics } = params as {
        readonly uri: string;
        readonly diagnostics: readonly {
          readonly message: string;
          readonly range: { start: { line: number } };
        }[];
      };
      const findings = diagnostics.map(({ message: text, range }) => ({
        line: range.start.line + 1,
        message: text,
      }));
      this.#findings.set(uri, findings);
    } else if (id !== undefined) this.#send({ id, result: this.#answer(method ?? '', params) });
  }

  /** What an editor answers to the server's own questions. */
  #answer(method: string, params: unknown): unknown {
    if (method !== 'workspace/configuration') return null;
    const { items } = params as { readonly items: readonly { readonly section?: string }[] };
    const yaml = {
      schemas: this.#schemas,
      // Nothing is fetched.
      schemaStore: { enable: false },
      completion: true,
      hover: true,
      validate: true,
    };
    return items.map(({ section }) => (section === 'yaml' ? yaml : {}));
  }
}

/** URL of a published schema. */
export function schemaUrl(name: string): string {
  return `file://${fileURLToPath(new URL(`../../schemas/${name}.json`, import.meta.url))}`;
}
