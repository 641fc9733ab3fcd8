import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { documentFor, startGateway } from '../support/gateway.ts';
import { startRecordingTarget, type RecordingTarget } from '../support/recording-target.ts';
import { within } from '../support/wait.ts';

interface CurlResult {
  readonly code: number;
  readonly output: Buffer;
  readonly errors: string;
}

/** Runs curl; fails where there is none. */
async function curl(words: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<CurlResult> {
  const child = spawn('curl', ['-sS', '--max-time', '10', ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => output.push(part));
  child.stderr.on('data', (part: Buffer) => errors.push(part));
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = (await within('the end of curl', once(child, 'close'))) as [number];
  return { code, output: Buffer.concat(output), errors: Buffer.concat(errors).toString() };
}

interface Setting {
  readonly url: string;
  readonly target: RecordingTarget;
  readonly folder: string;
}

/** A gateway before a target that answers with what it was sent, or with its method. */
async function startSetting(t: TestContext, document: object = {}): Promise<Setting> {
  const target = await startRecordingTarget(t, (response, { body, method }) => {
    response.end(body.length > 0 ? body : `${method}\n`);
  });
  const { port } = await startGateway(t, { ...documentFor([target.url]), ...document });
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return { url: `http://127.0.0.1:${port}/`, target, folder };
}

describe('curl', () => {
  test('gets and asks for heads, by HTTP/1.1 and HTTP/1.0', async (t) => {
    const { url } = await startSetting(t);
    for (const version of ['--http1.1', '--http1.0']) {
      assert.equal((await curl([version, url])).output.toString(), 'GET\n');
      const head = await curl([version, '-I', url]);
      assert.match(head.output.toString(), /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(head.output.toString(), /^x-request-id: [0-9a-f]{32}\r$/im);
    }
  });

  test('sends what it has in a file, in a pipe, and after it has asked first', async (t) => {
    const { url, target, folder } = await startSetting(t);
    const body = randomBytes(3_000_000);
    const file = path.join(folder, 'body');
    writeFileSync(file, body);
    const ways: readonly (readonly string[])[] = [
      ['--data-binary', `@${file}`],
      ['--data-binary', `@${file}`, '-H', 'Expect:'],
      ['--data-binary', `@${file}`, '--http1.0'],
      ['-T', file, '-H', 'Expect: 100-continue', '--expect100-timeout', '8'],
      ['-T', '-'],
      ['-T', '.', '-H', 'Expect:'],
    ];
    for (const way of ways) {
      const { code, output, errors } = await curl([...way, url], body);
      assert.equal(code, 0, `${way.join(' ')}: ${errors}`);
      assert.ok(output.equals(body), way.join(' '));
    }
    const framings = target.requests.map(({ headers }) => headers['transfer-encoding'] ?? headers['content-length']);
    assert.deepEqual(framings, [...Array<string>(4).fill('3000000'), 'chunked', 'chunked']);
  });

  test('sees the chunks as they are with --raw', async (t) => {
    const { url } = await startSetting(t);
    const { output } = await curl(['--raw', '-T', '-', url], Buffer.from('hello'));
    assert.match(output.toString(), /^(5\r\nhello\r\n0\r\n\r\n|hello)$/);
  });

  test('keeps its connection for several requests', async (t) => {
    const { url } = await startSetting(t);
    const { output } = await curl([url, url, url, '-w', '%{num_connects} ']);
    assert.equal(output.toString(), 'GET\n1 GET\n0 GET\n0 ');
  });

  test('is told what is wrong with a body that is too large, while it sends it', async (t) => {
    const { url, target, folder } = await startSetting(t, { limits: { body: '1KiB' } });
    const file = path.join(folder, 'body');
    writeFileSync(file, Buffer.alloc(5_000_000));
    for (const way of [
      ['-T', file],
      ['-T', file, '-H', 'Expect:'],
      ['-T', '-'],
    ]) {
      const { output } = await curl(
        [...way, '-w', '%{http_code}', '-o', path.join(folder, 'answer'), url],
        readFileSync(file),
      );
      assert.equal(output.toString(), '413', way.join(' '));
    }
    assert.equal(target.requests.length, 0);
  });

  test('offers HTTP/2 in vain, and goes on in HTTP/1.1', async (t) => {
    const { url } = await startSetting(t);
    assert.equal((await curl(['--http2', url])).output.toString(), 'GET\n');
  });

  test('fails in order when it begins with HTTP/2 or TLS', async (t) => {
    const { url } = await startSetting(t);
    assert.notEqual((await curl(['--http2-prior-knowledge', url])).code, 0);
    const { code, errors } = await curl(['-k', url.replace('http:', 'https:')]);
    assert.equal(code, 35, errors);
  });
});
