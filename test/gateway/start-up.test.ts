import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';
import { launcher, startProcess, writeConfig } from '../support/gateway-process.ts';

describe('a gateway that cannot start', () => {
  test('because of its configuration says every line to mend, and starts nothing', async (t) => {
    const file = writeConfig(
      t,
      [
        'listeners: [{ address: 127.0.0.1:0 }]',
        'wokers: 2',
        'upstreams:',
        '  a: { targets: [ftp://x] }',
        'routes:',
        '  - { name: r, upstream: b }',
        '',
      ].join('\n'),
    );
    const run = startProcess(t, process.execPath, [launcher, 'run', file]);
    assert.deepEqual(await run.ended, { code: 1, signal: null });
    const places = [...run.text().matchAll(/^(\S+):(\d+):(\d+): ([^:]+): /gm)].map(([, where, line, , about]) => [
      where,
      Number(line),
      about,
    ]);
    assert.deepEqual(places, [
      [file, 2, 'wokers'],
      [file, 4, 'upstreams.a.targets[0]'],
      [file, 6, 'routes[0].upstream'],
    ]);
    assert.match(run.text(), /did you mean "workers"/);
    assert.doesNotMatch(run.text(), /"addresses"|\bat \S+\.ts:|Error/);
  });

  test('because its file is missing, unreadable or no YAML says so in a line', async (t) => {
    const broken = writeConfig(t, 'listeners: [\n');
    for (const file of [path.join(path.dirname(broken), 'missing.yaml'), path.dirname(broken), broken]) {
      const run = startProcess(t, process.execPath, [launcher, 'run', file]);
      assert.deepEqual(await run.ended, { code: 1, signal: null }, run.text());
      assert.ok(run.text().includes(file), run.text());
      assert.doesNotMatch(run.text(), /\bat \S+\.ts:|defect/);
    }
  });

  test('because its port is in use says so in one line', async (t) => {
    const other = createServer().listen(0, '127.0.0.1');
    t.after(() => other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const file = writeConfig(t, `listeners: [{ address: "127.0.0.1:${port}" }]\n`);
    const run = startProcess(t, process.execPath, [launcher, 'run', file]);
    assert.deepEqual(await run.ended, { code: 1, signal: null });
    assert.equal(
      run.text(),
      `port ${port} on 127.0.0.1 is in use by another program: stop that program or choose another port.\n`,
    );
  });
});

/** The Node.js of this run and those of the system, old ones among them. */
const nodes = [
  ...new Set([
    process.execPath,
    ...['/usr/bin', '/usr/local/bin'].map((folder) => path.join(folder, 'node')).filter((file) => existsSync(file)),
  ]),
];

for (const node of nodes) {
  test(`the launcher works by ${node === process.execPath ? 'the Node.js of this run' : node}`, async (t) => {
    const run = startProcess(t, node, [launcher, '--version']);
    assert.deepEqual(await run.ended, { code: 0, signal: null });
    assert.match(run.text(), /^sluice \d+\.\d+\.\d+\n$/);
  });
}
